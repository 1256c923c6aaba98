"""Checks of the kernels of single layers, activations, losses and steps; each takes the arguments of its kernel."""

from typing import Any

from fastmlp.kernels.activations import ACTIVATIONS, SOFTPLUS
from fastmlp.kernels.arguments import Methods
from fastmlp.kernels.bounds import first_wrong_label
from fastmlp.kernels.checks.arrays import (
    INT64,
    READ,
    WRITTEN,
    at_least,
    code,
    facts_of,
    floats,
    matrix,
    numbers_below,
    require,
    whole,
)
from fastmlp.kernels.losses import LABEL_LOSSES, LOSSES
from fastmlp.kernels.threads import GROUP_ROWS, Worker

LARGEST = 1 << 62
"""Bound of whole numbers that lead to no array."""


def check_forward_layer(A: Any, W: Any, b: Any, Z: Any) -> None:
    """Check the arguments of forward_layer."""
    T, (n_in, n_out), batch = floats("W", W), matrix("W", W), len(A)
    require(
        ("A", A, T, (batch, n_in), READ),
        ("W", W, T, (n_in, n_out), READ),
        ("b", b, T, (n_out,), READ),
        ("Z", Z, T, (batch, n_out), WRITTEN),
    )


def check_sum_rows(delta: Any, db: Any, first: Any, last: Any) -> None:
    """Check the arguments of sum_rows."""
    T, (batch, n_out) = floats("delta", delta), matrix("delta", delta)
    require(("delta", delta, T, (batch, n_out), READ), ("db", db, T, (n_out,), WRITTEN))
    _range(first, last, n_out)


def check_backward_weights(A: Any, delta: Any, dW: Any, first: Any, last: Any) -> None:
    """Check the arguments of backward_weights."""
    T, batch, (n_in, n_out) = floats("dW", dW), len(delta), matrix("dW", dW)
    require(
        ("A", A, T, (batch, n_in), READ),
        ("delta", delta, T, (batch, n_out), READ),
        ("dW", dW, T, (n_in, n_out), WRITTEN),
    )
    _range(first, last, n_in)


def check_transpose(W: Any, transposed: Any, first: Any, last: Any) -> None:
    """Check the arguments of transpose."""
    T, (n_in, n_out) = floats("W", W), matrix("W", W)
    require(("W", W, T, (n_in, n_out), READ), ("transposed", transposed, T, (n_in * n_out,), WRITTEN))
    _range(first, last, n_in)


def check_backward_inputs(delta: Any, transposed: Any, dA: Any) -> None:
    """Check the arguments of backward_inputs."""
    T, (batch, n_out), (_, n_in) = floats("delta", delta), matrix("delta", delta), matrix("dA", dA)
    require(
        ("delta", delta, T, (batch, n_out), READ),
        ("transposed", transposed, T, (n_out * n_in,), READ),
        ("dA", dA, T, (batch, n_in), WRITTEN),
    )


def check_activate(activation: Any, Z: Any) -> None:
    """Check the arguments of activate."""
    code("activation", activation, ACTIVATIONS)
    require(("Z", Z, floats("Z", Z), (len(Z),), WRITTEN))


def check_multiply_by_derivative(activation: Any, A: Any, delta: Any) -> None:
    """Check the arguments of multiply_by_derivative."""
    whole("activation", activation, 0, SOFTPLUS - 1)
    T = floats("A", A)
    require(("A", A, T, (len(A),), READ), ("delta", delta, T, (len(A),), WRITTEN))


def check_activate_outputs(loss: Any, Z: Any) -> None:
    """Check the arguments of activate_outputs."""
    code("loss", loss, LOSSES)
    require(("Z", Z, floats("Z", Z), (len(Z), _columns("Z", Z)), WRITTEN))


