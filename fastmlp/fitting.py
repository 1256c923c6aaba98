"""Fitting: one fit's data and working memory, and the calls of the kernels, slice by slice. Called by Trainer."""

import functools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.augmented import AugmentedSamples
from fastmlp.callbacks import Callback
from fastmlp.errors import InputError
from fastmlp.machine import aligned_empty
from fastmlp.optimizers import OPTIMIZERS
from fastmlp.pace import Pace
from fastmlp.packing import pack_if_sparse
from fastmlp.plan import Plan
from fastmlp.shares import share_out
from fastmlp.team import Team

SLICE_SECONDS = 0.1
"""Time in one kernel call: Ctrl-C and callbacks wait no longer (but for a single batch that takes longer)."""
FIRST_SLICE_FLOP = 1e8
"""Work in the first kernel call, when the speed is not known yet."""


class DivergedError(InputError):
    """The loss became NaN or infinite; the network has the weights from before that epoch."""


class Fitting:
    """One fit: its data and working memory.

    Parameters
    ----------
    trainer : Trainer
    plan : Plan
        The samples, as the kernels take them.
    team : Team

    Attributes
    ----------
    rates : (batches,) float64
        The learning rate of each batch of the next epoch; the trainer's at first.
    """

    def __init__(self, trainer: Any, plan: Plan, team: Team) -> None:
        network, X, rows = trainer.network, plan.X, plan.rows
        self.trainer, self.plan, self.rows, self.team = trainer, plan, rows, team
        self.batch_size = min(trainer.batch_size, len(rows))
        self.scratch = aligned_empty(kernels.scratch_size(network.layout, self.batch_size), network.dtype)
        self.gradient = aligned_empty(network.n_params, network.dtype)
        self.settings = settings_of(trainer)
        self.rates = np.full(-(-len(rows) // self.batch_size), trainer.learning_rate)
        self.batch_losses = np.empty(len(self.rates))
        self.samples: AugmentedSamples | None = None
        W, may_pack = network.weights[0], not trainer.regularisation.input_dropout
        if trainer.augmentation.is_on:
            fit = (W, self.batch_size, trainer.seed, plan.first + plan.epochs, trainer._candidates, may_pack)
            self.samples = AugmentedSamples(trainer.augmentation, X, *fit)
            self.inputs, is_packed = self.samples.inputs, self.samples.is_packed
        else:
            packed = pack_if_sparse(X, network.sizes[1]) if may_pack else None
            shared = functools.partial(share_out, *packed, W, self.batch_size) if packed else lambda _: X
            self.inputs, is_packed = {threads: shared(threads) for threads in trainer._candidates}, packed is not None
        self.kernel: Any = kernels.train_packed if is_packed else kernels.train
        self.pace = Pace(trainer._candidates)
        first = max(1, int(FIRST_SLICE_FLOP / (6 * network.n_params * self.batch_size)))
        self.slice_batches = dict.fromkeys(trainer._candidates, first)
        self.train_slice(rows[:0], self.rates, self.batch_losses, 1)  # compiles, or loads from the cache

    def close(self) -> None:
        """End what runs beside the training."""
        if self.samples:
            self.samples.close()

    def train_slice(
        self, order: NDArray[np.int64], rates: NDArray[np.float64], batch_losses: NDArray[np.float64], threads: int
    ) -> int:
        """Train on the samples in `order`, whole batches of an epoch; return how many were classified rightly."""
        trainer, network, memory = self.trainer, self.trainer.network, self.team.memory
        rules = (*network.codes, trainer._code, self.settings, rates, trainer._steps, self.batch_size)
        room = (self.scratch, self.gradient, trainer._state, batch_losses)
        inputs = self.inputs.get(threads, self.inputs[trainer._candidates[-1]])
        common = (inputs, self.plan.y, self.plan.sample_weights, order, network.layout, network.params, *rules, *room)
        n_correct = self.team.call(lambda thread: self.kernel(*common, thread, threads, memory), threads)
        trainer._steps += -(-len(order) // self.batch_size)
        return n_correct

    def train_epoch(self, epoch: int, callbacks: Sequence[Callback]) -> tuple[float, float | None, float]:
        """Train on every sample once; return the mean loss, the accuracy, and the seconds in training alone.

        The accuracy is None for "regression".
        """
        trainer, network, n = self.trainer, self.trainer.network, len(self.rows)
        good = network.params.copy(), trainer._state.copy(), trainer._steps
        started = time.perf_counter()
        order = np.random.default_rng((trainer.seed, epoch)).permutation(self.rows)
        if self.samples:
            self.inputs = self.samples.epoch(epoch, self.team)
        seconds = time.perf_counter() - started
        n_correct = start = 0
        while start < n:
            threads = self.pace.choose()
            stop = min(n, start + self.slice_batches[threads] * self.batch_size)
            batches = slice(start // self.batch_size, -(-stop // self.batch_size))
            rates, losses = self.rates[batches], self.batch_losses[batches]
            started = time.perf_counter()
            if self.samples:
                self.samples.make_beside(threads)
            n_correct += self.train_slice(order[start:stop], rates, losses, threads)
            elapsed = time.perf_counter() - started
            self.pace.record(threads, stop - start, elapsed)
            if not (np.isfinite(losses).all() and np.isfinite(network.params).all()):
                network.params[:], trainer._state[:], trainer._steps = good
                rate = trainer.learning_rate
                raise DivergedError(
                    f"The loss became NaN in epoch {epoch}: the learning rate {rate:g} is probably too high, try "
                    f"{rate / 10:g}, or inputs of about 1; the network has the weights from before that epoch."
                )
            seconds += elapsed
            wanted = min(4 * self.slice_batches[threads], int(len(losses) * SLICE_SECONDS / max(elapsed, 1e-9)))
            self.slice_batches[threads] = min(max(1, wanted), len(self.batch_losses))
            start = stop
            for callback in callbacks:
                callback.on_slice(epoch, start, n)
        trainer.threads = self.pace.fastest
        accuracy = n_correct / n if network.loss != "regression" else None
        return float(self.batch_losses.sum()) / n, accuracy, seconds


def settings_of(trainer: Any) -> NDArray[np.float64]:
    """Return what the kernels know of a Trainer's methods."""
    rule = OPTIMIZERS[trainer.optimizer]
    return kernels.make_settings(
        trainer.momentum,
        rule.decay_2,
        rule.epsilon,
        weight_decay=trainer.weight_decay,
        averaging=trainer.averaging or 0.0,
        seed=int(np.random.default_rng((trainer.seed, 0, 2)).integers(2**53)),  # others draw from (seed, epoch)
        **trainer.regularisation.settings,
    )
