"""Input: the checks of what users pass, the forms that kernels take, and the data of one training."""
