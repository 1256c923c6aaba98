"""Checks of the kernels for whole tasks. They read the numbers of samples and their labels, not the samples.

For code of your own: call them from Python before compiled code that calls the kernel, in which nothing is checked.
"""

from typing import Any

from fastmlp.kernels.activations import ACTIVATIONS
from fastmlp.kernels.arguments import Model, Rule, Work
from fastmlp.kernels.checks.arrays import (
    FLOAT32,
    FLOAT64,
    INT64,
    MOST_ROWS,
    READ,
    UINT8,
    WRITTEN,
    Facts,
    at_least,
    code,
    facts_of,
    floats,
    known_facts,
    numbers_below,
    require,
    sample_dtype,
    scratch_for,
    table,
    whole,
)
from fastmlp.kernels.checks.layers import check_barrier, methods_fit, targets_fit
from fastmlp.kernels.checks.packed import rows_fit, splits_fit, transpose_fits
from fastmlp.kernels.losses import LOSSES
from fastmlp.kernels.optimizers import OPTIMIZERS, STATES

MOST_ACTIVATION, MOST_LOSS = max(ACTIVATIONS.values()), max(LOSSES.values())


def check_predict_outputs(
    samples: Any, order: Any, layout: Any, params: Any, activation: Any, loss: Any, scratch: Any, outputs: Any
) -> None:
    """Raise ValueError with one sentence if the arguments of predict_outputs do not fit each other.

    Parameters
    ----------
    samples, order, layout, params, activation, loss, scratch, outputs : as in predict_outputs
    """
    m, T = len(outputs), params.dtype
    n_out = _usual_outputs(samples, order, layout, params, activation, loss, scratch, m)
    if n_out and outputs.dtype is T and outputs.shape == (m, n_out) and outputs.flags.carray:
        return
    facts = _prediction_fits(samples, order, layout, params, activation, loss, scratch, m)
    require(("outputs", outputs, T, (m, facts.n_out), WRITTEN))


def check_predict_labels(
    samples: Any, order: Any, layout: Any, params: Any, activation: Any, loss: Any, scratch: Any, labels: Any
) -> None:
    """Raise ValueError with one sentence if the arguments of predict_labels do not fit each other.

    Parameters
    ----------
    samples, order, layout, params, activation, loss, scratch, labels : as in predict_labels
    """
    m = len(labels)
    n_out = _usual_outputs(samples, order, layout, params, activation, loss, scratch, m)
    if n_out and labels.dtype is INT64 and labels.shape == (m,) and labels.flags.carray:
        return
    _prediction_fits(samples, order, layout, params, activation, loss, scratch, m)
    require(("labels", labels, INT64, (m,), WRITTEN))


def check_evaluate(samples: Any, targets: Any, order: Any, model: Any, scratch: Any) -> None:
    """Raise ValueError with one sentence if the arguments of evaluate do not fit each other.

    Parameters
    ----------
    samples, targets, order, model, scratch : as in evaluate
    """
    facts, T = _model_fits(model, READ)
    n = _samples_fit(samples, order, facts, T)
    targets_fit(targets, order, n, facts.n_out, T, model.loss)
    require(("scratch", scratch, T, at_least("scratch", scratch, facts.least_scratch), WRITTEN))


def check_loss_and_gradient(X: Any, targets: Any, batch: Any, model: Any, scratch: Any, gradient: Any) -> None:
    """Raise ValueError with one sentence if the arguments of loss_and_gradient do not fit each other.

    Parameters
    ----------
    X, targets, batch, model, scratch, gradient : as in loss_and_gradient
    """
    facts, T = _model_fits(model, READ)
    n = len(X)
    require(
        ("X", X, sample_dtype("X", X), (n, facts.n_in), READ),
        ("scratch", scratch, T, at_least("scratch", scratch, scratch_for(model.layout, len(batch))), WRITTEN),
        ("gradient", gradient, T, (facts.n_params,), WRITTEN),
    )
    numbers_below("batch", batch, n)
    targets_fit(targets, batch, n, facts.n_out, T, model.loss)


def check_train(samples: Any, targets: Any, order: Any, model: Any, rule: Any, work: Any, worker: Any) -> None:
    """Raise ValueError with one sentence if the arguments of train do not fit each other.

    Parameters
    ----------
    samples, targets, order, model, rule, work, worker : as in train
    """
    facts, T = _model_fits(model, WRITTEN)
    check_barrier(worker)
    n_batches, n_epochs = _rule_fits(rule, len(order), facts, T)
    n = _samples_fit(samples, order, facts, T)
    if not hasattr(samples, "dtype"):
        splits_fit(samples, order, facts.n_in)
        transpose_fits(samples, order, (facts.n_in, int(model.layout[0, 1])), rule.batch_size, T)
        if len(order) and worker.threads != len(samples.bounds) - 1:  # a call without samples compiles, for any threads
            raise ValueError(
                f"samples are for {len(samples.bounds) - 1} threads, not {worker.threads}: pack them anew."
            )
    targets_fit(targets, order, n, facts.n_out, T, model.loss)
    methods_fit(rule.methods, n, T)
    if not isinstance(work, Work):
        raise ValueError(f"work is a {type(work).__name__}: pass a Work.")
    scratch, gradient, losses, correct = work
    needed = scratch_for(model.layout, rule.batch_size)
    require(
        ("work.scratch", scratch, T, at_least("work.scratch", scratch, needed), WRITTEN),
        ("work.gradient", gradient, T, (facts.n_params,), WRITTEN),
        ("work.batch_losses", losses, FLOAT64, at_least("work.batch_losses", losses, n_batches), WRITTEN),
        ("work.epoch_correct", correct, INT64, table(correct, worker.threads, n_epochs), WRITTEN),
    )


