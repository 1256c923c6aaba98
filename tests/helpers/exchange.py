"""Networks to be exchanged with other libraries: one of each kind, with samples, and the comparison of two sides."""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from fastmlp import Network, kernels
from fastmlp.inputs.schema import Column, Schema

TOLERANCE = 1e-5
SIZES = (784, 16, 16, 10)
KINDS = list(itertools.product(kernels.ACTIVATIONS, kernels.LOSSES))
"""Every activation with every loss."""
SOME_KINDS = [
    *((name, "cross_entropy") for name in kernels.ACTIVATIONS),
    *(("relu", loss) for loss in kernels.LOSSES if loss != "cross_entropy"),
]
"""Every activation and every loss, once."""


@functools.cache
def images(n=10_000):
    """Bytes with as many zeros as MNIST's; drawn digits would have to compile what draws them."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, 784), np.uint8) * (rng.random((n, 784)) < 0.2).astype(np.uint8)


def network_of(activation="sigmoid", loss="squared_error", sizes=SIZES, **more):
    """A network with random weights and biases."""
    network = Network(sizes, activation, loss, seed=1, **more)
    rng = np.random.default_rng(2)
    for b in network.biases:
        b[:] = rng.normal(0, 0.3, b.shape)
    return network


class Case(NamedTuple):
    """A network, samples in the form that an export takes, and its argument `inputs`."""

    network: Network
    X: np.ndarray
    inputs: str | None = None


def one_output():
    """A network with weighted sums from -0.7 to 2.4, many of them between 0 and 1/2."""
    network = network_of("gelu", "binary_cross_entropy", (1, 1, 1))
    network.params[:] = 1.0, 0.0, 1.0, -0.6
    return network


TABLE = np.random.default_rng(3).normal((5.0, -300.0, 0.01), (1.0, 50.0, 0.001), (200, 3))
MEAN, DEVIATION = tuple(TABLE.mean(axis=0).tolist()), tuple(TABLE.std(axis=0).tolist())
TEXTS = (Column("age"), Column("city", ("Bern", "Rome")))
RANGE = {"low": 0.0, "high": 255.0}


def cases():
    """A network of each kind of inputs and targets, by name."""
    bytes_, light = images(500), (images(500) / 255).astype(np.float32)
    pixels = Schema(scale="pixels", image_shape=(28, 28), **RANGE)
    dark = Schema(scale="pixels", image_shape=(28, 28), is_dark_on_light=True, **RANGE)
    of_light = Schema(scale="pixels", image_shape=(28, 28), low=0.0, high=1.0)
    plain = Schema(scale="as it is", low=-400.0, high=100.0)
    standardized = Schema(scale="standardized", low=-400.0, high=100.0, mean=MEAN, deviation=DEVIATION)
    scale = {"mean": (40.0, 0.0, 0.0), "deviation": (9.0, 1.0, 1.0)}
    table = Schema(scale="standardized", low=0.0, high=99.0, columns=TEXTS, **scale)
    targets = Schema(
        scale="standardized",
        low=-400.0,
        high=100.0,
        mean=MEAN,
        deviation=DEVIATION,
        target_mean=(200_000.0, -3.0),
        target_deviation=(50_000.0, 0.5),
    )
    numbers = TABLE.astype(np.float32)
    texts = np.array([[30, 1, 0], [55.5, 0, 1], [41, 0, 1]], np.float32)
    return {
        "pixels": Case(network_of(schema=pixels), bytes_),
        "pixels as light": Case(network_of(schema=pixels), light, "float32"),
        "dark on light": Case(network_of(schema=dark), 255 - bytes_),
        "dark on light, as light": Case(network_of(schema=dark), 1 - light, "float32"),
        "trained on light": Case(network_of(schema=of_light), light),
        "trained on light, bytes": Case(network_of(schema=of_light), bytes_, "uint8"),
        "no schema": Case(network_of(), bytes_),
        "no schema, numbers": Case(network_of(), light, "float32"),
        "no schema, few inputs": Case(network_of("relu", "cross_entropy", (3, 5, 4)), numbers / 100),
        "as it is": Case(network_of("tanh", "cross_entropy", (3, 5, 4), schema=plain), numbers),
        "standardized": Case(network_of("tanh", "cross_entropy", (3, 5, 4), schema=standardized), numbers),
        "table with texts": Case(network_of("relu", "cross_entropy", (3, 4, 2), schema=table), texts),
        "targets": Case(network_of("silu", "regression", (3, 6, 2), schema=targets), numbers),
        "one layer": Case(network_of("relu", "cross_entropy", (784, 10)), bytes_),
        "one input, one output": Case(one_output(), np.linspace(-3, 3, 200, dtype=np.float32)[:, None]),
        "one target": Case(
            network_of(
                "relu",
                "regression",
                (1, 3, 1),
                schema=Schema(
                    scale="standardized",
                    low=0.0,
                    high=9.0,
                    mean=(5.0,),
                    deviation=(1.5,),
                    target_mean=(100.0,),
                    target_deviation=(20.0,),
                ),
            ),
            numbers[:, :1],
        ),
    }


CASES = cases()
STRANGE_NAMES = (
    'say "hi"',
    "a\nb",
    "*/ int x;",
    "/* c",
    "é東",
    "??/",
    "back\\slash",
    "%s%n",
    "",
    "'; DROP TABLE",
    "\u202eabc",
)
"""Names of classes that a format could trip over."""


def assert_outputs_equal(network, X, outputs):
    """The outputs of the other side are those of the network, relative to the largest of a column if that exceeds 1."""
    wanted = network.predict_proba(X)
    assert outputs.shape == wanted.shape
    scale = np.maximum(1, np.abs(wanted).max(axis=0))
    assert np.max(np.abs(outputs - wanted) / scale) <= TOLERANCE


def assert_labels_equal(network, X, labels):
    """The labels of the other side are those of the network; they may differ where two outputs are as good as equal."""
    outputs = network.predict_proba(X)
    if network.loss == "binary_cross_entropy":
        sure = np.abs(outputs - 0.5) > TOLERANCE
    else:
        largest = np.sort(outputs, axis=1)[:, -2:]
        sure = largest[:, 1] - largest[:, 0] > TOLERANCE
    assert sure.mean() > 0.99
    wanted = network.predict(X)
    assert np.shape(labels) == wanted.shape
    np.testing.assert_array_equal(np.asarray(labels)[sure], wanted[sure])
