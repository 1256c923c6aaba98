"""Network: sizes, activation, loss, and one flat parameter vector with a view for each layer; prediction.

Imports the kernels, the checks of inputs, and storage. Training is Trainer's.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastmlp import kernels, storage
from fastmlp.errors import InputError, unknown_name
from fastmlp.inputs import as_inputs, as_seed, positive_int
from fastmlp.kernels.layout import B_AT, W_AT
from fastmlp.machine import aligned_empty, memory
from fastmlp.packing import Inputs, Packed
from fastmlp.parts import in_parts, threads_for
from fastmlp.targets import Targets, as_targets

T = TypeVar("T")
Scratch = NDArray[Any]  # not spelled out where functions are made in each call: that takes as long as a small network

WEIGHT_INITS = ("scaled", "glorot", "he", "normal")
RECTIFIERS = ("relu", "leaky_relu", "elu", "silu", "gelu", "softplus")
"""The activations that let about half of the sums through."""
ROWS_DRAWN = 1024
BLOCK = 48
"""Samples that prediction takes through a layer at a time: their activations stay in the cache, and they fill tiles of
8, 6 and 4 rows."""
FLOP_A_PART = 2e7
"""Work in one kernel call of prediction: a quarter of a millisecond or more. Threads share the parts."""


class Evaluation(NamedTuple):
    """The mean loss over some samples, and the share of them classified rightly; None for "regression"."""

    loss: float
    accuracy: float | None


class Network:
    """A multilayer perceptron: its parameters, and what they compute.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, inputs first: (784, 16, 16, 10) is the lecture's network.
    activation : {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "silu", "gelu", "softplus", "identity"}
        Of the hidden layers, see `kernels.activate`.
    loss : {"squared_error", "cross_entropy", "binary_cross_entropy", "regression"}
        What the outputs pass through, and what a sample's target is. "squared_error": the sigmoid, a label; half the
        sum of squares over the outputs. "cross_entropy": softmax, a label. "binary_cross_entropy": the sigmoid, a yes
        or no (1 or 0) for each output, as many of them as may be; the sum over the outputs. "regression": nothing, a
        number for each output; half the sum of squares.
    weight_init : {"scaled", "glorot", "he", "normal"}
        Initial weights, drawn from a normal distribution. "scaled" is the one that fits the activation: "he" (variance
        2 / n_in, [2]_) for ReLU and its kin, else "glorot" (variance 2 / (n_in + n_out), [1]_); both with biases 0.
        "normal": weights and biases of variance 1, as in the lecture and in chapter 1 of [3]_.
    seed : int or None
        Of the initial weights; None leaves them undefined, for those that are set otherwise.
    dtype : "float32" or "float64"
    classes : sequence of str, optional
        The name of each output; "0", "1", ... by default.

    Attributes
    ----------
    params : (n_params,) array
        Every weight and bias, layer by layer; change it in place.
    weights, biases : tuples of arrays (n_in, n_out) and (n_out,)
        Views of `params`, one a layer.
    n_params : int

    Raises
    ------
    InputError
        Fewer than two layers, a size below 1, an unknown name.

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
    ) -> None:
        self.sizes = _as_sizes(sizes)
        for kind, name, known in (
            ("activation", activation, kernels.ACTIVATIONS),
            ("loss", loss, kernels.LOSSES),
            ("weight_init", weight_init, WEIGHT_INITS),
        ):
            if not isinstance(name, str) or name not in known:
                raise unknown_name(kind, name, known)
        self.activation, self.loss = activation, loss
        self.weight_init = ("he" if activation in RECTIFIERS else "glorot") if weight_init == "scaled" else weight_init
        self.dtype = _as_dtype(dtype)
        self._params = _allocate(sum((n + 1) * m for n, m in self._shapes()), self.dtype)
        self.layout = kernels.make_layout(self.sizes)
        self._scratches: list[NDArray[Any]] = []
        self.classes = tuple(map(str, range(self.sizes[-1]) if classes is None else classes))
        if len(self.classes) != self.sizes[-1]:
            raise InputError(
                f"There are {len(self.classes)} classes for {self.sizes[-1]} outputs: pass one name an output."
            )
        if seed is not None:
            self._draw_params(seed)

    def _shapes(self) -> Iterator[tuple[int, int]]:
        return pairwise(self.sizes)

    def _draw_params(self, seed: int) -> None:
        rng = np.random.default_rng(as_seed(seed))
        for (n_in, n_out), W, b in zip(self._shapes(), self.weights, self.biases, strict=True):
            variance = {"glorot": 2 / (n_in + n_out), "he": 2 / n_in, "normal": 1.0}[self.weight_init]
            for start in range(0, n_in, ROWS_DRAWN):  # the draws are float64: not all of them at once
                rows = W[start : start + ROWS_DRAWN]
                rows[:] = rng.standard_normal(rows.shape) * math.sqrt(variance)
            b[:] = rng.standard_normal(b.shape) if self.weight_init == "normal" else 0

    @property
    def params(self) -> NDArray[Any]:
        """Every weight and bias in one vector (n_params,), layer by layer: W, then b."""
        return self._params

    @property
    def n_params(self) -> int:
        """The number of weights and biases."""
        return self._params.size

    @property
    def weights(self) -> tuple[NDArray[Any], ...]:
        """The weights of each layer, views (n_in, n_out) of `params`."""
        return tuple(
            self._params[start : start + n * m].reshape(n, m)
            for (n, m), start in zip(self._shapes(), self.layout[:, W_AT].tolist(), strict=True)
        )

    @property
    def biases(self) -> tuple[NDArray[Any], ...]:
        """The biases of each layer, views (n_out,) of `params`."""
        return tuple(
            self._params[start : start + m]
            for (_, m), start in zip(self._shapes(), self.layout[:, B_AT].tolist(), strict=True)
        )

    @property
    def codes(self) -> tuple[int, int]:
        """What the kernels call the activation and the loss."""
        return kernels.ACTIVATIONS[self.activation], kernels.LOSSES[self.loss]

    def predict(self, X: Inputs) -> NDArray[Any]:
        """Return each sample's label: the number of its largest output; other losses predict what their targets are.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix (n, n_in)
            uint8 (value / 255), or numbers taken as they are. A sparse matrix is not made dense.

        Returns
        -------
        (n,) int64; for "binary_cross_entropy" (n, n_out) int64, 1 for outputs above 1/2; for "regression" the outputs

        Raises
        ------
        InputError
            X has another number of columns, no rows, an unsupported type, NaN or infinity.
        """
        if self.loss not in kernels.OF_LABELS:
            outputs = self.predict_proba(X)
            return outputs if self.loss == "regression" else (outputs > 0.5).astype(np.int64)
        X = as_inputs(X, self.sizes[0], self.dtype)
        labels, activation = np.empty(len(X), np.int64), self.codes[0]

        def predict(part: slice, scratch: Scratch) -> None:
            common = (self.layout, self._params, activation, scratch, labels[part])
            if isinstance(X, Packed):
                kernels.predict_labels_packed(*X, _numbers(part, X), *common)
            else:
                kernels.predict_labels(X[part], *common)

        self._in_parts(len(X), predict)
        return labels

    def predict_proba(self, X: Inputs) -> NDArray[Any]:
        """Return each sample's outputs.

        For "cross_entropy" these are softmax probabilities; for "squared_error" the brightness of each output neuron,
        from 0 to 1 but not summing to 1, as the lecture shows them; for "binary_cross_entropy" a probability each; for
        "regression" numbers of any size.

        Parameters and errors as in `predict`.

        Returns
        -------
        (n, n_out) of the network's dtype
        """
        X = as_inputs(X, self.sizes[0], self.dtype)
        outputs = np.empty((len(X), self.sizes[-1]), self.dtype)

        def predict(part: slice, scratch: Scratch) -> None:
            common = (self.layout, self._params, *self.codes, scratch, outputs[part])
            if isinstance(X, Packed):
                kernels.predict_outputs_packed(*X, _numbers(part, X), *common)
            else:
                kernels.predict_outputs(X[part], *common)

        self._in_parts(len(X), predict)
        return outputs

    def evaluate(self, X: Inputs, y: ArrayLike) -> Evaluation:
        """Return the mean loss and the accuracy over the samples `X` (n, n_in) with labels or targets `y`.

        A sample of "binary_cross_entropy" is right if all its outputs are; "regression" has no accuracy, but None.

        Raises
        ------
        InputError
            As in `predict`, or labels or targets that don't match X, the outputs or the loss.
        """
        X = as_inputs(X, self.sizes[0], self.dtype)
        return self.evaluate_checked(X, as_targets(y, len(X), self.sizes[-1], self.loss, self.dtype))

    def evaluate_checked(
        self, X: NDArray[Any] | Packed, y: Targets, rows: NDArray[np.int64] | None = None
    ) -> Evaluation:
        """Do what `evaluate` does, for arrays that as_inputs and as_targets have returned, or some of their rows."""
        order = np.arange(len(X)) if rows is None else rows

        def evaluate(part: slice, scratch: Scratch) -> Any:
            common = (y, order[part], self.layout, self._params, *self.codes, scratch)
            if isinstance(X, Packed):
                return kernels.evaluate_packed(*X, *common)
            return kernels.evaluate(X, *common)

        losses, n_correct = zip(*self._in_parts(len(order), evaluate), strict=True)
        accuracy = sum(n_correct) / len(order) if self.loss != "regression" else None
        return Evaluation(sum(losses) / len(order), accuracy)

    def accuracy(self, X: Inputs, y: ArrayLike) -> float:
        """Return the share of the samples `X` (n, n_in) that are classified as `y` says.

        Raises
        ------
        InputError
            As in `evaluate`; or the loss is "regression".
        """
        accuracy = self.evaluate(X, y).accuracy
        if accuracy is None:
            raise InputError("A regression has no accuracy: see network.evaluate(X, y).loss.")
        return accuracy

    def _in_parts(self, n: int, call: Callable[[slice, Scratch], T]) -> list[T]:
        """Return call(part, scratch) for each part of n samples, in their order; threads share many parts."""
        if n <= BLOCK:  # microseconds count
            scratch = self._take_scratch()
            answer = call(slice(0, n), scratch)
            self._scratches.append(scratch)
            return [answer]
        rows = BLOCK * max(1, int(FLOP_A_PART / (2 * self._params.size * BLOCK)))
        scratches = [self._take_scratch() for _ in range(threads_for(n, rows))]
        answers = in_parts(n, rows, len(scratches), lambda part, thread: call(part, scratches[thread]))
        self._scratches += scratches
        return answers

    def _take_scratch(self) -> Scratch:
        """Return scratch that no other thread is using; it goes back to `_scratches` after use, or is lost."""
        try:
            return self._scratches.pop()
        except IndexError:
            return np.empty(kernels.scratch_size(self.layout, BLOCK), self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the scratch out of copies and pickles."""
        return self.__dict__ | {"_scratches": []}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a safetensors file, whole or not at all; `load_network` reads it.

        Raises
        ------
        OSError
            The folder can't be written, or the disk is full; an existing file is then as it was.
        """
        tensors = {f"weights.{layer}": W for layer, W in enumerate(self.weights)}
        tensors |= {f"biases.{layer}": b for layer, b in enumerate(self.biases)}
        about = {"sizes": json.dumps(self.sizes), "activation": self.activation, "loss": self.loss}
        about |= {"weight_init": self.weight_init, "classes": json.dumps(self.classes)}
        storage.write_tensors(path, storage.MODEL, tensors, about)

    def __repr__(self) -> str:
        shape = "-".join(map(str, self.sizes))
        return (
            f"Network({shape}, {self.activation}, {self.loss}, {self.n_params:,} parameters, {self.dtype}, "
            f"{self.weight_init} weights)"
        )


def load_network(path: str | os.PathLike[str]) -> Network:
    """Read a network that `Network.save` wrote: the same bits.

    Raises
    ------
    InputError
        No such file, not a model, damaged, or written by another version.
    """
    tensors, about = storage.read_tensors(path, storage.MODEL)
    try:
        sizes, classes = json.loads(about["sizes"]), json.loads(about["classes"])
        for layer, shape in enumerate(pairwise(sizes)):
            stored = tensors[f"weights.{layer}"].shape, tensors[f"biases.{layer}"].shape
            if stored != (shape, shape[1:]):
                raise InputError(f"layer {layer} has weights of shape {stored[0]}, not {shape}")
        network = Network(
            sizes,
            about["activation"],
            about["loss"],
            weight_init=about["weight_init"],
            seed=None,
            dtype=tensors["weights.0"].dtype,
            classes=classes,
        )
        for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            W[:], b[:] = tensors[f"weights.{layer}"], tensors[f"biases.{layer}"]
    except (KeyError, ValueError, TypeError) as error:
        missing = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{str(path)!r} does not describe a network ({missing}): the file is damaged; train again."
        ) from None
    return network


