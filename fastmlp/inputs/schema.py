"""Schema: what the numbers of a sample mean, and how they become the inputs of a network.

A data set makes the schema when it is loaded, the network keeps it, and a model file carries it. So new samples are
prepared as those were that the network was trained on, whatever file or type they come in.
"""

import functools
import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, printable
from fastmlp.inputs.callers import level_outside
from fastmlp.inputs.statistics import ROWS_AT_A_TIME, are_bytes, rows_to_judge, standardization, value_range
from fastmlp.system.numbers import is_number

SCALES = ("pixels", "standardized", "as it is")
FAR = 20
"""Deviations between a column's mean and that of training from which on the values are far outside."""
MANY = 64
"""Pictures from which on their ink is looked at; below, microseconds count."""
BRIGHTEST = 255
"""The number for white in pictures of bytes."""
UNKNOWN_RANGE = (-1e300, 1e300)
"""`low` and `high` of the schema of a network from another library, which does not say what it was trained on."""


class Column(NamedTuple):
    """A column of a table: its name, "" without a header; and its texts if it is one of text, sorted."""

    name: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The samples that a network was trained on, and how new ones become its inputs.

    Attributes
    ----------
    scale : {"pixels", "standardized", "as it is"}
        "pixels": light from 0 to 1; bytes, and other numbers that exceed 1, are divided by 255. "standardized":
        (value - mean) / deviation. "as it is": no change, also of bytes.
    low, high : float
        Range of the training samples as they were given.
    image_shape : (height, width) or (3, height, width), optional
        Shape of a sample that is a picture.
    from_files : bool
        Whether the samples were picture files, taken as they are: not centred, not cropped.
    is_dark_on_light : bool
        Whether most of the border of grey pictures is light. Pixels are then inverted: paper becomes 0, which is
        learned better and faster.
    columns : tuple of Column, optional
        The columns of a table, in the order of the inputs. A column of text becomes one input for each of its texts, 1
        for that text and 0 for the others.
    labels : tuple of str
        Names of the columns of labels or targets, or their numbers from 1 in a table without a header.
    weights : str
        Name or number of the column of sample weights; "" if there is none.
    mean, deviation : tuple of float
        Of each input, if they are standardized.
    target_mean, target_deviation : tuple of float
        Of each target of a regression, which are standardized for the training; predictions are in the units of the
        targets.

    Raises
    ------
    ValueError
        Fields that contradict each other, as in a damaged file.
    """

    scale: str
    low: float
    high: float
    image_shape: tuple[int, ...] | None = None
    from_files: bool = False
    is_dark_on_light: bool = False
    columns: tuple[Column, ...] | None = None
    labels: tuple[str, ...] = ()
    weights: str = ""
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    target_mean: tuple[float, ...] = ()
    target_deviation: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        numbers = (*self.mean, *self.deviation, *self.target_mean, *self.target_deviation, self.low, self.high)
        deviations = (*self.deviation, *self.target_deviation)
        if (
            self.scale not in SCALES
            or not all(is_number(each) and math.isfinite(each) for each in numbers)
            or not all(each > 0 for each in deviations)
            or len(self.mean) != len(self.deviation)
            or len(self.target_mean) != len(self.target_deviation)
            or bool(self.mean) != (self.scale == "standardized")
            or (self.image_shape is not None and not _is_image_shape(self.image_shape))
        ):
            raise ValueError("its schema is damaged")

    def check_sizes(self, n_in: int, n_out: int) -> None:
        """Raise InputError if this is not a schema of a network with so many inputs and outputs."""
        widths = [len(self.mean) or n_in, n_in if self.image_shape is None else math.prod(self.image_shape)]
        widths.append(n_in if self.columns is None else sum(max(1, len(each.categories)) for each in self.columns))
        if widths != [n_in] * 3 or len(self.target_mean) not in (0, n_out):
            raise InputError(
                f"The schema is of another network than one with {n_in} inputs and {n_out} outputs: pass that of the "
                "data set."
            )

    # ---- files -------------------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the schema as JSON can hold it, without the fields that say nothing."""
        stored = asdict(self)
        return {
            name: value for name, value in stored.items() if not any(value is each for each in (None, False, (), ""))
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Schema":
        """Return the schema of which `to_json` returned `stored`.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError
            It is none.
        """
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        known = {field.name for field in fields(cls)}
        if not values.keys() <= known:
            raise ValueError(f"its schema has {sorted(values.keys() - known)[0]!r}, of another version of fastmlp")
        if "columns" in values:
            values["columns"] = tuple(
                Column(printable(str(name)), tuple(printable(str(each)) for each in categories))
                for name, categories in values["columns"]
            )
        values["labels"] = tuple(printable(str(each)) for each in values.get("labels", ()))
        values["weights"] = printable(str(values.get("weights", "")))
        return cls(**values)

    @property
    def has_known_range(self) -> bool:
        """True if `low` and `high` say what the training samples were."""
        return (self.low, self.high) != UNKNOWN_RANGE

    @property
    def has_unnamed_columns(self) -> bool:
        """True if the columns are those of a table without a header."""
        return self.columns is not None and not self.columns[0].name

    # ---- samples -----------------------------------------------------------------------------------------------------

    def white(self, X: NDArray[Any]) -> float:
        """Return the number that stands for white in pictures: 255, or 1 for floats below 2.

        Those are light from 0 to 1 already, whatever the network was trained on, perhaps a little more after a filter.
        So are whole numbers of 0 and 1, if the network was trained on light.
        """
        if X.dtype.kind in "iu":
            return 1 if self.is_of_light and rows_to_judge(X).max() <= 1 else BRIGHTEST
        return BRIGHTEST if value_range(X).high >= 2 else 1

    @property
    def is_of_light(self) -> bool:
        """True if the pixels of the training went from 0 to 1, and not to 255."""
        return self.scale == "pixels" and self.high <= 1

    @property
    def keeps_bytes(self) -> bool:
        """True if bytes need no scaling."""
        return self.scale == "pixels" and not self.is_of_light and not self.is_dark_on_light

    def scaled(self, X: NDArray[Any], dtype: np.dtype[Any], white: float | None = None) -> NDArray[Any]:
        """Return samples as the inputs of a network.

        Parameters
        ----------
        X : (n, n_in) numbers
            As they were given. Only read.
        dtype : float32 or float64
            The network's.
        white : float, optional
            The number for white, where X is a part of all samples; by default it is judged by X.

        Returns
        -------
        (n, n_in) uint8 for pixels that are bytes or could be, else `dtype`
        """
        if self.scale == "as it is":
            return X.astype(dtype, copy=False)
        if self.scale == "standardized":
            return self._standardized(X, dtype)
        if X.dtype == np.uint8 and self.keeps_bytes:
            return X
        if (white or self.white(X)) == 1:
            light = X.astype(dtype, copy=False)
        elif X.dtype == np.uint8 or (white is None and are_bytes(X)):
            light = X.astype(np.uint8, copy=False)
        else:
            light = (X / np.float64(BRIGHTEST)).astype(dtype)
        return light.dtype.type(BRIGHTEST if light.dtype == np.uint8 else 1) - light if self.is_dark_on_light else light

    def _standardized(self, X: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
        out = np.empty(X.shape, dtype)
        for start in range(0, len(X), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            out[part] = (X[part] - self._mean) / self._deviation
        return out

    def warn_if_far(self, X: NDArray[Any], name: str) -> None:
        """Warn of samples (n, n_in) whose values are far outside of what was trained on: most likely other units."""
        if self.scale == "standardized":
            distance = np.abs(rows_to_judge(X).mean(axis=0, dtype=np.float64) - self._mean) / self._deviation
            k = int(np.argmax(distance))
            if distance[k] > FAR:
                warnings.warn(
                    f"{self.input_name(k)} of {name} is {distance[k]:,.0f} standard deviations away from its mean in "
                    "training: check its unit, and the order of the columns.",
                    stacklevel=level_outside(),
                )
            return
        if self.scale == "pixels":
            self.warn_of_ink(X, name)
            if X.dtype == np.uint8:
                return
        rows = rows_to_judge(X)
        low, high = float(rows.min()), float(rows.max())
        if self.scale == "pixels":
            white = self.white(X)
            is_odd = low < -0.1 * white or high > 1.9 * white or (white != 1 and high < 20 and not are_bytes(X))
        else:
            span = self.high - self.low
            is_odd = low < self.low - span or high > self.high + span
        if is_odd:
            warnings.warn(
                f"{name} has values from {low:g} to {high:g}, and the network was trained on {self.low:g} to "
                f"{self.high:g}: check that they are in the same units.",
                stacklevel=level_outside(),
            )

    def warn_of_ink(self, X: NDArray[Any], name: str) -> None:
        """Warn of many pictures (n, n_in) with dark ink for a network that was trained on light ink, or the reverse."""
        if self.image_shape is None or len(self.image_shape) == 3 or len(X) < MANY:
            return
        share = _light_share_of_border(rows_to_judge(X), self.image_shape, self.white(X))
        if share < 0.1 if self.is_dark_on_light else share > 0.9:
            trained, new = ("dark", "light") if self.is_dark_on_light else ("light", "dark")
            warnings.warn(
                f"{name} seems to show {new} ink, and the network was trained on {trained} ink: invert the pictures.",
                stacklevel=level_outside(),
            )

    def input_name(self, k: int) -> str:
        """Return the name of input `k`: Column 'age', or Column 3."""
        if self.columns is not None:
            for number, (name, categories) in enumerate(self.columns, start=1):
                if k < max(1, len(categories)):
                    return f"Column {name!r}" if name else f"Column {number}"
                k -= max(1, len(categories))
        return f"Column {k + 1}"

    # ---- targets of a regression -------------------------------------------------------------------------------------

    def scaled_targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return targets (n, n_out) or (n,) as the network learns them."""
        if not self.target_mean:
            return y
        return np.asarray((y - self._per_target(y, self.target_mean)) / self._per_target(y, self.target_deviation))

    def unscaled_targets(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Return a network's outputs (n, n_out) in the units of the targets, as float64, since these may be large."""
        if not self.target_mean:
            return outputs
        return np.asarray(outputs * np.array(self.target_deviation) + np.array(self.target_mean))

    @staticmethod
    def _per_target(y: NDArray[Any], values: tuple[float, ...]) -> NDArray[np.float64]:
        return np.array(values) if y.ndim == 2 else np.array(values[0])

    @functools.cached_property
    def _mean(self) -> NDArray[np.float64]:
        return np.array(self.mean)

    @functools.cached_property
    def _deviation(self) -> NDArray[np.float64]:
        return np.array(self.deviation)

    # ---- words -------------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        """Return the schema in a few words: "28x28 pixels", "table of 13 columns, standardized"."""
        if self.image_shape is not None and self.scale == "pixels":
            return f"{'x'.join(map(str, self.image_shape))} pixels{', as in their files' if self.from_files else ''}"
        what = "samples" if self.columns is None else f"table of {len(self.columns)} columns"
        return f"{what}, {self.scale}"


def make_schema(
    X: NDArray[Any],
    *,
    image_shape: tuple[int, ...] | None,
    is_picture: bool,
    standardize: bool | None,
    columns: tuple[Column, ...] | None = None,
    labels: tuple[str, ...] = (),
    weights: str = "",
    from_files: bool = False,
) -> Schema:
    """Return the schema of training samples.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64
    image_shape : tuple of int or None
        Shape of a sample as a picture.
    is_picture : bool
        Whether the samples are pictures for sure, because of their files or their shape. Rows of numbers are taken for
        pictures if they look like pixels.
    standardize : bool or None
        Whether inputs are standardized; by default those that are no pixels are.
    columns, labels, weights, from_files
        As in Schema.
    """
    rows = rows_to_judge(X)
    low, high = float(rows.min()), float(rows.max())
    is_finite = math.isfinite(low) and math.isfinite(high)  # else refused where the samples are used, with their place
    is_picture = is_picture and (from_files or not 2 <= high < 64)  # counts of dots, such as 0 to 16, are no light
    are_pixels = image_shape is not None and (is_picture or look_like_pixels(X, low, high, columns))
    common: dict[str, Any] = {"low": low if is_finite else 0.0, "high": high if is_finite else 0.0}
    common |= {"columns": columns, "labels": labels, "weights": weights, "from_files": from_files}
    if are_pixels and image_shape is not None:
        share = _light_share_of_border(rows, image_shape, 1 if high <= 1 else BRIGHTEST) if is_finite else 0.0
        common |= {"image_shape": image_shape, "is_dark_on_light": len(image_shape) == 2 and share > 0.75}
    if is_finite and (standardize or (standardize is None and not are_pixels)):
        mean, deviation = standardization(X)
        is_text = np.repeat(*_text_inputs(columns)) if columns else np.zeros(X.shape[1], bool)
        mean, deviation = np.where(is_text, 0.0, mean), np.where(is_text, 1.0, deviation)
        if np.isfinite(mean).all() and np.isfinite(deviation).all():  # numbers of 1e300 have none
            common |= {"mean": tuple(mean.tolist()), "deviation": tuple(deviation.tolist())}
            return Schema(**common, scale="standardized")
    in_bytes = 0 <= low <= high <= BRIGHTEST and (X.dtype.kind == "f" or high > 1)  # integers of 0 and 1 are light
    return Schema(**common, scale="pixels" if are_pixels and in_bytes else "as it is")


def look_like_pixels(X: NDArray[Any], low: float, high: float, columns: tuple[Column, ...] | None = None) -> bool:
    """Return whether rows of numbers (n, n_in) look like pictures: 64 or more, bright bytes or light from 0 to 1.

    Columns of a table must be unnamed, or all have a number in their names, such as pixel7, 1x1 or 7.
    """
    if X.shape[1] < 64 or not (low >= 0 and (128 <= high <= BRIGHTEST or (0.9 <= high <= 1 and X.dtype.kind == "f"))):
        return False
    return columns is None or all(not each.categories and re.search(r"(^|\d)$", each.name) for each in columns)


def _is_image_shape(shape: tuple[int, ...]) -> bool:
    is_positive = all(type(each) is int and each > 0 for each in shape)
    return is_positive and (len(shape) == 2 or (len(shape) == 3 and shape[0] == 3))


def _light_share_of_border(X: NDArray[Any], image_shape: tuple[int, ...], white: float) -> float:
    """Return which part of the border of pictures is light; of a thousand of them."""
    images = X[:: max(1, len(X) // 1000)].reshape(-1, *image_shape)
    border = np.concatenate([images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]], axis=-1)
    return float((border > white / 2).mean())


def _text_inputs(columns: tuple[Column, ...]) -> tuple[list[bool], list[int]]:
    return [bool(each.categories) for each in columns], [max(1, len(each.categories)) for each in columns]
