"""PyTorch: a network as a state dict in a safetensors file, written without PyTorch."""

from pathlib import Path

from fastmlp.exchange.exported import MADE_BY, Export
from fastmlp.exchange.preparation import Preparation, folded
from fastmlp.exchange.trained import OUTPUT_FUNCTIONS, OUTPUTS, Trained
from fastmlp.system.tensor_files import Kind, write_tensors

STATE_DICT = Kind("pt", "1", "state dict", "Network.export")
MODULES = {
    "identity": "Identity()",
    "sigmoid": "Sigmoid()",
    "tanh": "Tanh()",
    "relu": "ReLU()",
    "leaky_relu": "LeakyReLU()",
    "elu": "ELU()",
    "softplus": "Softplus()",
    "silu": "SiLU()",
    "gelu": "GELU()",
    "softmax": "Softmax(dim=1)",
}
"""The module of torch.nn for each activation, and for softmax."""


def write_pytorch(path: Path, trained: Trained, preparation: Preparation) -> Export:
    """Write a state dict that `load_state_dict(strict=True)` takes, whole or not at all.

    The preparation of the inputs and the units of the targets are in the weights of the first and the last layer. The
    file's metadata have the module as text, the activation, the loss, the classes and the meaning of the inputs.

    Raises
    ------
    InputError
        A weight became too large.
    OSError
        The file can't be written.
    """
    dtype = trained.dtype
    plain = folded(trained, preparation).converted(dtype)
    tensors = {}
    for layer, (W, b) in enumerate(zip(plain.weights, plain.biases, strict=True)):
        tensors[f"{2 * layer}.weight"], tensors[f"{2 * layer}.bias"] = W.T.copy(), b
    module = module_text(trained)
    write_tensors(path, STATE_DICT, tensors, trained.facts() | _more_facts(module, preparation))
    return Export(
        to="pytorch",
        files=(path,),
        inputs=f"X (n, {trained.sizes[0]}) {dtype}: {_without_place(preparation)}",
        outputs=f"(n, {trained.sizes[-1]}) {dtype}: {OUTPUTS[trained.loss]}",
        usage=(
            f"model = {module}",
            f"model.load_state_dict(safetensors.torch.load_file({str(path)!r}))",
        ),
    )


def module_text(trained: Trained) -> str:
    """Return the Sequential of torch.nn that a network is, as Python code."""
    modules = []
    for n_in, n_out in (W.shape for W in trained.weights):
        modules += [f"nn.Linear({n_in}, {n_out})", f"nn.{MODULES[trained.activation]}"]
    modules[-1] = f"nn.{MODULES[OUTPUT_FUNCTIONS[trained.loss]]}"
    return f"nn.Sequential({', '.join(modules)}){'.double()' if trained.dtype == 'float64' else ''}"


def _without_place(preparation: Preparation) -> str:
    return str(preparation).replace(" inside", " by the first layer's weights")


def _more_facts(module: str, preparation: Preparation) -> dict[str, str]:
    return {"made": MADE_BY, "module": module, "inputs": _without_place(preparation)}
