"""The augmented training set of each epoch, made beside the training of the one before where a core is free.

Where all cores train, its threads make it together before the epoch. Which of them made a sample does not matter: it
depends on the seed, the epoch and its own number alone. Called by Trainer; imports Augmentation, packing and shares.
"""

import copy
import functools
import itertools
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.augmentation import Augmentation, Draw
from fastmlp.machine import cores, memory
from fastmlp.packing import ROWS_LOOKED_AT, Packed, columns_dtype, pack_if_sparse
from fastmlp.shares import share_out
from fastmlp.team import Team

ROWS_AT_A_TIME = 1000
"""Images made in one kernel call: one or two milliseconds."""
CALL_SECONDS = 0.1
"""Time after which threads that make images together come back, so that Ctrl-C is heard."""
MOST_NONZERO = 0.3
"""Share of non-zero pixels up to which samples are packed: bilinear means leave fewer zeros, MNIST's 0.19 become 0.25.
Skipping them is 1.1 times as fast or more at 0.3, between the shares measured in `packing`."""
SHARE_OF_MEMORY = 1 / 2
"""Of the machine's, that packed samples may take if no pixel is zero. Pages that are never written take none."""


class AugmentedSamples:
    """The training set of each epoch of a fit, as the kernels take it.

    Parameters
    ----------
    augmentation : Augmentation
    X : (n, n_in) uint8, float32 or float64, C-contiguous, or Packed
        The images. Packed ones can be shifted by whole pixels only.
    W : (n_in, n_out)
        The first layer's weights, for their shape and dtype.
    batch_size : int
    seed : int
    last_epoch : int
        No epoch after this one will be asked for.
    candidates : tuple of int
        Numbers of threads that may train.
    may_pack : bool
        Whether zeros may be skipped.

    Attributes
    ----------
    inputs : dict
        The inputs for each number of threads, before the first epoch without contents.
    is_packed : bool
        Whether the epochs' inputs are PackedSamples.
    """

    def __init__(
        self,
        augmentation: Augmentation,
        X: NDArray[Any] | Packed,
        W: NDArray[Any],
        batch_size: int,
        seed: int,
        last_epoch: int,
        candidates: tuple[int, ...],
        may_pack: bool = True,
    ) -> None:
        self._store = _new_store(augmentation, X, W, batch_size, seed, candidates, may_pack)
        self.is_packed = isinstance(self._store, _PackedStore)
        self._draw = functools.partial(augmentation.draw, self._store.shape, seed)
        self._last_epoch, self._threads = last_epoch, max(candidates)
        self._spare: _Store | None = None
        self._next = _Making(1, self._draw, self._store)
        self._next.make(_Part(0, 0, 0), 0)  # compiles, or loads from the cache
        self.inputs = self._store.finished([])
        self._lock, self._may_work, self._closing = threading.Lock(), threading.Event(), False
        self._worker: threading.Thread | None = None

    def epoch(self, number: int, team: Team) -> dict[int, Any]:
        """Return the inputs of an epoch for each number of threads, made by the team as far as they are not made yet.

        Those of the epoch before are overwritten.
        """
        self._may_work.clear()
        with self._lock:
            making = self._next
            if making.epoch != number:
                making = _Making(number, self._draw, making.store)
            making.make_the_rest(team, self._threads)
            if making.store is self._spare:
                self._store, self._spare = self._spare, self._store
            self._next = _Making(number + 1, self._draw, self._spare or self._store)
        return self._store.finished(making.parts)

    def make_beside(self, threads: int) -> None:
        """Let the next epoch be made while so many threads train, if that leaves a core free."""
        if cores() <= threads or self._next.epoch > self._last_epoch:
            self._may_work.clear()
            return
        if self._worker is None:
            self._next.store = self._spare = self._store.another()
            self._worker = threading.Thread(target=self._work, name="fastmlp-augmentation", daemon=True)
            self._worker.start()
        self._may_work.set()

    def close(self) -> None:
        """End the thread that makes samples."""
        with self._lock:  # or the worker might clear what is set here
            self._closing = True
            self._may_work.set()
        if self._worker is not None:
            self._worker.join()

    def _work(self) -> None:
        while self._may_work.wait():
            with self._lock:
                if self._closing:
                    return
                part = self._next.parts[0]
                if part.made == part.end:
                    self._may_work.clear()
                elif self._may_work.is_set():
                    self._next.make(part, 0)


