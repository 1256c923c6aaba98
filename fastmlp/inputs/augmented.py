"""The augmented training set of each epoch, made beside the training of the epoch before if a core is free.

If all cores train, the training threads make it together before the epoch. A sample depends on the seed, the epoch and
its own number alone, so it does not matter which thread made it.
"""

import copy
import functools
import itertools
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.inputs.augmentation import Augmentation
from fastmlp.inputs.packed import ROWS_SAMPLED, FirstLayer, Packed, columns_dtype, for_threads, pack_if_sparse
from fastmlp.kernels.images.augment import PackedOutput, augment_and_pack, augment_images, shift_packed
from fastmlp.kernels.images.warp import Distortion, new_augmentation_scratch
from fastmlp.kernels.sparse import split_rows
from fastmlp.system.helper import Answer, Answers, Helper, NoThreadError
from fastmlp.system.machine import cores, memory
from fastmlp.system.threads import Team

ROWS_AT_A_TIME = 1000
"""Images made in one kernel call: one or two milliseconds."""
CALL_SECONDS = 0.1
"""Time after which threads that make images together return, so that Ctrl-C is heard."""
MOST_NONZERO = 0.3
"""Fraction of non-zero pixels up to which samples are packed: bilinear means leave fewer zeros, MNIST's 0.19 become
0.25. Skipping them is at least 1.1 times as fast at 0.3, between the fractions measured in `packed`."""
MEMORY_FRACTION = 1 / 2
"""Fraction of the machine's memory that packed samples may take if no pixel is zero. Unwritten pages take none."""


class AugmentedSamples:
    """The training set of each epoch of a fit, as the kernels take it.

    Parameters
    ----------
    augmentation : Augmentation
    X : (n, n_in) uint8, float32 or float64, C-contiguous, or Packed
        The images. Packed ones can only be shifted by whole pixels.
    layer : FirstLayer
    seed : int
    last_epoch : int
        The last epoch that will be asked for.
    candidates : tuple of int
        Numbers of threads that may train.
    may_pack : bool
        Whether zeros may be skipped.

    Attributes
    ----------
    inputs : dict
        The inputs for each number of threads; without contents before the first epoch.
    """

    def __init__(
        self,
        augmentation: Augmentation,
        X: NDArray[Any] | Packed,
        layer: FirstLayer,
        seed: int,
        last_epoch: int,
        candidates: tuple[int, ...],
        may_pack: bool = True,
    ) -> None:
        self._buffer = _new_buffer(augmentation, X, layer, seed, candidates, may_pack)
        self._distort = functools.partial(augmentation.distortion, self._buffer.shape, seed)
        self._last_epoch, self._threads = last_epoch, max(candidates)
        self._spare: _Buffer | None = None
        self._next = _Epoch(1, self._distort, self._buffer)
        self._next.make(_Segment(0, 0, 0), 0)  # compiles the kernels, or loads them from the cache
        self.inputs = self._buffer.finished([])
        self._helper: Helper | None = None
        self._permit: list[bool] = []  # the helper works while there is something in it

    def epoch(self, number: int, team: Team) -> dict[int, Any]:
        """Return the inputs of an epoch for each number of threads; the team makes those that are still missing.

        The inputs of the epoch before are overwritten.
        """
        self._stop_helper()
        epoch = self._next
        if epoch.number != number:
            epoch = _Epoch(number, self._distort, epoch.buffer)
        epoch.make_the_rest(team, self._threads)
        if epoch.buffer is self._spare:
            self._buffer, self._spare = self._spare, self._buffer
        self._next = _Epoch(number + 1, self._distort, self._spare or self._buffer)
        return self._buffer.finished(epoch.segments)

    def make_beside(self, threads: int) -> None:
        """Let the next epoch be made while so many threads train, if that leaves a core free."""
        if cores() <= threads or self._next.number > self._last_epoch:
            self._permit.clear()
            return
        if self._helper is None:
            try:
                self._helper = Helper()
            except NoThreadError:  # the team makes all samples
                self._last_epoch = 0
                return
            self._next.buffer = self._spare = self._buffer.another()
        if not self._permit:
            self._permit.append(True)
            self._helper.asking(functools.partial(self._next.make_while, self._permit), Answers())()

    def close(self) -> None:
        """End the thread that makes samples."""
        self._stop_helper()
        if self._helper is not None:
            self._helper.end()

    def _stop_helper(self) -> None:
        """Let the helper end what it is doing, a call of a millisecond or two, and wait for that."""
        self._permit.clear()
        if self._helper is not None:
            answers: Answers[Answer] = Answers()
            self._helper.asking(int, answers)()
            answers.get()


