"""A Trainer in words and as a notebook shows it: its network, its options and its history."""

from dataclasses import fields

from fastmlp.errors import shown
from fastmlp.inputs.augmentation import Augmentation
from fastmlp.network.network import Network
from fastmlp.network.network_html import network_element
from fastmlp.plots.markup import add_table, element, to_html
from fastmlp.training.history import History
from fastmlp.training.history_html import history_element
from fastmlp.training.options import TrainingOptions
from fastmlp.training.regularization import Regularization

ALWAYS = ("optimizer", "learning_rate", "batch_size")
"""Options that are shown though they have their default value."""


def trainer_html(network: Network, options: TrainingOptions, history: History) -> str:
    """Return the HTML form of a Trainer."""
    block = element("div")
    block.append(network_element(network))
    add_table(block, [[name.replace("_", " "), text] for name, text in option_texts(options).items()])
    block.append(history_element(history.to_columns()))
    return to_html(block)


def option_texts(options: TrainingOptions) -> dict[str, str]:
    """Return the options that matter most, and those that differ from the optimizer's defaults, as texts by name."""
    defaults = TrainingOptions(optimizer=options.optimizer)
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    return {
        name: _text(value)
        for name, value in values.items()
        if name in ALWAYS or _text(value) != _text(getattr(defaults, name))
    }


def _text(value: object) -> str:
    """Return an option as a text; a long one is shortened."""
    if isinstance(value, str | Augmentation):
        return str(value)
    if isinstance(value, Regularization):
        changed = [(each.name, getattr(value, each.name)) for each in fields(value)]
        return ", ".join(f"{name}={number:g}" for name, number in changed if number)
    return shown(value)