def check_loss_and_delta(
    loss: Any, Z: Any, targets: Any, batch: Any, rows: Any, methods: Any, delta: Any, losses: Any
) -> None:
    """Check the arguments of loss_and_delta."""
    T, n, n_out = floats("Z", Z), len(Z), _columns("Z", Z)
    code("loss", loss, LOSSES)
    require(
        ("Z", Z, T, (n, n_out), WRITTEN),
        ("batch", batch, INT64, (n,), READ),
        ("delta", delta, T, (n, n_out), WRITTEN),
        ("losses", losses, T, at_least("losses", losses, -(-n // GROUP_ROWS)), WRITTEN),
    )
    whole("rows", rows, n, LARGEST)
    numbers_below("batch", batch, len(targets))
    targets_fit(targets, batch, len(targets), n_out, T, loss)
    methods_fit(methods, len(targets), T)


def check_argmax(a: Any) -> None:
    """Check the arguments of argmax."""
    require(("a", a, floats("a", a), at_least("a", a, 1), READ))


def check_all_finite(a: Any) -> None:
    """Check the arguments of all_finite."""
    require(("a", a, floats("a", a), (len(a),), READ))


def check_sum_losses(losses: Any, n: Any) -> None:
    """Check the arguments of sum_losses."""
    groups = -(-whole("n", n, 0, LARGEST) // GROUP_ROWS)
    require(("losses", losses, floats("losses", losses), at_least("losses", losses, groups), READ))


def check_sgd_update(params: Any, gradient: Any, learning_rate: Any) -> None:
    """Check the arguments of sgd_update."""
    T, n = floats("params", params), len(params)
    float(learning_rate)
    require(("params", params, T, (n,), WRITTEN), ("gradient", gradient, T, (n,), READ))


def check_scratch_size(layout: Any, batch_size: Any) -> None:
    """Check the arguments of scratch_size."""
    facts_of(layout)
    whole("batch_size", batch_size, 0, 1 << 31)


def check_layer(layout: Any, params: Any, layer: Any) -> None:
    """Check the arguments of layer_weights and of layer_biases."""
    facts = facts_of(layout)
    require(("params", params, floats("params", params), (facts.n_params,), READ))
    whole("layer", layer, 0, facts.n_layers - 1)


def check_thread_range(n: Any, multiple: Any, worker: Any) -> None:
    """Check the arguments of thread_range."""
    whole("n", n, 0, LARGEST)
    whole("multiple", multiple, 1, LARGEST)
    check_barrier(worker)


def check_barrier(worker: Any) -> None:
    """Check the arguments of barrier."""
    if not isinstance(worker, Worker):
        raise ValueError(f"worker is a {type(worker).__name__}: pass a Worker, such as alone().")
    threads = whole("worker.threads", worker.threads, 1, 1 << 20)
    whole("worker.thread", worker.thread, 0, threads - 1)
    require(("worker.arrivals", worker.arrivals, INT64, (16,), WRITTEN))


def targets_fit(targets: Any, order: Any, n: int, n_out: int, T: Any, loss: Any) -> None:
    """Check the labels or targets of `n` samples, and the labels of those in `order`, for numbers that are checked."""
    if loss not in LABEL_CODES:
        require(("targets", targets, T, (n, n_out), READ))
        return
    require(("targets", targets, INT64, (n,), READ))
    i = first_wrong_label(targets, order, n_out)
    if i >= 0:
        raise ValueError(f"targets[{order[i]}] is {targets[order[i]]}: pass labels from 0 to {n_out - 1}.")


LABEL_CODES = frozenset(LOSSES[name] for name in LABEL_LOSSES)


def methods_fit(methods: Any, n: int, T: Any) -> None:
    """Check the methods of a training on `n` samples."""
    if methods is None:
        return
    if not isinstance(methods, Methods):
        raise ValueError(f"methods is a {type(methods).__name__}: pass a Methods, or None.")
    if methods.sample_weights is not None:
        require(("methods.sample_weights", methods.sample_weights, T, (n,), READ))
    for name in ("dropout", "input_dropout", "averaging"):
        if not 0 <= getattr(methods, name) < 1:
            raise ValueError(f"methods.{name} is {getattr(methods, name)}: pass a number from 0 to below 1.")
    whole("methods.seed", methods.seed, 0, 1 << 53)


def _range(first: Any, last: Any, n: int) -> None:
    whole("first", first, 0, n)
    whole("last", last, first, n)


def _columns(name: str, Z: Any) -> int:
    """Return the number of columns, at least one: the largest number of no numbers is none."""
    n_out = matrix(name, Z)[1]
    if n_out < 1:
        raise ValueError(f"{name} has shape {Z.shape}: pass at least one column.")
    return n_out