class _Segment:
    """Consecutive samples that one thread makes: `made` is the next one, and `place` where it is put."""

    def __init__(self, first: int, end: int, place: int) -> None:
        self.first, self.end, self.start = first, end, place
        self.made, self.place = first, place


class _Epoch:
    """The samples of an epoch while they are made."""

    def __init__(self, number: int, distort: Callable[[int], Distortion], buffer: "_Buffer") -> None:
        self.number, self.buffer = number, buffer
        self.segments = [_Segment(0, buffer.n, 0)]
        self._distort = distort

    @functools.cached_property
    def distortion(self) -> Distortion:
        """The random changes that the epoch's images have in common; computed by whichever thread begins."""
        return self._distort(self.number)

    def make(self, segment: _Segment, thread: int) -> None:
        """Make the next samples of a segment."""
        end = min(segment.made + ROWS_AT_A_TIME, segment.end)
        segment.place = self.buffer.make(self.distortion, segment.made, end, segment.place, thread)
        segment.made = end

    def make_while(self, permit: list[bool]) -> None:
        """Make samples while there is something in `permit`."""
        segment = self.segments[0]
        while permit and segment.made < segment.end:
            self.make(segment, 0)

    def make_the_rest(self, team: Team, threads: int) -> None:
        """Make the missing samples, all threads together."""
        begun = self.segments[0]
        if begun.made == begun.end:
            return
        bounds = np.linspace(begun.made, begun.end, threads + 1).astype(int).tolist()
        begun.end = bounds[1]
        rest = itertools.pairwise(bounds[1:])
        self.segments += [_Segment(first, end, self.buffer.place(first)) for first, end in rest]
        _ = self.distortion  # before the threads ask for it
        while any(segment.made < segment.end for segment in self.segments):
            until = time.perf_counter() + CALL_SECONDS
            team.call(functools.partial(self._make_until, until), threads)

    def _make_until(self, until: float, worker: kernels.Worker) -> None:
        segment = self.segments[worker.thread]
        while segment.made < segment.end and time.perf_counter() < until:
            self.make(segment, worker.thread)


class _Buffer:
    """Room for the samples of an epoch, dense."""

    def __init__(self, X: NDArray[Any] | Packed, shape: tuple[int, int], candidates: tuple[int, ...]) -> None:
        self.X, self.shape, self.n, self.candidates = X, shape, len(X), candidates
        dtype = (X.values if isinstance(X, Packed) else X).dtype
        self.scratch = [new_augmentation_scratch(*shape, dtype) for _ in range(max(candidates))]
        self.allocate()

    def allocate(self) -> None:
        """Allocate the room itself."""
        self.images = np.empty_like(self.X)

    def another(self) -> Self:
        """Return another buffer of the same kind."""
        buffer = copy.copy(self)
        buffer.allocate()
        return buffer

    def place(self, first: int) -> int:
        """Return where sample `first` can be put while those before it are not made."""
        return 0

    def make(self, distortion: Distortion, first: int, end: int, place: int, thread: int) -> int:
        """Make samples `first` to `end` - 1, put them at `place`; return the place behind them."""
        augment_images(self.X, self.shape, first, distortion, self.scratch[thread], self.images[first:end])
        return 0

    def finished(self, segments: Sequence[_Segment]) -> dict[int, Any]:
        """Return all samples as the kernels take them, for each number of threads."""
        return dict.fromkeys(self.candidates, self.images)


