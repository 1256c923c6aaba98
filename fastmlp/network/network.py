"""Network: sizes, activation, loss, and one flat parameter vector with a view for each layer."""

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastmlp import kernels
from fastmlp.errors import InputError, shown
from fastmlp.exchange.export_file import export
from fastmlp.exchange.exported import Export
from fastmlp.exchange.trained import Trained
from fastmlp.inputs.arrays import Inputs
from fastmlp.inputs.checks import as_seed, known_name, positive_int
from fastmlp.inputs.disk_samples import Samples, as_samples
from fastmlp.inputs.schema import Schema
from fastmlp.inputs.targets import Targets, as_targets
from fastmlp.network.prediction import Evaluation, Predictor
from fastmlp.system.machine import aligned_empty, memory, own_memory
from fastmlp.system.tensor_files import MODEL, write_tensors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WEIGHT_INITS = ("scaled", "glorot", "he", "normal")
RECTIFIERS = ("relu", "leaky_relu", "elu", "silu", "gelu", "softplus")
"""Activations that let about half of the weighted sums through."""
ROWS_AT_A_TIME = 1024
"""Rows of initial weights that are sampled at a time, since NumPy samples them as float64."""


class Network:
    """A multilayer perceptron: its parameters, and prediction.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, inputs first: (784, 16, 16, 10) is the lecture's network.
    activation : {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "silu", "gelu", "softplus", "identity"}
        Activation of the hidden layers, see `kernels.activate`.
    loss : {"squared_error", "cross_entropy", "binary_cross_entropy", "regression"}
        The loss decides the activation of the outputs and the form of the targets. "squared_error": sigmoid, labels;
        half the sum of squares over the outputs. "cross_entropy": softmax, labels. "binary_cross_entropy": sigmoid, a 1
        or 0 for each output, any number of them 1; summed over the outputs. "regression": no activation, a number for
        each output; half the sum of squares.
    weight_init : {"scaled", "glorot", "he", "normal"}
        Distribution of the initial weights, all normal. "scaled" fits the activation: "he" (variance 2 / n_in, [2]_)
        for ReLU and its relatives, else "glorot" (variance 2 / (n_in + n_out), [1]_); both with biases 0. "normal":
        weights and biases of variance 1, as in the lecture and in chapter 1 of [3]_.
    seed : int or None
        Seed of the initial weights; None leaves them undefined, to be set otherwise.
    dtype : "float32" or "float64"
    classes : sequence of str, optional
        Name of each output; "0", "1", ... by default.
    schema : Schema, optional
        How samples become inputs: that of a data set, `load_dataset(...).schema`. Then `fit`, `predict` and `evaluate`
        take samples as they are in files and data frames. Without one, uint8 means value / 255, and other numbers are
        taken as they are.

    Attributes
    ----------
    params : (n_params,) array
        Every weight and bias, layer by layer; change it in place.
    weights, biases : tuples of arrays (n_in, n_out) and (n_out,)
        Views of `params`, one a layer.
    n_params : int
    model : kernels.Model
        The network as the kernels take it.

    Raises
    ------
    InputError
        Fewer than two layers, a size below 1, an unknown name, a schema of other samples.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    .. [2] K. He et al., Delving deep into rectifiers, 2015.
    .. [3] M. Nielsen, Neural Networks and Deep Learning.

    Examples
    --------
    >>> Network((784, 16, 16, 10))
    Network(784-16-16-10, sigmoid, squared_error, 13,002 parameters, float32, glorot weights)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "sigmoid",
        loss: str = "squared_error",
        *,
        weight_init: str = "scaled",
        seed: int | None = 0,
        dtype: DTypeLike = "float32",
        classes: Sequence[str] | None = None,
        schema: Schema | None = None,
    ) -> None:
        self.sizes = _as_sizes(sizes)
        self.activation = known_name("activation", activation, kernels.ACTIVATIONS)
        self.loss = known_name("loss", loss, kernels.LOSSES)
        self.weight_init = known_name("weight_init", weight_init, WEIGHT_INITS)
        if weight_init == "scaled":
            self.weight_init = "he" if activation in RECTIFIERS else "glorot"
        self.dtype = _as_dtype(dtype)
        params = _allocate(sum((n + 1) * m for n, m in self._shapes()), self.dtype)
        codes = kernels.ACTIVATIONS[activation], kernels.LOSSES[loss]
        self.model = kernels.Model(kernels.make_layout(self.sizes), params, *codes)
        self._predictor = Predictor(self.model, self.sizes[-1])
        self.classes = tuple(map(str, range(self.sizes[-1]) if classes is None else classes))
        if len(self.classes) != self.sizes[-1]:
            raise InputError(
                f"There are {len(self.classes)} classes for {self.sizes[-1]} outputs: pass one name an output."
            )
        self.schema = schema
        if schema is not None:
            schema.check_sizes(self.sizes[0], self.sizes[-1])
        if seed is not None:
            self._initialize(seed)

    def _shapes(self) -> Iterator[tuple[int, int]]:
        return pairwise(self.sizes)

    def _initialize(self, seed: int) -> None:
        rng = np.random.default_rng(as_seed(seed))
        for (n_in, n_out), W, b in zip(self._shapes(), self.weights, self.biases, strict=True):
            variance = {"glorot": 2 / (n_in + n_out), "he": 2 / n_in, "normal": 1.0}[self.weight_init]
            for start in range(0, n_in, ROWS_AT_A_TIME):
                rows = W[start : start + ROWS_AT_A_TIME]
                rows[:] = rng.standard_normal(rows.shape) * math.sqrt(variance)
            b[:] = rng.standard_normal(b.shape) if self.weight_init == "normal" else 0

    @property
    def params(self) -> NDArray[Any]:
        """Every weight and bias in one vector (n_params,), layer by layer: W, then b."""
        return self.model.params

    @property
    def layout(self) -> NDArray[np.int64]:
        """The place of each layer in `params`, from `kernels.make_layout`."""
        return self.model.layout

    @property
    def n_params(self) -> int:
        """The number of weights and biases."""
        return self.model.params.size

    @property
    def weights(self) -> tuple[NDArray[Any], ...]:
        """The weights of each layer, views (n_in, n_out) of `params`."""
        return tuple(W for W, _ in self.layers(self.params))

    @property
    def biases(self) -> tuple[NDArray[Any], ...]:
        """The biases of each layer, views (n_out,) of `params`."""
        return tuple(b for _, b in self.layers(self.params))

    def layers(self, vector: NDArray[Any]) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Return the views W (n_in, n_out) and b (n_out,) of each layer in a vector laid out as `params` is."""
        layers, at = [], 0
        for n, m in self._shapes():
            layers.append((vector[at : at + n * m].reshape(n, m), vector[at + n * m : at + (n + 1) * m]))
            at += (n + 1) * m
        return layers

    def predict(self, X: Inputs, *, threads: int | None = None) -> NDArray[Any]:
        """Return each sample's label: the number of its largest output. Other losses predict the form of their targets.

        Parameters
        ----------
        X : array-like, data frame or SciPy sparse matrix (n, n_in)
            As the network's schema says; without one uint8 (value / 255), or numbers taken as they are. The columns of
            a data frame are found by their names. A sparse matrix is not made dense.
        threads : int, optional
            The largest number of threads; fewer share few samples. By default one a core, or fewer if OMP_NUM_THREADS,
            another variable or threadpoolctl says so, see `fastmlp.system.machine.cores`.

        Returns
        -------
        (n,) int64; for "binary_cross_entropy" (n, n_out) int64, 1 for outputs above 1/2; for "regression" the outputs

        Raises
        ------
        InputError
            X has another number of columns, no rows, an unsupported type, NaN or infinity; threads is not positive.
        """
        if self.loss not in kernels.LABEL_LOSSES:
            outputs = self.predict_proba(X, threads=threads)
            return outputs if self.loss == "regression" else (outputs > 0.5).astype(np.int64)
        return self._predictor.labels(self._samples(X), _as_threads(threads))

    def predict_proba(self, X: Inputs, *, threads: int | None = None) -> NDArray[Any]:
        """Return each sample's outputs.

        For "cross_entropy" these are softmax probabilities; for "squared_error" the brightness of each output neuron,
        from 0 to 1 but not summing to 1, as the lecture shows them; for "binary_cross_entropy" a probability each; for
        "regression" numbers of any size.

        Parameters and errors as in `predict`.

        Returns
        -------
        (n, n_out) of the network's dtype
        """
        outputs = self._predictor.outputs(self._samples(X), _as_threads(threads))
        return outputs if self.schema is None else self.schema.unscaled_targets(outputs)

    def evaluate(self, X: Inputs, y: ArrayLike, *, threads: int | None = None) -> Evaluation:
        """Return the mean loss and the accuracy over the samples `X` (n, n_in) with labels or targets `y`.

        At most `threads` threads share them, as in `predict`.

        A sample of "binary_cross_entropy" is correct if all its outputs are; "regression" has no accuracy, but None.
        The loss of targets that the schema standardizes is that of the standardized ones.

        Raises
        ------
        InputError
            As in `predict`; or the labels or targets don't match X, the outputs or the loss.
        """
        samples, threads = self._samples(X), _as_threads(threads)
        targets = as_targets(y, len(samples), self.sizes[-1], self.loss, self.dtype, schema=self.schema)
        return self.evaluate_checked(samples, targets, threads=threads)

    def _samples(self, X: Inputs) -> Samples:
        return as_samples(X, self.sizes[0], self.dtype, schema=self.schema)

    def evaluate_checked(
        self, X: Samples, y: Targets, rows: NDArray[np.int64] | None = None, *, threads: int | None = None
    ) -> Evaluation:
        """Evaluate arrays that as_samples and as_targets have returned, or some of their rows, rising."""
        n = len(X if rows is None else rows)
        loss, n_correct = self._predictor.evaluate(X, y, rows, threads)
        return Evaluation(loss / n, n_correct / n if self.loss != "regression" else None)

    def outputs_checked(self, X: Samples, *, threads: int | None = None) -> NDArray[Any]:
        """Return the outputs (n, n_out) of samples that as_samples has returned, in the scale that was trained on."""
        return self._predictor.outputs(X, threads)

    def labels_checked(self, X: Samples, *, threads: int | None = None) -> NDArray[np.int64]:
        """Return the number of the largest output (n,) of samples that as_samples has returned."""
        return self._predictor.labels(X, threads)

    def accuracy(self, X: Inputs, y: ArrayLike, *, threads: int | None = None) -> float:
        """Return the fraction of the samples `X` (n, n_in) that are classified as `y` says.

        At most `threads` threads share them, as in `predict`.

        Raises
        ------
        InputError
            As in `evaluate`; or the loss is "regression".
        """
        accuracy = self.evaluate(X, y, threads=threads).accuracy
        if accuracy is None:
            raise InputError("A regression has no accuracy: see network.evaluate(X, y).loss.")
        return accuracy

    def save(self, path: str | os.PathLike[str], *, about: Mapping[str, str] | None = None) -> None:
        """Write the network to a safetensors file, whole or not at all; `load_network` reads it.

        Parameters
        ----------
        path : str or path
        about : dict of str, optional
            More entries for the file's metadata, which `load_network` passes over.

        Raises
        ------
        OSError
            The folder can't be written, or the disk is full; an existing file is then as it was.
        """
        tensors = {f"weights.{layer}": W for layer, W in enumerate(self.weights)}
        tensors |= {f"biases.{layer}": b for layer, b in enumerate(self.biases)}
        entries = dict(about or {}) | {
            "sizes": json.dumps(self.sizes),
            "activation": self.activation,
            "loss": self.loss,
        }
        entries |= {"weight_init": self.weight_init, "classes": json.dumps(self.classes)}
        entries |= {} if self.schema is None else {"schema": json.dumps(self.schema.to_json())}
        write_tensors(path, MODEL, tensors, entries)

    def plot_weights(self) -> "Figure":
        """Draw the weights of up to 64 neurons of the first layer, each as an image of the inputs.

        The images have the shape that the schema says; without one a square number of inputs, 64 or more, is a square.
        Those of color pictures are red, green and blue below each other.

        Raises
        ------
        InputError
            The inputs are no picture, or some weights are not finite.
        """
        from fastmlp.network.picture_shape import picture_shape
        from fastmlp.plots.images import first_layer

        return first_layer(self.weights[0], picture_shape(self.sizes[0], self.schema))

    def _repr_html_(self) -> str:
        """Return a drawing of the layers and a table, for notebooks."""
        from fastmlp.network.network_html import network_element
        from fastmlp.plots.markup import to_html

        return to_html(network_element(self))

    def export(
        self,
        path: str | os.PathLike[str],
        to: str | None = None,
        *,
        inputs: str | None = None,
        dtype: DTypeLike = "float32",
    ) -> Export:
        """Write the network for another library, whole or not at all; an earlier export is replaced.

        The exported network takes samples as they are: what the schema says is done inside, or without a schema the
        division of bytes by 255. Columns of text are one input for each text.

        Parameters
        ----------
        path : str or path
        to : {"onnx", "pytorch", "c", "numpy"}, optional
            The format, by default that of the path's ending: an ONNX graph (.onnx, needs the package onnx), a state
            dict for PyTorch (.safetensors), a C header (.h), or a NumPy script (.py) with an .npz file beside it.
        inputs : {"uint8", "float32", "float64"}, optional
            Type of the values that go in. Pixels of uint8 go from 0 to 255, others from 0 to 1. By default uint8 if the
            training's pixels went to 255, or if there is no schema and 64 inputs or more, as pictures have; else
            `dtype`. The NumPy script takes any.
        dtype : {"float32", "float64"}
            Type of the parameters and of the arithmetic.

        Returns
        -------
        Export
            The description of the file: what goes in and out, and the code with which the other side loads it; print
            it.

        Raises
        ------
        InputError
            An unknown format or type, a file at `path` that is no export, weights that are not finite.
        OSError
            The file can't be written.
        """
        trained = Trained(
            weights=self.weights,
            biases=self.biases,
            activation=self.activation,
            loss=self.loss,
            classes=self.classes,
            schema=self.schema,
        )
        return export(trained, Path(path), to, inputs, str(_as_dtype(dtype)))

    def __getstate__(self) -> dict[str, Any]:
        """Leave the predictor with its scratch out of copies and pickles."""
        return {name: value for name, value in self.__dict__.items() if name != "_predictor"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the state of a pickle or a copy, with parameters that can be trained; see own_memory."""
        self.__dict__.update({"schema": None} | state)  # pickles of earlier versions have none
        self.model = self.model._replace(layout=own_memory(self.layout), params=own_memory(self.params))
        self._predictor = Predictor(self.model, self.sizes[-1])

    def __repr__(self) -> str:
        shape = "-".join(map(str, self.sizes))
        return (
            f"Network({shape}, {self.activation}, {self.loss}, {self.n_params:,} parameters, {self.dtype}, "
            f"{self.weight_init} weights{'' if self.schema is None else f', {self.schema}'})"
        )


def _as_threads(threads: int | None) -> int | None:
    return None if threads is None else positive_int("threads", threads)


def _as_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    try:
        checked = tuple(positive_int(f"sizes[{i}]", size) for i, size in enumerate(sizes))
    except TypeError:
        raise InputError(f"sizes is {shown(sizes)}: pass a sequence such as (784, 16, 16, 10).") from None
    if len(checked) < 2:
        raise InputError(f"sizes is {shown(sizes)}: a network has at least inputs and outputs, such as (784, 10).")
    return checked


def _as_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        checked = np.dtype(dtype)
    except TypeError:
        checked = None
    if checked not in (np.float32, np.float64):
        raise InputError(f"dtype is {shown(dtype)}: pass 'float32' or 'float64'.")
    return checked


def _allocate(n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a vector of n numbers that starts at a cache line; raise InputError if that is too much memory.

    A row of 16 float32 weights is then one cache line, and not parts of two.
    """
    try:
        if n * dtype.itemsize > memory():  # the system may promise more than it has, and kill the process later
            raise MemoryError
        return aligned_empty(n, dtype)
    except (MemoryError, ValueError):
        raise InputError(
            f"{shown(n)} parameters need {shown(n * dtype.itemsize // 10**9)} GB: choose smaller layers."
        ) from None
