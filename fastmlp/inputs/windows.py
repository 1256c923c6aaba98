"""Windows of samples on the disk: each is read while the one before it is trained on."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.inputs.augmentation import Augmentation
from fastmlp.inputs.block_shuffle import sizes_for, spans_of_windows
from fastmlp.inputs.disk_samples import DiskSamples
from fastmlp.inputs.targets import Targets, some_targets
from fastmlp.inputs.training_data import TrainingData
from fastmlp.kernels.images.augment import augment_images
from fastmlp.kernels.images.warp import COUNTERS, Distortion, new_augmentation_scratch
from fastmlp.kernels.rng import GOLDEN
from fastmlp.system.helper import Answer, Answers, Helper, NoThreadError

FAR_APART = 4
"""Blocks that the samples of one may reach over, because others between them are held out."""


class Window(NamedTuple):
    """Some samples of an epoch, and the order of training on them.

    Attributes
    ----------
    X : (n, n_in) uint8 or the network's dtype; or a dict of what the kernel takes, by the number of threads
    y : (n,) int64, or (n, n_out)
    sample_weights : (n,) or None
    order : (m,) int64
    """

    X: NDArray[Any] | dict[int, Any]
    y: Targets
    sample_weights: NDArray[Any] | None
    order: NDArray[np.int64]


class WindowReader:
    """Reads the windows of each epoch of a fit, each while the one before it is trained on.

    Parameters
    ----------
    data : TrainingData
        Its X are DiskSamples.
    batch_size : int
    seed : int
    augmentation : Augmentation
    shuffle : bool
        Whether the samples of each epoch are shuffled.

    Attributes
    ----------
    empty : Window
        A window without samples.
    """

    def __init__(
        self, data: TrainingData, batch_size: int, seed: int, augmentation: Augmentation, shuffle: bool = True
    ) -> None:
        assert isinstance(data.X, DiskSamples)
        X, rows = data.X, data.rows
        self._X, self._data, self._seed, self._shuffle = X, data, seed, shuffle
        self._sizes = sizes_for(X, len(rows), batch_size)
        self._augment = _Augment(augmentation, X, seed) if augmentation.is_on else None
        n = min(self._sizes.samples, self._sizes.window)
        self._buffers = [np.empty((n, X.shape[1]), X.dtype) for _ in range(2 if n < len(rows) else 1)]
        self._closing = threading.Event()
        self._file = X.stored.open()
        self._helper = _helper()
        X.read(self._file, 0, self._buffers[0][:0])  # compiles the search for NaN, or loads it from the cache
        none = np.empty(0, np.int64)
        self.empty = self._window(self._buffers[0][:0], none, none)

    def epoch(self, number: int) -> Iterator[Window]:
        """Yield the windows of an epoch; a window is overwritten after the next one.

        Raises
        ------
        InputError
            The file can't be read, or a value is NaN or infinite.
        """
        rng = np.random.default_rng((self._seed, number)) if self._shuffle else None
        if self._augment:
            self._augment.begin(number)
        reads = (self._read(k, spans, rng) for k, spans in enumerate(spans_of_windows(self._sizes, rng)))
        coming = next(reads)
        for following in reads:
            yield coming()
            coming = following
        yield coming()

    def close(self) -> None:
        """End the thread that reads, after the piece that it is reading."""
        self._closing.set()
        if self._helper is not None:
            answers: Answers[Answer] = Answers()
            try:
                self._helper.asking(int, answers)()
                answers.get()  # it has read what it was asked for
            finally:
                self._helper.end()
        self._file.close()

    def _read(self, k: int, spans: NDArray[np.int64], rng: np.random.Generator | None) -> Callable[[], Window]:
        """Begin to read window `k` of an epoch; return a function that waits for it and returns it."""
        numbers = np.concatenate([self._numbers(first, stop) for first, stop in spans.tolist()])
        X = self._buffers[k % len(self._buffers)][: len(numbers)]
        order = np.arange(len(numbers)) if rng is None else rng.permutation(len(numbers))
        fill = partial(self._fill, X, spans, numbers, order)
        if self._helper is None:
            return partial(_same, fill())
        answers: Answers[Answer] = Answers()
        self._helper.asking(fill, answers)()
        return partial(_answer, answers)

    def _fill(
        self, X: NDArray[Any], spans: NDArray[np.int64], numbers: NDArray[np.int64], order: NDArray[np.int64]
    ) -> Window:
        ends = np.cumsum(spans[:, 1] - spans[:, 0])[:-1]
        blocks = np.split(numbers, ends)
        for block in blocks:
            if not self._is_scattered(block):
                self._X.stored.announce(self._file, int(block[0]), int(block[-1]) + 1)
        for out, block in zip(np.split(X, ends), blocks, strict=True):
            if self._closing.is_set():
                break
            self._fill_block(out, block)
        return self._window(X, numbers, order)

    def _is_scattered(self, numbers: NDArray[np.int64]) -> bool:
        """Return whether it is not worthwhile to read these samples with all that are between them."""
        return len(numbers) > 1 and bool(numbers[-1] - numbers[0] >= FAR_APART * self._sizes.block)

    def _fill_block(self, out: NDArray[Any], numbers: NDArray[np.int64]) -> None:
        """Read the samples with these numbers, rising, into `out`."""
        n, start, stop = len(numbers), int(numbers[0]), int(numbers[-1]) + 1
        if self._is_scattered(numbers):
            self._fill_block(out[: n // 2], numbers[: n // 2])
            self._fill_block(out[n // 2 :], numbers[n // 2 :])
            return
        is_plain = self._augment is None and n == stop - start
        samples = out if is_plain else np.empty((stop - start, out.shape[1]), out.dtype)
        self._X.read(self._file, start, samples)
        if self._augment:
            samples = self._augment.images(samples, start)
        if not is_plain:
            out[:] = samples[numbers - start]

    def _numbers(self, first: int, stop: int) -> NDArray[np.int64]:
        """Return the numbers of the samples that stand there in `rows`."""
        rows = self._data.rows
        return np.arange(first, stop) if isinstance(rows, range) else rows[first:stop]

    def _window(self, X: NDArray[Any], numbers: NDArray[np.int64], order: NDArray[np.int64]) -> Window:
        y, weights = some_targets(self._data.y, numbers), self._data.sample_weights
        return Window(X, y, None if weights is None else weights[numbers], order)


def _helper() -> Helper | None:
    """Return a thread that reads, or None if the system starts no more threads."""
    try:
        return Helper()
    except NoThreadError:
        return None


def _same(window: Window) -> Window:
    return window


def _answer(answers: "Answers[Answer]") -> Window:
    """Wait for a window, or raise what went wrong in reading it."""
    window, error = answers.get()
    if error is not None:
        raise error
    assert isinstance(window, Window)
    return window


class _Augment:
    """The augmentation of samples as they are read: each becomes the image that it would become in memory."""

    def __init__(self, augmentation: Augmentation, X: DiskSamples, seed: int) -> None:
        self._shape = augmentation.image_shape(X.shape[1])
        self._scratch = new_augmentation_scratch(*self._shape, X.dtype)
        self._augmentation, self._seed = augmentation, seed
        self.begin(1)
        self.images(np.empty((0, X.shape[1]), X.dtype), 0)  # compiles the kernel, or loads it from the cache

    def begin(self, epoch: int) -> None:
        """Go over to the images of another epoch."""
        self._distortion = self._augmentation.distortion(self._shape, self._seed, epoch)

    def images(self, samples: NDArray[Any], first: int) -> NDArray[Any]:
        """Return images of samples, the first of which has this number."""
        new = np.empty_like(samples)
        augment_images(samples, self._shape, 0, _from_sample(self._distortion, first), self._scratch, new)
        return new


def _from_sample(distortion: Distortion, first: int) -> Distortion:
    """Return the distortion whose sample 0 is changed as sample `first` of the given one: a stream begun later on."""
    key = (int(distortion.key) + first * COUNTERS * int(GOLDEN)) % (1 << 64)
    return distortion._replace(key=np.uint64(key))