class _PackedBuffer(_Buffer):
    """Room for the samples of an epoch, packed: each thread packs its own where there is room, then they move up."""

    def __init__(
        self,
        X: NDArray[Any] | Packed,
        shape: tuple[int, int],
        candidates: tuple[int, ...],
        some: Packed,
        layer: FirstLayer,
    ) -> None:
        self.shared = {
            threads: _with_room(for_threads(some, layer, threads), layer.batch_size) for threads in candidates
        }
        self.values_dtype = some.values.dtype
        super().__init__(X, shape, candidates)

    def allocate(self) -> None:
        """Allocate the room itself."""
        n_in = math.prod(self.shape)
        room = (len(self.X.values) if isinstance(self.X, Packed) else self.X.size) + 1
        self.starts = np.zeros(self.n + 1, np.int64)
        self.columns, self.values = np.empty(room, columns_dtype(n_in)), np.empty(room, self.values_dtype)
        self.splits = {threads: np.empty((self.n, threads + 1), np.int64) for threads in self.candidates}

    def place(self, first: int) -> int:
        """Return where sample `first` can be put while those before it are not made."""
        return int(self.X.starts[first]) if isinstance(self.X, Packed) else first * math.prod(self.shape)

    def make(self, distortion: Distortion, first: int, end: int, place: int, thread: int) -> int:
        """Make samples `first` to `end` - 1, put them at `place`; return the place behind them."""
        scratch, out = self.scratch[thread], PackedOutput(self.starts[first + 1 : end + 1], self.columns, self.values)
        if isinstance(self.X, Packed):
            behind = shift_packed(self.X, self.shape, first, distortion, scratch.x, place, out)
        else:
            behind = augment_and_pack(self.X, self.shape, first, distortion, scratch, place, out)
        starts = np.concatenate(([place], out.ends))
        for threads, splits in self.splits.items():
            split_rows(starts, self.columns, self.shared[threads].bounds, splits[first:end])
        return int(behind)

    def finished(self, segments: Sequence[_Segment]) -> dict[int, Any]:
        """Return all samples as the kernels take them, for each number of threads."""
        target = 0
        for segment in segments:
            n = segment.place - segment.start
            if segment.start > target:
                for numbers in (self.columns, self.values):
                    numbers[target : target + n] = numbers[segment.start : segment.place]
                for places in (self.starts[1:], *self.splits.values()):
                    places[segment.first : segment.end] -= segment.start - target
            target += n
        packed = {"starts": self.starts, "columns": self.columns, "values": self.values}
        return {
            threads: self.shared[threads]._replace(**packed, splits=self.splits[threads]) for threads in self.candidates
        }


def _with_room(samples: kernels.PackedSamples, batch_size: int) -> kernels.PackedSamples:
    """Return `samples` with room for a batch's transpose even if no input is zero in any sample, if it needs one."""
    if samples.column_starts is None or samples.batch_rows is None or samples.batch_values is None:
        return samples
    n_in = len(samples.column_starts)
    rows, values = (np.empty(n_in * batch_size + 1, a.dtype) for a in (samples.batch_rows, samples.batch_values))
    return samples._replace(column_starts=np.arange(n_in) * batch_size, batch_rows=rows, batch_values=values)


def _new_buffer(
    augmentation: Augmentation,
    X: NDArray[Any] | Packed,
    layer: FirstLayer,
    seed: int,
    candidates: tuple[int, ...],
    may_pack: bool,
) -> _Buffer:
    """Return room for the samples, packed if skipping zeros is faster; see AugmentedSamples."""
    shape = augmentation.image_shape(layer.n_in)
    if isinstance(X, Packed):
        return _PackedBuffer(X, shape, candidates, X, layer)
    some = augmentation.images(X[:: -(-len(X) // ROWS_SAMPLED)], seed)
    packed = pack_if_sparse(some, layer.n_out, MOST_NONZERO) if may_pack else None
    if packed is None or X.size * (X.itemsize + columns_dtype(layer.n_in).itemsize) > MEMORY_FRACTION * memory():
        return _Buffer(X, shape, candidates)
    source = pack_if_sparse(X, layer.n_out, MOST_NONZERO) if augmentation.is_whole_shift else None
    return _PackedBuffer(source or X, shape, candidates, packed, layer)
