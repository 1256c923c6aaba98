"""The built-in data set `drawn`: handwritten-like digits drawn by code, for a machine without MNIST or network.

The catalogue of data sets calls it. It calls `strokes` (the shapes), `handwriting` (chance) and the kernel `rasterize`.
"""

import hashlib
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.data import handwriting, strokes
from fastmlp.data.dataset import Dataset, Split
from fastmlp.data.handwriting import SIDE
from fastmlp.errors import InputError, unknown_name
from fastmlp.files import replacing, write_text
from fastmlp.kernels.rasterize import rasterize

N_TRAIN, N_TEST = 60_000, 10_000
STREAMS = {"train": 0, "test": 1}
"""Part of the seed: the digits of one stream never appear in the other."""

CHUNK = 1000
"""Digits drawn at a time, with a generator of their own; so the first n digits are the same for every n."""

MOST = 10_000_000
"""Digits a call will draw: 8 GB."""

SOURCES = ("data/drawn.py", "data/handwriting.py", "data/strokes.py", "kernels/rasterize.py")
"""What the digits depend on."""

NAMES = ("train-X.npy", "train-y.npy", "test-X.npy", "test-y.npy")
SUMS = "SHA256SUMS"
"""The files of the cache, and the one that is written last and tells whether they are whole."""

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]


def draw_digits(n: int, seed: int = 0, stream: str = "train") -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw handwritten-like digits, light on dark, placed as in MNIST.

    Parameters
    ----------
    n : int
        How many, 0 to 10,000,000; 30 microseconds each.
    seed : int
        Not negative. The same seed and stream give the same digits, and the first n are the same whatever n is.
    stream : {"train", "test"}
        Which of the seed's two disjoint streams of random numbers.

    Returns
    -------
    X : (n, 784) uint8
        Images of 28 x 28, row by row; 0 is paper, 255 is ink.
    y : (n,) int64
        The digits, 0 to 9, in random order: 100 of each in every 1000.

    Raises
    ------
    InputError
        `n` or `seed` is no such number, or `stream` is not known.
    """
    if stream not in STREAMS:
        raise unknown_name("stream of drawn digits", stream, STREAMS)
    n = _integer("the number of digits to draw", n, MOST)
    seed = _integer("the seed of the drawn digits", seed, None)
    X = np.empty((n, SIDE * SIDE), np.uint8)
    y = np.empty(n, np.int64)
    images = np.empty((CHUNK, SIDE * SIDE), np.uint8)
    shapes = strokes.build_shapes()
    for first in range(0, n, CHUNK):
        rng = np.random.default_rng((seed, STREAMS[stream], first // CHUNK))
        digits = rng.permutation(np.arange(CHUNK) % 10)
        ink = handwriting.write(shapes, digits, rng)
        rasterize(ink.points, ink.radii, ink.pen_down, ink.edges, SIDE, images)
        X[first : first + CHUNK] = images[: n - first]
        y[first : first + CHUNK] = digits[: n - first]
    return X, y


def drawn() -> Dataset:
    """Return the built-in data set: 60,000 + 10,000 drawn digits, as hard to tell apart as MNIST's.

    They are drawn from seed 0 in about 3 seconds and kept in the user's cache folder; after that they are mapped from
    there. What is damaged there is drawn again; where nothing can be written, they are drawn every time.
    """
    folder = _folder()
    arrays = _load(folder)
    if arrays is None:
        arrays = (*draw_digits(N_TRAIN, stream="train"), *draw_digits(N_TEST, stream="test"))
        _keep(folder, arrays)
    return Dataset(
        name="drawn",
        train=Split(arrays[0], arrays[1]),
        test=Split(arrays[2], arrays[3]),
        classes=tuple("0123456789"),
        image_shape=(SIDE, SIDE),
    )


def _integer(what: str, value: object, most: int | None) -> int:
    """Return `value` as an int from 0 to `most`, or raise InputError."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if number < 0 or (most is not None and number > most):
        limit = "0 or more" if most is None else f"0 to {most:,}"
        raise InputError(f"{value!r} can't be {what}: give a whole number, {limit}.")
    return number


def _folder() -> Path:
    """Return where the digits are kept: named after all that they depend on, so that a change draws them again."""
    from platformdirs import user_cache_path

    digest = hashlib.sha256(np.__version__.encode())
    package = Path(__file__).parents[1]
    for source in SOURCES:
        digest.update((package / source).read_bytes())
    return user_cache_path("fastmlp", appauthor=False) / f"drawn-{digest.hexdigest()[:12]}"


def _load(folder: Path) -> Arrays | None:
    """Return the arrays kept in `folder`, mapped copy-on-write, or None unless all of them are whole."""
    try:
        if (folder / SUMS).read_text() != _sums(folder):
            return None
        a, b, c, d = (np.load(folder / name, mmap_mode="c").view(np.ndarray) for name in NAMES)
        return a, b, c, d
    except (OSError, ValueError):
        return None


def _keep(folder: Path, arrays: Sequence[NDArray[Any]]) -> None:
    """Write the arrays to `folder`, and their sums last; do nothing where that can't be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in zip(NAMES, arrays, strict=True):
            with replacing(folder / name) as temporary:
                np.save(temporary, array)
        write_text(folder / SUMS, _sums(folder))
    except OSError:
        return


def _sums(folder: Path) -> str:
    """Return the sha256 of each file as the program `sha256sum` prints them."""
    lines = []
    for name in NAMES:
        with (folder / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return "".join(lines)
