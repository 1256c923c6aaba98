"""Trained: a network as the writers take it, arrays and words, without the class Network that offers the export."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.inputs.schema import Schema
from fastmlp.kernels import LABEL_LOSSES

OUTPUTS = {
    "squared_error": "the brightness of each output, from 0 to 1",
    "cross_entropy": "probabilities that sum to 1",
    "binary_cross_entropy": "a probability for each output",
    "regression": "numbers, in the units of the targets",
}
"""The meaning of the outputs for each loss."""
OUTPUT_FUNCTIONS = {
    "squared_error": "sigmoid",
    "cross_entropy": "softmax",
    "binary_cross_entropy": "sigmoid",
    "regression": "identity",
}
"""The function that the last weighted sums pass through, for each loss."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained:
    """A trained network.

    Attributes
    ----------
    weights, biases : tuples of arrays (n_in, n_out) and (n_out,)
        One a layer, float32 or float64. Only read.
    activation, loss : str
    classes : tuple of str
        Name of each output.
    schema : Schema or None
        How samples become inputs.
    """

    weights: tuple[NDArray[Any], ...]
    biases: tuple[NDArray[Any], ...]
    activation: str
    loss: str
    classes: tuple[str, ...]
    schema: Schema | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of each layer, inputs first."""
        return (self.weights[0].shape[0], *(len(b) for b in self.biases))

    @property
    def dtype(self) -> str:
        """The type of the parameters, "float32" or "float64"."""
        return str(self.weights[0].dtype)

    @property
    def has_labels(self) -> bool:
        """True if a prediction is the number of the largest output."""
        return self.loss in LABEL_LOSSES

    @property
    def title(self) -> str:
        """The network in words: "784-16-16-10, sigmoid, squared error"."""
        return f"{'-'.join(map(str, self.sizes))}, {self.activation}, {self.loss.replace('_', ' ')}"

    @property
    def target_scale(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """The deviation and the mean (n_out,) of the targets of a regression, if they were standardized."""
        if self.schema is None or not self.schema.target_mean:
            return None
        return np.array(self.schema.target_deviation), np.array(self.schema.target_mean)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The name of each input of a table, () for others; one of a text is the column's name, "=" and the text."""
        return tuple(self._input_names())

    def _input_names(self) -> Iterator[str]:
        if self.schema is not None:
            for number, (name, categories) in enumerate(self.schema.columns or (), start=1):
                title = name or f"column {number}"
                yield from (f"{title}={text}" for text in categories) if categories else (title,)

    @property
    def has_texts(self) -> bool:
        """True if some inputs stand for the texts of a column."""
        return self.schema is not None and any(each.categories for each in self.schema.columns or ())

    def converted(self, dtype: str) -> "Trained":
        """Return the network with parameters of another dtype.

        Raises
        ------
        InputError
            A parameter is NaN or infinite, or too large for `dtype`.
        """
        with np.errstate(over="ignore"):
            weights = tuple(np.ascontiguousarray(W, dtype) for W in self.weights)
            biases = tuple(np.ascontiguousarray(b, dtype) for b in self.biases)
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            if not (np.isfinite(W).all() and np.isfinite(b).all()):
                raise InputError(
                    f"Layer {layer} of the network has weights that are NaN, infinite or too large for {dtype}: train "
                    "it again, or pass dtype='float64'."
                )
        return replace(self, weights=weights, biases=biases)

    def facts(self) -> dict[str, str]:
        """Return what a file's metadata say of the network: names and texts, lists as JSON."""
        facts = {"sizes": json.dumps(self.sizes), "activation": self.activation, "loss": self.loss}
        facts["classes"] = json.dumps(self.classes)
        return facts | ({"input_names": json.dumps(self.input_names)} if self.input_names else {})
