"""The hyperparameters of a small network, for tests that change one or two of them."""

from fastmlp.training.hyperparameters import Hyperparameters

SMALL = Hyperparameters(
    hidden=(5,),
    activation="sigmoid",
    loss="cross_entropy",
    optimizer="sgd",
    learning_rate=0.5,
    batch_size=32,
    epochs=2,
)
