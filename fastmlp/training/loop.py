"""TrainingLoop: the epochs of one fit, each trained in slices of a tenth of a second, so that Ctrl-C is heard.

Where epochs take less than a millisecond and nobody needs to hear of each, one call of the kernel trains several.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.errors import DivergedError, InputError
from fastmlp.inputs.augmented import AugmentedSamples
from fastmlp.inputs.disk_samples import DiskSamples
from fastmlp.inputs.packed import FirstLayer, Packed, for_threads, pack_if_sparse
from fastmlp.inputs.windows import Window, WindowReader
from fastmlp.kernels.epochs import train
from fastmlp.kernels.layout import scratch_size
from fastmlp.system.machine import aligned_empty
from fastmlp.system.threads import Team
from fastmlp.training.fit import Fit
from fastmlp.training.history import Epoch
from fastmlp.training.schedules import Constant, epoch_factors, must_wait
from fastmlp.training.state import Snapshot
from fastmlp.training.thread_choice import ThreadChoice

SLICE_SECONDS = 0.1
"""Time in one kernel call: Ctrl-C and callbacks wait no longer, but for a single batch that takes longer."""
FIRST_SLICE_FLOP = 1e8
"""Work in the first kernel call, when the speed is not known yet."""
MOST_TOGETHER, MOST_WITH_THREADS, MOST_BATCHES = 64, 8, 10_000
"""Epochs in one kernel call at most; with several threads, which may wait long for each other; and batches in it."""
LEAST_IN_SLICE = 100
"""Epochs that must fit in a slice before any share a call: each takes less than a millisecond then."""
TRIES = 10
"""Attempts to add trained epochs to the history while exceptions arrive from outside."""


class SliceSizer:
    """The number of batches in a slice, for each number of threads, grown until a slice takes SLICE_SECONDS.

    Parameters
    ----------
    candidates : tuple of int
        The numbers of threads.
    batch_flop : float
        Work in a batch.
    most : int
        Most batches in a slice.
    """

    def __init__(self, candidates: tuple[int, ...], batch_flop: float, most: int) -> None:
        self._batches = dict.fromkeys(candidates, max(1, int(FIRST_SLICE_FLOP / batch_flop)))
        self._most = most

    def batches(self, threads: int) -> int:
        """Return how many batches the next slice has."""
        return self._batches[threads]

    def record(self, threads: int, batches: int, seconds: float) -> None:
        """Record how long a slice took: the next one is at most four times as long."""
        wanted = min(4 * self._batches[threads], int(batches * SLICE_SECONDS / max(seconds, 1e-9)))
        self._batches[threads] = min(max(1, wanted), self._most)


class TrainingLoop:
    """The epochs of one fit; a context, which ends its threads.

    Parameters
    ----------
    fit : Fit
    candidates : tuple of int
        Numbers of threads to choose from. If the system can't start as many as the largest, there are fewer, but never
        fewer than the smallest.
    validation_threads : int or None
        Most threads for the validation; None for the default number.

    Raises
    ------
    InputError
        The system can't start the threads.
    """

    def __init__(self, fit: Fit, candidates: tuple[int, ...], validation_threads: int | None = None) -> None:
        self._team = Team(max(candidates), min(candidates))
        candidates = tuple(sorted({min(threads, self._team.threads) for threads in candidates}))
        self._fit, self._candidates, self._validation_threads = fit, candidates, validation_threads
        network, options, rows = fit.network, fit.options, fit.data.rows
        self._batch_size = min(options.batch_size, len(rows))
        self._n_batches = -(-len(rows) // self._batch_size)
        self._together = max(1, min(MOST_TOGETHER, MOST_BATCHES // self._n_batches)) if self._may_share_calls() else 1
        self._factors = np.ones(self._together * self._n_batches)
        self._batch_losses = np.empty(self._together * self._n_batches)
        self._correct = np.empty((self._team.threads, self._together), np.int64)
        self._scratch = aligned_empty(scratch_size(network.layout, self._batch_size), network.dtype)
        self._gradient = aligned_empty(network.n_params, network.dtype)
        dropout_seed = int(np.random.default_rng((options.seed, 0, 2)).integers(2**53))  # epochs use (seed, epoch)
        self._methods = options.methods(fit.data.sample_weights, dropout_seed)
        self._threads = ThreadChoice(candidates)
        most = self._n_batches * (LEAST_IN_SLICE if self._together > 1 else 1)
        self._slices = SliceSizer(candidates, 6 * network.n_params * self._batch_size, most)
        self._augmented: AugmentedSamples | None = None
        self._reader: WindowReader | None = None
        self._inputs: dict[int, Any] = {}
        try:
            self._window = self._prepare_inputs()
            fit.state.begin_epoch()
            self._train_slice(self._window.order, slice(0, 0), 1)  # compiles the kernel, or loads it from the cache
        except BaseException:
            self.close()
            raise

    @property
    def threads(self) -> int:
        """The number of threads that was fastest."""
        return self._threads.fastest

    def run(self) -> None:
        """Train the epochs of the fit that are left; tell its callbacks of each.

        Raises
        ------
        DivergedError
            The loss is not finite; the network has the weights from before that epoch.
        """
        while not self._fit.is_done:
            for record in self.run_epochs():
                self._fit.callbacks.on_epoch_end(record)

    def run_epochs(self) -> list[Epoch]:
        """Train the next epoch, or several short ones; return their records, which are added to the history.

        Raises
        ------
        DivergedError
            The loss is not finite; the network has the weights from before that epoch.
        """
        self._fit.state.begin_epoch()
        threads, left = self._threads.choose(), self._fit.last_epoch - len(self._fit.history)
        epochs = min(self._together, left, MOST_TOGETHER if threads == 1 else MOST_WITH_THREADS)
        if epochs > 1 and self._slices.batches(threads) >= LEAST_IN_SLICE * self._n_batches:
            records = self._run_together(epochs, threads)
            if records:
                return records
            self._together = 1  # one of them diverges: training them one by one finds which
        return [self._run_epoch()]

    def _run_epoch(self) -> Epoch:
        """Train on every sample once and validate; return the record; see run_epochs."""
        fit = self._fit
        self._set_factors(1)
        n_correct, seconds = self._train_epoch(len(fit.history) + 1, fit.callbacks.on_slice_end)
        evaluation: tuple[float | None, ...] = (None, None)
        if fit.data.validation is not None:
            evaluation = fit.network.evaluate_checked(*fit.data.validation, threads=self._validation_threads)
        record = self._record(0, n_correct, seconds, *evaluation)
        fit.history.append(record)
        return record

    def _record(
        self,
        place: int,
        n_correct: int,
        seconds: float,
        validation_loss: float | None = None,
        validation_accuracy: float | None = None,
    ) -> Epoch:
        """Return the record of one of the epochs that were trained last, `place` from 0."""
        fit, n = self._fit, len(self._fit.data.rows)
        batches = slice(place * self._n_batches, (place + 1) * self._n_batches)
        return Epoch(
            epoch=len(fit.history) + place + 1,
            loss=float(self._batch_losses[batches].sum()) / n,
            accuracy=n_correct / n if fit.network.loss != "regression" else None,
            seconds=seconds,
            samples_per_second=n / seconds,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            learning_rate=fit.learning_rate * self._factors[batches.stop - 1].item(),
        )

    def _may_share_calls(self) -> bool:
        """Return whether nobody and nothing comes between the epochs."""
        data, options = self._fit.data, self._fit.options
        if isinstance(data.X, DiskSamples) or options.augmentation.is_on:
            return False
        return data.validation is None and self._fit.callbacks.hears_late and not must_wait(options.schedule)

    def _run_together(self, epochs: int, threads: int) -> list[Epoch]:
        """Train some epochs in one call of the kernel; return their records.

        If one of them diverges, none is trained, and no record is returned. If an exception arrives from outside,
        either all are trained and in the history, or none; if several arrive within some microseconds, all may be
        trained and none in the history.
        """
        fit, first, good = self._fit, len(self._fit.history), self._fit.state.snapshot()
        self._set_factors(epochs)
        batches, last_step = epochs * self._n_batches, fit.state.step + epochs * self._n_batches
        started = time.perf_counter()
        order = np.concatenate([self._order(first + number) for number in range(1, epochs + 1)])
        called = time.perf_counter()
        try:
            self._train_slice(order, slice(0, batches), threads)
            elapsed = time.perf_counter() - called
            records = self._end_together(epochs, good, started)
        except BaseException:
            for _ in range(TRIES):
                if fit.state.step == last_step and len(fit.history) == first:
                    with contextlib.suppress(BaseException):  # one more from outside; the first one is raised
                        self._end_together(epochs, good, started)
            raise
        self._threads.record(threads, len(order), elapsed)
        self._slices.record(threads, batches, elapsed)
        return records

    def _end_together(self, epochs: int, good: Snapshot, started: float) -> list[Epoch]:
        """Add the records of the epochs of one call to the history and return them, or undo the call."""
        seconds, batches = time.perf_counter() - started, epochs * self._n_batches
        if not (np.isfinite(self._batch_losses[:batches]).all() and self._fit.state.is_finite()):
            self._fit.state.roll_back(good)
            return []
        correct = self._correct.sum(axis=0).tolist()
        records = [self._record(place, correct[place], seconds / epochs) for place in range(epochs)]
        self._fit.history.extend(records)
        return records

    def close(self) -> None:
        """End the threads."""
        self._team.close()
        if self._augmented:
            self._augmented.close()
        if self._reader:
            self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _prepare_inputs(self) -> Window:
        """Prepare the samples for the kernel; return none of them, in the form in which epochs have them."""
        options, data = self._fit.options, self._fit.data
        if isinstance(data.X, DiskSamples):
            self._reader = WindowReader(data, self._batch_size, options.seed, options.augmentation, options.shuffle)
            return self._reader.empty
        self._inputs = self._in_memory(data.X)
        return Window(self._inputs, data.y, data.sample_weights, np.empty(0, np.int64))

    def _in_memory(self, X: NDArray[Any] | Packed) -> dict[int, Any]:
        """Return samples in memory as the kernel takes them, for each number of threads."""
        fit, options = self._fit, self._fit.options
        sizes, may_pack = fit.network.sizes, not options.regularization.input_dropout
        layer = FirstLayer(sizes[0], sizes[1], fit.network.dtype, self._batch_size)
        if options.augmentation.is_on:
            last_epoch = fit.last_epoch
            samples = (options.augmentation, X, layer, options.seed, last_epoch, self._candidates, may_pack)
            self._augmented = AugmentedSamples(*samples)
            return self._augmented.inputs
        packed = pack_if_sparse(X, layer.n_out) if may_pack else None
        if packed is None:
            return dict.fromkeys(self._candidates, X)
        return {threads: for_threads(packed, layer, threads) for threads in self._candidates}

    def _set_factors(self, epochs: int) -> None:
        """Compute the factor of the learning rate for each batch of the next epochs."""
        fit, n = self._fit, self._n_batches
        if not isinstance(fit.options.schedule, Constant):
            done, history = len(fit.history) - fit.first, fit.history[fit.first :]
            for place in range(epochs):
                factors = epoch_factors(fit.options.schedule, done + place, fit.length, history)
                self._factors[place * n : (place + 1) * n] = factors

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Return the numbers of the samples in the order of an epoch."""
        if not self._fit.options.shuffle:
            return np.asarray(self._fit.data.rows)
        return np.random.default_rng((self._fit.options.seed, epoch)).permutation(self._fit.data.rows)

    def _train_epoch(self, epoch: int, on_slice_end: Callable[[int, int, int], None]) -> tuple[int, float]:
        """Train on every sample once; return how many were classified correctly, and the seconds.

        Whatever ends the epoch early (Ctrl-C, a time limit, a callback), the network has finite parameters.
        """
        good = self._fit.state.snapshot()
        try:
            return self._train_slices(epoch, good, on_slice_end)
        except BaseException:
            if not self._fit.state.is_finite():
                self._fit.state.roll_back(good)
            raise

    def _train_slices(
        self, epoch: int, good: Snapshot, on_slice_end: Callable[[int, int, int], None]
    ) -> tuple[int, float]:
        """Train an epoch slice by slice; see _train_epoch."""
        n, windows = len(self._fit.data.rows), self._windows(epoch)
        n_correct = start = behind = 0
        seconds = 0.0
        while start < n:
            if start == behind:
                started = time.perf_counter()
                self._window = self._next(windows, good)
                first, behind = behind, behind + len(self._window.order)
                seconds += time.perf_counter() - started
            threads = self._threads.choose()
            stop = min(behind, start + self._slices.batches(threads) * self._batch_size)
            batches = slice(start // self._batch_size, -(-stop // self._batch_size))
            started = time.perf_counter()
            if self._augmented:
                self._augmented.make_beside(threads)
            order = self._window.order[start - first : stop - first]
            n_correct += self._train_slice(order, batches, threads)
            elapsed = time.perf_counter() - started
            self._check_finite(batches, good, epoch)
            self._threads.record(threads, stop - start, elapsed)
            self._slices.record(threads, batches.stop - batches.start, elapsed)
            seconds, start = seconds + elapsed, stop
            on_slice_end(epoch, start, n)
        return n_correct, seconds

    def _windows(self, epoch: int) -> Iterator[Window]:
        """Yield all samples of an epoch: those in memory at once, those on the disk window by window."""
        if self._reader:
            yield from self._reader.epoch(epoch)
            return
        data = self._fit.data
        inputs = self._augmented.epoch(epoch, self._team) if self._augmented else self._inputs
        yield Window(inputs, data.y, data.sample_weights, self._order(epoch))

    def _next(self, windows: Iterator[Window], good: Snapshot) -> Window:
        """Return the next window; if its samples can't be had, the network gets its weights from before the epoch."""
        try:
            return next(windows)
        except InputError:
            self._fit.state.roll_back(good)
            raise

    def _train_slice(self, order: NDArray[np.int64], batches: slice, threads: int) -> int:
        """Train on some batches of the window, in this order; return how many samples were classified correctly.

        What a signal handler raises arrives before the first step, or after the last one and all that belongs to it. If
        a thread can't begin, none trains.
        """
        fit, state, options, window = self._fit, self._fit.state, self._fit.options, self._window
        state.check_writeable()  # a callback may have frozen the network
        rule = kernels.Rule(
            optimizer=options.constants.code,
            rates=fit.learning_rate * self._factors[batches],  # a callback may have changed the rate
            batch_size=self._batch_size,
            decay_1=options.momentum,
            decay_2=options.beta_2,
            epsilon=options.epsilon,
            opt_state=state.opt_state if len(state.opt_state) else None,
            step=state.step,
            methods=self._methods and self._methods._replace(sample_weights=window.sample_weights),
            epoch_size=len(fit.data.rows),
        )
        work = kernels.Work(self._scratch, self._gradient, self._batch_losses[batches], self._correct)
        inputs: Any = window.X
        if isinstance(inputs, dict):
            inputs = inputs.get(threads, inputs[self._candidates[-1]])  # one thread is not always a candidate
        model = fit.network.model._replace(params=state.trained)
        train_slice = functools.partial(train, inputs, window.y, order, model, rule, work)
        first_step, n_batches = state.step, batches.stop - batches.start
        self._batch_losses[batches] = np.nan
        self._correct[:] = 0
        try:
            return sum(self._team.call(train_slice, threads, state.after_steps(first_step + n_batches)))
        except BaseException:
            if np.isnan(self._batch_losses[batches]).all():  # none was trained
                state.step = first_step
            raise

    def _check_finite(self, batches: slice, good: Snapshot, epoch: int) -> None:
        """Raise DivergedError, after rolling back, if losses or parameters are not finite."""
        fit = self._fit
        if not (np.isfinite(self._batch_losses[batches]).all() and fit.state.is_finite()):
            fit.state.roll_back(good)
            rate = fit.learning_rate
            raise DivergedError(
                f"The loss became NaN in epoch {epoch}: the learning rate {rate:g} is probably too high, try "
                f"{rate / 10:g}, or inputs of about 1; the network has the weights from before that epoch."
            )