class _Part:
    """Samples in a row that one thread makes: `made` is the next one, and `place` where it is put."""

    def __init__(self, first: int, end: int, place: int) -> None:
        self.first, self.end, self.start = first, end, place
        self.made, self.place = first, place


class _Making:
    """An epoch's samples on their way."""

    def __init__(self, epoch: int, draw: Callable[[int], Draw], store: "_Store") -> None:
        self.epoch, self.store = epoch, store
        self.parts = [_Part(0, store.n, 0)]
        self._draw = draw

    @functools.cached_property
    def draw(self) -> Draw:
        """What the epoch's images have in common; drawn by whichever thread begins."""
        return self._draw(self.epoch)

    def make(self, part: _Part, thread: int) -> None:
        """Make the next samples of a part."""
        end = min(part.made + ROWS_AT_A_TIME, part.end)
        part.place = self.store.make(self.draw, part.made, end, part.place, thread)
        part.made = end

    def make_the_rest(self, team: Team, threads: int) -> None:
        """Make what is left, all threads together."""
        begun = self.parts[0]
        if begun.made == begun.end:
            return
        bounds = np.linspace(begun.made, begun.end, threads + 1).astype(int).tolist()
        begun.end = bounds[1]
        self.parts += [_Part(first, end, self.store.place(first)) for first, end in itertools.pairwise(bounds[1:])]
        _ = self.draw  # before the threads ask for it
        while any(part.made < part.end for part in self.parts):
            until = time.perf_counter() + CALL_SECONDS
            team.call(functools.partial(self._make_until, until), threads)

    def _make_until(self, until: float, thread: int) -> int:
        part = self.parts[thread]
        while part.made < part.end and time.perf_counter() < until:
            self.make(part, thread)
        return 0


class _Store:
    """Room for an epoch's samples, dense."""

    def __init__(self, X: NDArray[Any] | Packed, shape: tuple[int, int], candidates: tuple[int, ...]) -> None:
        self.X, self.shape, self.n, self.candidates = X, shape, len(X), candidates
        dtype = (X.values if isinstance(X, Packed) else X).dtype
        self.scratch = [kernels.new_augmentation_scratch(*shape, dtype) for _ in range(max(candidates))]
        self._allocate()

    def _allocate(self) -> None:
        self.images = np.empty_like(self.X)

    def another(self) -> Self:
        """Return another store of the kind."""
        store = copy.copy(self)
        store._allocate()
        return store

    def place(self, first: int) -> int:
        """Return where sample `first` can be put while those before it are not made."""
        return 0

    def make(self, draw: Draw, first: int, end: int, place: int, thread: int) -> int:
        """Make samples `first` to `end` - 1, put them at `place`; return the place behind them."""
        kernels.augment_images(self.X, self.shape, first, *draw, self.scratch[thread], self.images[first:end])
        return 0

    def finished(self, parts: Sequence[_Part]) -> dict[int, Any]:
        """Return all samples as the kernels take them, for each number of threads."""
        return dict.fromkeys(self.candidates, self.images)