def _usual_outputs(
    samples: Any, order: Any, layout: Any, params: Any, activation: Any, loss: Any, scratch: Any, m: int
) -> int:
    """Return the number of outputs if the arguments of a prediction are the usual ones and fit, else 0.

    It takes half of the time of `_prediction_fits`, which finds what is wrong.
    """
    facts, T = known_facts(layout.tobytes()), params.dtype
    if facts is None or order is not None:
        return 0
    n_layers, n_in, n_out, n_params, least_scratch = facts
    fits = (
        (T is FLOAT32 or T is FLOAT64)
        and (samples.dtype is T or samples.dtype is UINT8)
        and scratch.dtype is T
        and layout.shape == (n_layers, 5)
        and params.shape == (n_params,)
        and scratch.ndim == 1
        and len(scratch) >= least_scratch
        and samples.shape == (m, n_in)
        and samples.flags.carray
        and params.flags.carray
        and scratch.flags.carray
        and 0 <= activation <= MOST_ACTIVATION
        and 0 <= loss <= MOST_LOSS
    )
    return n_out if fits else 0


def _prediction_fits(
    samples: Any, order: Any, layout: Any, params: Any, activation: Any, loss: Any, scratch: Any, m: int
) -> Facts:
    """Check a prediction of m samples, all but its results; return the sizes of the network."""
    facts, T = facts_of(layout), floats("params", params)
    _codes_fit(activation, loss)
    if order is None:
        n = len(samples)
        require(("samples", samples, sample_dtype("samples", samples), (n, facts.n_in), READ))
        if m > n:
            raise ValueError(f"samples has {n} rows for {m} predictions: pass as many.")
    else:
        _samples_fit(samples, order, facts, T)
        require(("order", order, INT64, (m,), READ))
    require(
        ("params", params, T, (facts.n_params,), READ),
        ("scratch", scratch, T, at_least("scratch", scratch, facts.least_scratch), WRITTEN),
    )
    return facts


def _codes_fit(activation: Any, loss: Any) -> None:
    if not (0 <= activation <= MOST_ACTIVATION and 0 <= loss <= MOST_LOSS):
        code("activation", activation, ACTIVATIONS)
        code("loss", loss, LOSSES)


def _samples_fit(samples: Any, order: Any, facts: Facts, T: Any) -> int:
    """Check samples, and the numbers of those that are used; return how many there are."""
    if not hasattr(samples, "dtype"):
        rows_fit(samples, "order", order, facts.n_in, T)
        return len(samples.starts) - 1
    n = len(samples)
    require(("samples", samples, sample_dtype("samples", samples), (n, facts.n_in), READ))
    numbers_below("order", order, n)
    return n


def _model_fits(model: Any, written: bool) -> tuple[Facts, Any]:
    """Check a model; return the sizes of its layers and the dtype of its parameters."""
    if not isinstance(model, Model):
        raise ValueError(f"model is a {type(model).__name__}: pass a Model, such as network.model.")
    layout, params, activation, loss = model
    facts, T = facts_of(layout), floats("model.params", params)
    _codes_fit(activation, loss)
    require(("model.params", params, T, (facts.n_params,), written))
    return facts, T


def _rule_fits(rule: Any, n_samples: int, facts: Facts, T: Any) -> tuple[int, int]:
    """Check the rule of a training, all but its methods; return the numbers of batches and of epochs."""
    if not isinstance(rule, Rule):
        raise ValueError(f"rule is a {type(rule).__name__}: pass a Rule.")
    code("rule.optimizer", rule.optimizer, OPTIMIZERS)
    size = whole("rule.batch_size", rule.batch_size, 1, MOST_ROWS)
    in_epoch = whole("rule.epoch_size", rule.epoch_size, 0, 1 << 62) or max(1, n_samples)
    n_batches = n_samples // in_epoch * -(-in_epoch // size) + -(-(n_samples % in_epoch) // size)
    whole("rule.step", rule.step, 0, 1 << 62)
    require(("rule.rates", rule.rates, FLOAT64, at_least("rule.rates", rule.rates, n_batches), READ))
    rows = STATES[rule.optimizer] + (rule.methods is not None and rule.methods.averaging > 0)
    if rule.opt_state is not None:
        n_rows = max(len(rule.opt_state), rows)
        require(("rule.opt_state", rule.opt_state, T, (n_rows, facts.n_params), WRITTEN))
    elif rows:
        raise ValueError(f"rule.opt_state is None: pass an array ({rows}, {facts.n_params}) for this optimizer.")
    return n_batches, -(-n_samples // in_epoch)
