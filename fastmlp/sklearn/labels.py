"""Labels: the classes of a classifier, and their form for the network."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d


@dataclass(frozen=True)
class Labels:
    """The classes, and how labels become targets.

    One or two classes, and each class of a multilabel problem, are one output with a sigmoid, as in scikit-learn.
    Three or more classes are one output each, with softmax.

    Attributes
    ----------
    classes : (n_classes,) array
        Sorted; for a multilabel problem the numbers of the columns.
    is_multilabel : bool
    """

    classes: NDArray[Any]
    is_multilabel: bool

    @classmethod
    def learn(cls, y: Any) -> "tuple[Self, NDArray[np.int64]]":
        """Return the labels that are in `y`, and the number of each sample's class; of multilabel samples 0.

        Raises
        ------
        ValueError
            Numbers of a regression, or several classes for each of several outputs.
        """
        kind = type_of_target(y, input_name="y")
        if kind == "multilabel-indicator":
            rows, columns = y.shape if hasattr(y, "shape") else np.shape(y)
            return cls(np.arange(columns), is_multilabel=True), np.zeros(rows, np.int64)
        if kind not in ("binary", "multiclass"):
            check_classification_targets(y)
            raise ValueError("Multioutput target data is not supported: y must be labels, or 0 and 1 for each label.")
        classes, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        return cls(classes, is_multilabel=False), codes.astype(np.int64)

    def codes(self, y: Any) -> NDArray[np.int64]:
        """Return the number of each sample's class among these; raise ValueError if `y` has others, or another form."""
        new, codes = Labels.learn(y)
        are_known = set(new.classes.tolist()) <= set(self.classes.tolist())
        if self.is_multilabel:
            are_known = len(new.classes) == len(self.classes)  # they are the numbers of the columns
        if new.is_multilabel != self.is_multilabel or not are_known:
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes}. 'y' has {new.classes}."
            )
        return codes if self.is_multilabel else np.searchsorted(self.classes, new.classes).astype(np.int64)[codes]

    @property
    def loss(self) -> str:
        """The loss of Network."""
        return "binary_cross_entropy" if self.is_multilabel or len(self.classes) < 3 else "cross_entropy"

    @property
    def output_names(self) -> tuple[str, ...]:
        """The name of each output."""
        return tuple(map(str, self.classes if self.is_multilabel or len(self.classes) > 2 else self.classes[-1:]))

    def targets(self, y: Any, codes: NDArray[np.int64], dtype: Any) -> NDArray[Any]:
        """Return labels, of which `codes` are the numbers, as the network takes them.

        Returns
        -------
        (n,) int64, or (n, n_outputs) of `dtype`
        """
        if self.is_multilabel:
            dense = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
            return np.ascontiguousarray(dense != 0, dtype)  # a label may be another number than 1
        return codes if len(self.classes) > 2 else codes[:, None].astype(dtype)

    def labels_of_outputs(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Return the labels for the sigmoid outputs (n, n_outputs) of a network."""
        above = (outputs > 0.5).astype(np.int64)
        return above if self.is_multilabel else self.classes[np.minimum(above[:, 0], len(self.classes) - 1)]

    def probabilities(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Return a probability for each sample and class, (n, n_classes), for the outputs of a network."""
        if self.is_multilabel or len(self.classes) > 2:
            return outputs
        return np.hstack((1 - outputs, outputs)) if len(self.classes) == 2 else np.ones_like(outputs)