class _PackedStore(_Store):
    """Room for an epoch's samples, packed: each thread packs its own where there is room for any, then they move up."""

    def __init__(
        self,
        X: NDArray[Any] | Packed,
        shape: tuple[int, int],
        candidates: tuple[int, ...],
        some: Packed,
        W: NDArray[Any],
        batch_size: int,
    ) -> None:
        self.shared = {
            threads: _with_room(share_out(*some, W, batch_size, threads), batch_size) for threads in candidates
        }
        self.values_dtype = some.values.dtype
        super().__init__(X, shape, candidates)

    def _allocate(self) -> None:
        n_in = math.prod(self.shape)
        room = (len(self.X.values) if isinstance(self.X, Packed) else self.X.size) + 1
        self.starts = np.zeros(self.n + 1, np.int64)
        self.columns, self.values = np.empty(room, columns_dtype(n_in)), np.empty(room, self.values_dtype)
        self.splits = {threads: np.empty((self.n, threads + 1), np.int64) for threads in self.candidates}

    def place(self, first: int) -> int:
        """Return where sample `first` can be put while those before it are not made."""
        return int(self.X.starts[first]) if isinstance(self.X, Packed) else first * math.prod(self.shape)

    def make(self, draw: Draw, first: int, end: int, place: int, thread: int) -> int:
        """Make samples `first` to `end` - 1, put them at `place`; return the place behind them."""
        ends, scratch = self.starts[first + 1 : end + 1], self.scratch[thread]
        target = (ends, self.columns, self.values)
        if isinstance(self.X, Packed):
            behind = kernels.shift_packed(*self.X, self.shape, first, draw.key, draw.reach, scratch.x, place, *target)
        else:
            behind = kernels.augment_and_pack(self.X, self.shape, first, *draw, scratch, place, *target)
        starts = np.concatenate(([place], ends))
        for threads, splits in self.splits.items():
            kernels.split_rows(starts, self.columns, self.shared[threads].bounds, splits[first:end])
        return int(behind)

    def finished(self, parts: Sequence[_Part]) -> dict[int, Any]:
        """Return all samples as the kernels take them, for each number of threads."""
        target = 0
        for part in parts:
            n = part.place - part.start
            if part.start > target:
                for numbers in (self.columns, self.values):
                    numbers[target : target + n] = numbers[part.start : part.place]
                for places in (self.starts[1:], *self.splits.values()):
                    places[part.first : part.end] -= part.start - target
            target += n
        packed = {"starts": self.starts, "columns": self.columns, "values": self.values}
        return {
            threads: self.shared[threads]._replace(**packed, splits=self.splits[threads]) for threads in self.candidates
        }


def _with_room(samples: kernels.PackedSamples, batch_size: int) -> kernels.PackedSamples:
    """Return `samples` with room for a batch's transpose where each input is not zero in any sample."""
    n_in = len(samples.column_starts)
    rows, values = (np.empty(n_in * batch_size + 1, a.dtype) for a in (samples.batch_rows, samples.batch_values))
    return samples._replace(column_starts=np.arange(n_in) * batch_size, batch_rows=rows, batch_values=values)


def _new_store(
    augmentation: Augmentation,
    X: NDArray[Any] | Packed,
    W: NDArray[Any],
    batch_size: int,
    seed: int,
    candidates: tuple[int, ...],
    may_pack: bool,
) -> _Store:
    """Return room for the samples, packed if skipping zeros is faster; see AugmentedSamples."""
    shape = augmentation.image_shape(len(W))
    if isinstance(X, Packed):
        return _PackedStore(X, shape, candidates, X, W, batch_size)
    some = augmentation.images(X[:: -(-len(X) // ROWS_LOOKED_AT)], seed)
    packed = pack_if_sparse(some, W.shape[1], MOST_NONZERO) if may_pack else None
    if packed is None or X.size * (X.itemsize + columns_dtype(len(W)).itemsize) > SHARE_OF_MEMORY * memory():
        return _Store(X, shape, candidates)
    source = pack_if_sparse(X, W.shape[1], MOST_NONZERO) if augmentation.is_whole_shift else None
    return _PackedStore(source or X, shape, candidates, packed, W, batch_size)