def _numbers(part: slice, X: Packed) -> NDArray[np.int64]:
    return np.arange(part.start, min(part.stop, len(X)))


def _as_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    try:
        checked = tuple(positive_int(f"sizes[{i}]", size) for i, size in enumerate(sizes))
    except TypeError:
        raise InputError(f"sizes is {sizes!r}: pass a sequence such as (784, 16, 16, 10).") from None
    if len(checked) < 2:
        raise InputError(f"sizes is {sizes!r}: a network has at least inputs and outputs, such as (784, 10).")
    return checked


def _as_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        checked = np.dtype(dtype)
    except TypeError:
        checked = None
    if checked not in (np.float32, np.float64):
        raise InputError(f"dtype is {dtype!r}: pass 'float32' or 'float64'.")
    return checked


def _allocate(n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a vector of n numbers that starts at a cache line, or raise InputError where that is too much memory.

    A row of 16 float32 weights is one cache line then, and not parts of two.
    """
    try:
        if n * dtype.itemsize > memory():  # the system may promise more than it has, and kill the process later
            raise MemoryError
        return aligned_empty(n, dtype)
    except (MemoryError, ValueError):
        raise InputError(f"{n:,} parameters need {n * dtype.itemsize / 1e9:,.0f} GB: choose smaller layers.") from None
