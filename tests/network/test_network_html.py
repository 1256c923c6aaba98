"""A network as a notebook shows it."""

import subprocess
import sys

import pytest
from helpers.pages import checked, table_of, words_of

from fastmlp import Network
from fastmlp.inputs.schema import Column, Schema
from fastmlp.kernels import ACTIVATIONS, LOSSES
from fastmlp.network.network_html import OUTPUTS


def facts(network):
    return dict(table_of(checked(network._repr_html_())))


def test_the_lectures_network():
    network = Network((784, 16, 16, 10))
    tree = checked(network._repr_html_())
    assert words_of(tree)[:8] == ["784", "inputs", "16", "sigmoid", "16", "sigmoid", "10", "sigmoid"]
    assert words_of(tree)[8:] == list("0123456789")
    assert facts(network) == {
        "network": "784-16-16-10",
        "activation": "sigmoid",
        "loss": "squared_error",
        "parameters": "13,002, float32",
        "initial weights": "glorot",
    }


def test_classes_and_the_schema_are_shown_in_words():
    columns = (Column("a < b"), Column("kind", ("x", "y")))
    schema = Schema(scale="standardized", low=0, high=9, columns=columns, mean=(0.0,) * 3, deviation=(1.0,) * 3)
    names = ["<i>oak</i>", "a & b"]
    network = Network((3, 5, 2), "relu", "cross_entropy", dtype="float64", classes=names, schema=schema)
    shown = facts(network)
    assert shown["samples"] == "table of 2 columns, standardized"
    assert shown["classes"] == "<i>oak</i>, a & b"
    assert shown["parameters"] == "32, float64"
    assert words_of(checked(network._repr_html_()))[-2:] == names
    assert "<i>" not in network._repr_html_()


def test_many_classes_are_counted():
    names = [f"class {number}" for number in range(1000)]
    assert facts(Network((4, 1000), classes=names))["classes"].endswith("class 11, ... (1,000 in all)")
    assert "activation" not in facts(Network((4, 1000)))  # there are no hidden layers


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_every_loss_has_the_activation_of_its_outputs(loss, activation):
    words = words_of(checked(Network((4, 3, 2), activation, loss)._repr_html_()))
    assert words[:6] == ["4", "inputs", "3", activation, "2", OUTPUTS[loss]]
    assert words[6:] == ([] if loss == "regression" else ["0", "1"])
    assert OUTPUTS[loss] in {*ACTIVATIONS, "softmax"}


def test_targets_of_a_regression_have_their_names():
    network = Network((4, 1), loss="regression", classes=["price"])
    assert facts(network)["targets"] == "price"
    assert words_of(checked(network._repr_html_()))[-1] == "price"


def test_it_appears_without_matplotlib():
    program = (
        "import sys, time; from fastmlp import Epoch, History, Network, Trainer\n"
        "network = Network((784, 16, 16, 10)); trainer = Trainer(network)\n"
        "trainer.history.append(Epoch(1, 0.5, 0.8, 1.0, 10.0))\n"
        "pages = [each._repr_html_() for each in (network, trainer, trainer.history)]\n"
        "assert all('<svg' in page for page in pages)\n"
        "print(*({'matplotlib', 'jinja2', 'PIL'} & set(sys.modules)))"
    )
    end = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert end.stdout == "\n"
