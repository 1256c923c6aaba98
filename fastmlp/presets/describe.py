"""Hyperparameters in words, for the output of commands and the tables of the benchmarks."""

from dataclasses import fields

from fastmlp.training.hyperparameters import SETTINGS, Hyperparameters

PLACED = ("hidden", "activation", "loss", "optimizer", "learning_rate", "batch_size", "epochs", "schedule")
"""Hyperparameters with a place of their own in a description. The others are named if they differ from the default."""
DEFAULTS = {field.name: field.default for field in fields(Hyperparameters)}


def network_text(hyperparameters: Hyperparameters, n_in: int = 784, n_out: int = 10) -> str:
    """Return the network in words: "784-16-16-10, sigmoid, squared error".

    The default numbers of inputs and outputs are those of MNIST.
    """
    sizes = "-".join(map(str, (n_in, *hyperparameters.hidden, n_out)))
    return f"{sizes}, {hyperparameters.activation}, {hyperparameters.loss.replace('_', ' ')}"


def training_text(hyperparameters: Hyperparameters) -> str:
    """Return the training in words: the optimizer, its learning rate, and every method that is on."""
    schedule = "" if hyperparameters.schedule == "constant" else f" ({hyperparameters.schedule})"
    words = [f"{hyperparameters.optimizer}, learning rate {hyperparameters.learning_rate:g}{schedule}"]
    words += [f"batches of {hyperparameters.batch_size}", epochs_text(hyperparameters.epochs)]
    for name in SETTINGS:
        value = getattr(hyperparameters, name)
        if name not in PLACED and value != DEFAULTS[name]:
            words.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(words)


def epochs_text(epochs: int) -> str:
    """Return "0 epochs", "1 epoch", "2 epochs"."""
    return f"{epochs} epoch{'' if epochs == 1 else 's'}"
