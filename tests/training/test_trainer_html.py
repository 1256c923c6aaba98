"""A Trainer in words, and as a notebook shows it."""

import pytest
from helpers.pages import checked, table_of
from helpers.tasks import task

from fastmlp import Augmentation, Network, Regularization, Trainer
from fastmlp.training.optimizers import OPTIMIZERS


def options(trainer):
    return dict(table_of(checked(trainer._repr_html_()), number=1))


def test_options_that_differ_from_their_defaults_are_shown():
    network = Network((64, 8, 4))
    trainer = Trainer(
        network,
        "adam",
        0.002,
        weight_decay=0.1,
        schedule="cosine",
        regularization=Regularization(dropout=0.2, l2=1e-5),
        augmentation=Augmentation(shift=1),
        class_weights={0: 2.0},
    )
    assert options(trainer) == {
        "optimizer": "adam",
        "learning rate": "0.002",
        "batch size": "10",
        "weight decay": "0.1",
        "schedule": "Cosine(final=0.0)",
        "regularization": "l2=1e-05, dropout=0.2",
        "augmentation": "shift=1",
        "class weights": "{0: 2.0}",
    }


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_an_optimizer_has_by_default_is_not_shown(optimizer):
    assert set(options(Trainer(Network((4, 3)), optimizer))) == {"optimizer", "learning rate", "batch size"}


def test_network_and_history_are_shown():
    trainer = Trainer(Network((20, 8, 4)), learning_rate=1.0)
    tree = checked(trainer._repr_html_())
    assert dict(table_of(tree))["network"] == "20-8-4"
    assert "No epoch has been trained." in trainer._repr_html_()
    trainer.fit(*task(60), epochs=2)
    tree = checked(trainer._repr_html_())
    assert len(list(tree.iter("svg"))) == 3
    assert [row[0] for row in table_of(tree, number=2)][1] == "first"


def test_in_words():
    trainer = Trainer(Network((4, 3)), "adam", 0.5, seed=3)
    assert (
        repr(trainer)
        == f"Trainer({trainer.network!r}, optimizer adam, learning_rate 0.5, batch_size 10, seed 3, 0 epochs)"
    )
