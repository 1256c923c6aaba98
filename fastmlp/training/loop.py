"""TrainingLoop: the epochs of one fit, each trained in slices of a tenth of a second, so that Ctrl-C is heard."""

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
from fastmlp.training.schedules import Constant, epoch_factors
from fastmlp.training.state import Snapshot
from fastmlp.training.thread_choice import ThreadChoice

SLICE_SECONDS = 0.1
"""Time in one kernel call: Ctrl-C and callbacks wait no longer, but for a single batch that takes longer."""
FIRST_SLICE_FLOP = 1e8
"""Work in the first kernel call, when the speed is not known yet."""


class SliceSizer:
    """The number of batches in a slice, for each number of threads, grown until a slice takes SLICE_SECONDS."""

    def __init__(self, candidates: tuple[int, ...], batch_flop: float, n_batches: int) -> None:
        self._batches = dict.fromkeys(candidates, max(1, int(FIRST_SLICE_FLOP / batch_flop)))
        self._most = n_batches

    def batches(self, threads: int) -> int:
        """Return how many batches the next slice has."""
        return self._batches[threads]

    def record(self, threads: int, batches: int, seconds: float) -> None:
        """Record how long a slice took: the next one is at most four times as long, and no longer than an epoch."""
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
        n_batches = -(-len(rows) // self._batch_size)
        self._rates = np.full(n_batches, options.learning_rate)
        self._batch_losses = np.empty(n_batches)
        self._scratch = aligned_empty(scratch_size(network.layout, self._batch_size), network.dtype)
        self._gradient = aligned_empty(network.n_params, network.dtype)
        dropout_seed = int(np.random.default_rng((options.seed, 0, 2)).integers(2**53))  # epochs use (seed, epoch)
        self._methods = options.methods(fit.data.sample_weights, dropout_seed)
        self._threads = ThreadChoice(candidates)
        self._slices = SliceSizer(candidates, 6 * network.n_params * self._batch_size, n_batches)
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

    def run_epoch(self, on_slice_end: Callable[[int, int, int], None]) -> Epoch:
        """Train on every sample once and validate; return the epoch's record, which is added to the history.

        Raises
        ------
        DivergedError
            The loss is not finite; the network has the weights from before this epoch.
        """
        fit, n = self._fit, len(self._fit.data.rows)
        self._set_rates()
        fit.state.begin_epoch()
        n_correct, seconds = self._train_epoch(len(fit.history) + 1, on_slice_end)
        evaluation: tuple[float | None, ...] = (None, None)
        if fit.data.validation is not None:
            evaluation = fit.network.evaluate_checked(*fit.data.validation, threads=self._validation_threads)
        record = Epoch(
            epoch=len(fit.history) + 1,
            loss=float(self._batch_losses.sum()) / n,
            accuracy=n_correct / n if fit.network.loss != "regression" else None,
            seconds=seconds,
            samples_per_second=n / seconds,
            validation_loss=evaluation[0],
            validation_accuracy=evaluation[1],
            learning_rate=self._rates[-1].item(),
        )
        fit.history.append(record)
        return record

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
            self._reader = WindowReader(data, self._batch_size, options.seed, options.augmentation)
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

    def _set_rates(self) -> None:
        """Compute the learning rate of each batch of the next epoch."""
        fit = self._fit
        if not isinstance(fit.options.schedule, Constant):
            done, history = len(fit.history) - fit.first, fit.history[fit.first :]
            self._rates[:] = fit.options.learning_rate * epoch_factors(fit.options.schedule, done, fit.length, history)

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
        order = np.random.default_rng((self._fit.options.seed, epoch)).permutation(data.rows)
        inputs = self._augmented.epoch(epoch, self._team) if self._augmented else self._inputs
        yield Window(inputs, data.y, data.sample_weights, order)

    def _next(self, windows: Iterator[Window], good: Snapshot) -> Window:
        """Return the next window; if its samples can't be had, the network gets its weights from before the epoch."""
        try:
            return next(windows)
        except InputError:
            self._fit.state.roll_back(good)
            raise

    def _train_slice(self, order: NDArray[np.int64], batches: slice, threads: int) -> int:
        """Train on some batches of the window, in this order; return how many samples were classified correctly.

        What a signal handler raises arrives before the first step, or after the last one and all that belongs to it.
        """
        fit, state, constants, window = self._fit, self._fit.state, self._fit.options.constants, self._window
        state.check_writeable()  # a callback may have frozen the network
        rule = kernels.Rule(
            optimizer=constants.code,
            decay_1=fit.options.momentum,
            decay_2=constants.decay_2,
            epsilon=constants.epsilon,
            rates=self._rates[batches],
            opt_state=state.opt_state if len(state.opt_state) else None,
            step=state.step,
            batch_size=self._batch_size,
            methods=self._methods and self._methods._replace(sample_weights=window.sample_weights),
        )
        work = kernels.Work(self._scratch, self._gradient, self._batch_losses[batches])
        inputs: Any = window.X
        if isinstance(inputs, dict):
            inputs = inputs.get(threads, inputs[self._candidates[-1]])  # one thread is not always a candidate
        model = fit.network.model._replace(params=state.trained)
        train_slice = functools.partial(train, inputs, window.y, order, model, rule, work)
        last_step = state.step + -(-len(order) // self._batch_size)
        return sum(self._team.call(train_slice, threads, state.after_steps(last_step)))

    def _check_finite(self, batches: slice, good: Snapshot, epoch: int) -> None:
        """Raise DivergedError, after rolling back, if losses or parameters are not finite."""
        fit = self._fit
        if not (np.isfinite(self._batch_losses[batches]).all() and fit.state.is_finite()):
            fit.state.roll_back(good)
            rate = fit.options.learning_rate
            raise DivergedError(
                f"The loss became NaN in epoch {epoch}: the learning rate {rate:g} is probably too high, try "
                f"{rate / 10:g}, or inputs of about 1; the network has the weights from before that epoch."
            )
