"""TrainingData: the samples of one fit, checked once."""

import functools
import hashlib
import operator
import warnings
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp.errors import InputError, shown
from fastmlp.inputs.arrays import Inputs
from fastmlp.inputs.block_shuffle import BLOCK_BYTES, WINDOW_BYTES
from fastmlp.inputs.callers import level_outside
from fastmlp.inputs.disk_samples import DiskSamples, Samples, as_samples
from fastmlp.inputs.hold_out import hold_out
from fastmlp.inputs.packed import Packed
from fastmlp.inputs.schema import Schema
from fastmlp.inputs.targets import ClassWeights, Targets, as_class_weights, as_sample_weights, as_targets

LARGE_TARGET = 100
"""Size of a target of a regression from which on a warning is given."""
ROWS_HASHED = 1000
"""Whole rows that a fingerprint takes in."""
ROWS_AT_A_TIME = 1 << 16
"""Rows whose sums a fingerprint computes at a time."""


class Form(NamedTuple):
    """The form of the samples that a network takes.

    Attributes
    ----------
    n_in, n_out : int
        Inputs of a sample, outputs of the network.
    loss : str
        Decides the form of the targets.
    dtype : float32 or float64
    schema : Schema or None
        How samples become inputs, if the network knows.
    """

    n_in: int
    n_out: int
    loss: str
    dtype: np.dtype[Any]
    schema: Schema | None = None


class Validation(NamedTuple):
    """Samples to evaluate after each epoch: all of X, or some rows of it."""

    X: Samples
    y: Targets
    rows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.X if self.rows is None else self.rows)


@dataclass
class TrainingData:
    """The samples of one fit, as the kernels take them.

    Attributes
    ----------
    X : (n, n_in) uint8, float32 or float64, or Packed, or DiskSamples
    y : (n,) int64, or (n, n_out)
        Labels of DiskSamples are of the smallest dtype that holds them, and int64 where a kernel sees them.
    rows : (m,) int64, or range
        Rows of X to train on. For all of DiskSamples a range: the numbers would take 8 bytes a sample.
    sample_weights : (n,) of the network's dtype, or None
    validation : Validation or None
    """

    X: Samples
    y: Targets
    rows: NDArray[np.int64] | range
    sample_weights: NDArray[Any] | None
    validation: Validation | None

    @classmethod
    def checked(
        cls,
        form: Form,
        X: Inputs,
        y: ArrayLike,
        *,
        validation: tuple[Inputs, ArrayLike] | float | None = None,
        weights: tuple[ArrayLike | None, ClassWeights | None] = (None, None),
        seed: int = 0,
    ) -> "TrainingData":
        """Return the data of a fit, checked.

        Parameters
        ----------
        form : Form
            The form that the network takes.
        X, y, validation
            As in Trainer.fit.
        weights : (sample weights, class weights)
            As in Trainer.fit and in Trainer.
        seed : int
            Seed of the choice of the samples that are held out.

        Raises
        ------
        InputError
            Data of the wrong form; or nothing would be left to train on, or to validate with.
        """
        checked_X, checked_y = _checked_pair(form, X, y, "")
        n = len(checked_X)
        rows: NDArray[np.int64] | range = range(n) if isinstance(checked_X, DiskSamples) else np.arange(n)
        held_out = None
        if isinstance(validation, tuple | list) and len(validation) == 2:
            held_out = Validation(*_checked_pair(form, *validation, "validation "))
        elif isinstance(validation, Real):
            rows, chosen = hold_out(checked_y, _number_held_out(validation, n), seed)
            held_out = Validation(checked_X, checked_y, chosen)
        elif validation is not None:
            raise InputError(
                "validation is not a pair: pass (X, y), the test split of a data set, or a fraction such as 0.1."
            )
        of_samples, of_classes = weights
        factors = None if of_classes is None else as_class_weights(of_classes, form.n_out, checked_y)
        sample_weights = as_sample_weights(of_samples, factors, checked_y, form.dtype)
        if sample_weights is not None and not (sample_weights if len(rows) == n else sample_weights[rows]).any():
            raise InputError("The weights of all samples to train on are 0: nothing would be learned.")
        return cls(checked_X, checked_y, rows, sample_weights, held_out)

    @functools.cached_property
    def identity(self) -> dict[str, Any]:
        """The facts that must be the same if a training is resumed, for JSON."""
        validation = self.validation
        samples = [self.X, self.y]
        if validation is not None and validation.rows is None:
            samples += [validation.X, validation.y]
        flat = [part for each in samples for part in (each if isinstance(each, Packed) else (each,))]
        flat += [] if self.sample_weights is None else [self.sample_weights]
        order = f" {WINDOW_BYTES} {BLOCK_BYTES}" if isinstance(self.X, DiskSamples) else ""
        return {
            "samples": len(self.rows),
            "validation_samples": 0 if validation is None else len(validation),
            "data": fingerprint(*flat) + order,
        }


def fingerprint(*arrays: NDArray[Any] | DiskSamples) -> str:
    """Return a text that differs for other data: a hash of the sum of each row, and of a thousand whole rows.

    A change of any one number changes it, and so does another order of the samples. 6 ms for MNIST, where a hash of all
    bytes takes 30. Of samples on the disk some places are read.
    """
    digest = hashlib.sha256()
    for array in arrays:
        if isinstance(array, DiskSamples):
            digest.update(array.fingerprint())
            continue
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(array[:: max(1, len(array) // ROWS_HASHED)].tobytes())
        for start in range(0, len(array), ROWS_AT_A_TIME):
            digest.update(_row_sums(array[start : start + ROWS_AT_A_TIME]).tobytes())
    return digest.hexdigest()


def _checked_pair(form: Form, X: Inputs, y: ArrayLike, which: str) -> tuple[Samples, Targets]:
    checked = as_samples(X, form.n_in, form.dtype, f"{which}X", form.schema)
    targets = as_targets(y, len(checked), form.n_out, form.loss, form.dtype, f"{which}y", form.schema)
    if (
        form.loss == "regression"
        and not (form.schema and form.schema.target_mean)
        and np.abs(targets).max() > LARGE_TARGET
    ):
        warnings.warn(
            f"{which}y goes up to {np.abs(targets).max():g}: the targets of a regression are learned well if they are "
            "of about the size of 1; divide them, or standardize them.",
            stacklevel=level_outside(),
        )
    if isinstance(checked, DiskSamples) and targets.ndim == 1:
        targets = targets.astype(np.min_scalar_type(form.n_out - 1))
    return checked, targets


def _number_held_out(validation: Any, n: int) -> int:
    """Return how many of `n` samples are held out."""
    try:
        number = operator.index(validation)
    except TypeError:
        number = round(validation * n) if 0 < validation < 1 else 0
        if number in (0, n):
            raise InputError(
                f"validation is {shown(validation)} of {n:,} samples: pass a fraction that leaves some on either side, "
                "a number of samples, or (X, y)."
            ) from None
    if isinstance(validation, bool) or not 0 < number < n:
        raise InputError(
            f"validation is {shown(validation)}, and there are {n:,} samples: hold out from 1 to {n - 1:,}."
        )
    return number


def _row_sums(array: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the sum of each row's bits as 64-bit words, and of the bytes that are left over."""
    content = array.reshape(len(array), -1).view(np.uint8)
    end = content.shape[1] // 8 * 8
    words = content[:, :end].view(np.uint64)
    return np.asarray(words.sum(axis=1) + content[:, end:].sum(axis=1, dtype=np.uint64))
