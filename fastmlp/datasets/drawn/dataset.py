"""The built-in data set `drawn`: digits that look handwritten, drawn by code.

It serves machines without MNIST and without a network. `strokes` has the shapes of the digits, `handwriting` varies
them at random, and the kernel `rasterize` turns them into images.
"""

import hashlib
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Dataset, Split
from fastmlp.datasets.drawn import handwriting, strokes
from fastmlp.datasets.drawn.handwriting import SIDE
from fastmlp.datasets.npy_files import map_npy
from fastmlp.errors import InputError, shown, unknown_name
from fastmlp.inputs.schema import Schema
from fastmlp.kernels.images import rasterize
from fastmlp.system.files import replacing, write_text
from fastmlp.system.input_files import file_size
from fastmlp.system.places import user_cache
from fastmlp.system.unused import note_use, remove_unused

N_TRAIN, N_TEST = 60_000, 10_000
STREAMS = {"train": 0, "test": 1}
"""Number of each stream in the seed; no digit of one stream appears in the other."""

CHUNK = 1000
"""Digits drawn from one random generator. Each chunk has its own, so the first n digits are the same for every n."""

MOST_DIGITS = 10_000_000
"""Most digits that one call draws; they take 8 GB."""

SOURCES = (__file__, handwriting.__file__, strokes.__file__, rasterize.__file__)
"""Files of the code on which the digits depend."""

FILES = ("train-X.npy", "train-y.npy", "test-X.npy", "test-y.npy")
"""Names of the files in the cache."""

SUMS = "SHA256SUMS"
"""Name of the file of checksums. It is written last, so a cache that lacks it is incomplete."""

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]


def draw_digits(n: int, seed: int = 0, stream: str = "train") -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw digits that look handwritten, light on dark, placed as in MNIST.

    Parameters
    ----------
    n : int
        Number of digits, from 0 to 10,000,000. Each takes 30 microseconds.
    seed : int
        At least 0. The same seed and stream give the same digits, and the first n digits are the same for every n.
    stream : {"train", "test"}
        One of the two disjoint random streams of a seed.

    Returns
    -------
    X : (n, 784) uint8
        Images of 28 x 28 pixels, row by row; 0 is paper, 255 is ink.
    y : (n,) int64
        The digits, 0 to 9, in random order; 100 of each in every 1000.

    Raises
    ------
    InputError
        `n` or `seed` is not such a number, or `stream` is unknown.
    """
    if stream not in STREAMS:
        raise unknown_name("stream of drawn digits", stream, STREAMS)
    n = _integer("the number of digits to draw", n, MOST_DIGITS)
    seed = _integer("the seed of the drawn digits", seed, None)
    X = np.empty((n, SIDE * SIDE), np.uint8)
    y = np.empty(n, np.int64)
    images = np.empty((CHUNK, SIDE * SIDE), np.uint8)
    shapes = strokes.build_shapes()
    for first in range(0, n, CHUNK):
        rng = np.random.default_rng((seed, STREAMS[stream], first // CHUNK))
        digits = rng.permutation(np.arange(CHUNK) % 10)
        ink = handwriting.write(shapes, digits, rng)
        rasterize.rasterize(ink.points, ink.radii, ink.pen_down, ink.edges, SIDE, images)
        X[first : first + CHUNK] = images[: n - first]
        y[first : first + CHUNK] = digits[: n - first]
    return X, y


def load_drawn() -> Dataset:
    """Return the built-in data set: 60,000 + 10,000 drawn digits, about as hard to classify as MNIST's.

    The first call draws the digits from seed 0 in about 3 seconds and stores them in the user's cache folder. Later
    calls map the files from there. A damaged cache is replaced. If the cache can't be written, every call draws.
    """
    folder = cache_folder()
    arrays = _load(folder)
    if arrays is None:
        arrays = (*draw_digits(N_TRAIN, stream="train"), *draw_digits(N_TEST, stream="test"))
        _save(folder, arrays)
    return Dataset(
        name="drawn",
        train=Split(arrays[0], arrays[1]),
        test=Split(arrays[2], arrays[3]),
        classes=tuple("0123456789"),
        image_shape=(SIDE, SIDE),
        schema=Schema(scale="pixels", low=0.0, high=255.0, image_shape=(SIDE, SIDE)),
    )


def _integer(what: str, value: object, most: int | None) -> int:
    """Return `value` as an int from 0 to `most`, or raise InputError."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if number < 0 or (most is not None and number > most):
        limit = "0 or more" if most is None else f"0 to {most:,}"
        raise InputError(f"{shown(value)} can't be {what}: give a whole number, {limit}.")
    return number


def cache_folder() -> Path | None:
    """Return the folder of the stored digits, or None if there is no cache.

    Its name is a hash of the code, so that changed code draws new digits.
    """
    cache = user_cache()
    digest = hashlib.sha256(np.__version__.encode())
    for source in SOURCES:
        digest.update(Path(source).read_bytes())
    return cache / f"drawn-{digest.hexdigest()[:12]}" if cache else None


def _load(folder: Path | None) -> Arrays | None:
    """Return the arrays stored in `folder`, mapped copy-on-write, or None if a file is missing or damaged."""
    if folder is None:
        return None
    note_use(folder)
    try:
        if any(file_size(folder / name) is None for name in (SUMS, *FILES)):
            return None
        if (folder / SUMS).read_text() != _sums(folder):
            return None
        a, b, c, d = (map_npy(folder / name) for name in FILES)
    except (OSError, ValueError):  # InputError is one, too
        return None
    return (a, b, c, d) if _is_split(a, b, N_TRAIN) and _is_split(c, d, N_TEST) else None


def _is_split(X: NDArray[Any], y: NDArray[Any], n: int) -> bool:
    """Tell whether these arrays can be `n` digits and their labels."""
    return X.shape == (n, SIDE * SIDE) and y.shape == (n,) and X.dtype == np.uint8 and y.dtype == np.int64


def _save(folder: Path | None, arrays: Sequence[NDArray[Any]]) -> None:
    """Write the arrays to `folder`, then their checksums; give up silently if the folder can't be written.

    Digits of other code that nobody has used for a month are removed.
    """
    if folder is None:
        return
    remove_unused(folder.parent, "drawn-[0-9a-f]{12}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in zip(FILES, arrays, strict=True):
            with replacing(folder / name) as temporary:
                np.save(temporary, array)
        write_text(folder / SUMS, _sums(folder))
    except OSError:
        return


def _sums(folder: Path) -> str:
    """Return the checksum of each file, in the format of the program `sha256sum`."""
    lines = []
    for name in FILES:
        with (folder / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return "".join(lines)
