"""Right calls of every public kernel over random shapes, and the arrays in their arguments by name."""

import itertools
from typing import NamedTuple

import numpy as np

from fastmlp import kernels
from fastmlp.inputs.packed import FirstLayer, for_threads
from fastmlp.kernels.threads import GROUP_ROWS

SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 127, 128, 129, 255, 256, 257, 520)
"""Widths and batches on both sides of every size of a tile, a vector and a block."""


class Setting(NamedTuple):
    """What a call is made for."""

    sizes: tuple[int, ...]
    n: int  # samples
    batch: int
    dtype: str  # of the parameters
    kind: str  # of the samples
    loss: str = "cross_entropy"
    activation: str = "relu"
    threads: int = 1
    seed: int = 0
    variant: int = 0

    @property
    def rng(self):
        return np.random.default_rng(self.seed)

    @property
    def layout(self):
        return kernels.make_layout(self.sizes)

    @property
    def n_params(self):
        return sum((n + 1) * m for n, m in zip(self.sizes, self.sizes[1:], strict=False))


VARIANTS = 24
"""How many variants of a call there are: dense or packed samples, with or without methods, and so on."""
FORMS = [(kind, "float32", loss) for kind in ("uint8", "float32") for loss in ("cross_entropy", "regression")]
FORMS += [(kind.replace("32", "64"), "float64", loss) for kind, _, loss in FORMS]
"""The dtypes of samples and parameters, and a loss with labels or with targets: a kernel is compiled for each anew."""


def random_setting(rng, forms=None):
    """Sizes of all kinds, the small ones oftener; of these forms, which are pairs of FORMS and variants."""

    def size():
        return int(rng.choice(SIZES[: rng.integers(1, len(SIZES) + 1)]))

    forms = forms or list(itertools.product(FORMS, range(VARIANTS)))
    (kind, dtype, loss), variant = forms[rng.integers(len(forms))]
    with_labels = [name for name in kernels.LOSSES if (name in kernels.LABEL_LOSSES) == (loss in kernels.LABEL_LOSSES)]
    return Setting(
        sizes=tuple(size() for _ in range(rng.integers(2, 5))),
        n=size(),
        batch=size(),
        dtype=dtype,
        kind=kind,
        loss=str(rng.choice(with_labels)),
        activation=str(rng.choice(list(kernels.ACTIVATIONS))),
        threads=int(rng.integers(1, 4)),
        seed=int(rng.integers(2**31)),
        variant=variant,
    )


def floats(s, *shape):
    return s.rng.standard_normal(shape).astype(s.dtype)


def images(s):
    """Samples, of which one has no zeros and one nothing else."""
    X = s.rng.integers(1, 256, (s.n, s.sizes[0])) * (s.rng.random((s.n, s.sizes[0])) < 0.3)
    X[0], X[-1] = 255, 0
    return X.astype(np.uint8) if s.kind == "uint8" else (X / 255).astype(s.kind)


def order(s, m=None):
    return s.rng.integers(0, s.n, s.batch if m is None else m)


def targets(s):
    if s.loss in kernels.LABEL_LOSSES:
        return s.rng.integers(0, s.sizes[-1], s.n)
    return s.rng.random((s.n, s.sizes[-1])).astype(s.dtype)


def model(s):
    codes = kernels.ACTIVATIONS[s.activation], kernels.LOSSES[s.loss]
    return kernels.Model(s.layout, 0.1 * floats(s, s.n_params), *codes)


def scratch(s, rows):
    return np.full(kernels.scratch_size(s.layout, rows), np.nan, s.dtype)


def packed_rows(s):
    X = images(s)
    starts = np.concatenate(([0], np.cumsum(np.count_nonzero(X, axis=1))))
    columns = np.concatenate([np.flatnonzero(row) for row in X] or [[]]).astype(np.uint16)
    return kernels.PackedRows(starts, columns, X[X != 0])


def packed_samples(s):
    return for_threads(
        _Sized(*packed_rows(s)), FirstLayer(s.sizes[0], s.sizes[1], np.dtype(s.dtype), s.batch), s.threads
    )


class _Sized(kernels.PackedRows):
    def __len__(self):
        return len(self.starts) - 1


def layer(s):
    """Inputs, weights, biases and errors of a batch in one layer."""
    n_in, n_out = s.sizes[:2]
    return floats(s, s.batch, n_in), floats(s, n_in, n_out), floats(s, n_out), floats(s, s.batch, n_out)


def part(s, n):
    first, last = sorted(s.rng.integers(0, n + 1, 2).tolist())
    return {"first": first, "last": last}


def forward_layer(s):
    A, W, b, Z = layer(s)
    return {"A": A, "W": W, "b": b, "Z": Z}


def backward_inputs(s):
    A, W, _, delta = layer(s)
    return {"delta": delta, "transposed": W.T.reshape(-1), "dA": A}


def backward_weights(s):
    A, W, _, delta = layer(s)
    return {"A": A, "delta": delta, "dW": W, **part(s, s.sizes[0])}


def sum_rows(s):
    _, _, b, delta = layer(s)
    return {"delta": delta, "db": b, **part(s, s.sizes[1])}


def transpose(s):
    W = layer(s)[1]
    return {"W": W, "transposed": W.reshape(-1).copy(), **part(s, s.sizes[0])}


def forward_packed(s):
    _, W, b, Z = layer(s)
    return {"samples": packed_rows(s), "batch": order(s), "ahead": order(s, 3), "W": W, "b": b, "Z": Z}


def add_outer_packed(s):
    _, W, _, delta = layer(s)
    thread = s.threads - 1
    return {"samples": packed_samples(s), "thread": thread, "batch": order(s), "factor": -0.5, "delta": delta, "W": W}


def split_rows(s):
    starts, columns, _ = packed_rows(s)
    bounds = np.sort(np.concatenate(([0, s.sizes[0]], s.rng.integers(0, s.sizes[0] + 1, s.threads - 1))))
    return {"starts": starts, "columns": columns, "bounds": bounds, "splits": np.full((s.n, s.threads + 1), -1)}


def pack_rows(s):
    X, starts = images(s), packed_rows(s).starts
    room = starts[-1] + 1
    return {"X": X, "starts": starts, "columns": np.full(room, 9, np.uint16), "values": np.full(room, 9, X.dtype)}


def loss_and_delta(s):
    Z = floats(s, s.batch, s.sizes[-1])
    weights = s.rng.random(s.n).astype(s.dtype) if s.variant % 2 else None
    return {
        "loss": kernels.LOSSES[s.loss],
        "Z": Z,
        "targets": targets(s),
        "batch": order(s),
        "rows": s.batch,
        "methods": kernels.Methods(sample_weights=weights, label_smoothing=0.1) if s.variant // 2 % 2 else None,
        "delta": Z.copy(),
        "losses": np.full(-(-s.batch // GROUP_ROWS), np.nan, s.dtype),
    }


def loss_and_gradient(s):
    gradient = np.full(s.n_params, np.nan, s.dtype)
    arrays = {"X": images(s), "targets": targets(s), "batch": order(s)}
    return {**arrays, "model": model(s), "scratch": scratch(s, s.batch), "gradient": gradient}


def prediction(s):
    takes = s.variant % 3
    samples, numbers = (packed_rows(s), order(s)) if takes == 2 else (images(s), order(s) if takes else None)
    return {"samples": samples, "order": numbers, **model(s)._asdict(), "scratch": scratch(s, 1 + s.seed % 9)}


def predict_outputs(s):
    given = prediction(s)
    m = s.n if given["order"] is None else s.batch
    return {**given, "outputs": np.full((m, s.sizes[-1]), np.nan, s.dtype)}


def predict_labels(s):
    given = prediction(s)
    return {**given, "labels": np.full(s.n if given["order"] is None else s.batch, -1)}


def evaluate(s):
    samples = packed_rows(s) if s.variant % 2 else images(s)
    arrays = {"samples": samples, "targets": targets(s), "order": order(s)}
    return {**arrays, "model": model(s), "scratch": scratch(s, 1 + s.seed % 50)}


def train(s):
    """Three batches, the last one short, in one epoch or in two; with every method, or with none."""
    s = s._replace(batch=min(s.batch, s.n))
    samples = packed_samples(s) if s.variant % 2 else images(s)
    numbers = [s.rng.permutation(s.n)[:rows] for rows in (s.batch, s.batch, (s.batch + 1) // 2)]
    m = sum(map(len, numbers))
    epoch_size = (m + 1) // 2 if s.seed % 2 else 0
    epochs = [m - m // 2, m // 2] if epoch_size else [m]
    n_batches = sum(-(-rows // s.batch) for rows in epochs)
    optimizer = ["sgd", "adam", "momentum", "nesterov", "rmsprop"][(1 + s.seed % 4) * (s.variant // 4 % 2)]
    weights = s.rng.random(s.n).astype(s.dtype)
    methods = (
        kernels.Methods(weights, 0.1, 0.5, 0.0, 1e-3, 1e-4, 1e-4, 1.0, 2.0, 0.9, 5) if s.variant // 2 % 2 else None
    )
    rows = kernels.STATES[kernels.OPTIMIZERS[optimizer]] + (methods is not None)
    opt_state = np.zeros((rows, s.n_params), s.dtype) if rows else None
    code, rates = kernels.OPTIMIZERS[optimizer], np.full(n_batches, 0.01)
    rule = kernels.Rule(code, rates, s.batch, 0.9, 0.99, 1e-8, opt_state, 0, methods, epoch_size)
    gradient, losses = np.full(s.n_params, np.nan, s.dtype), np.full(n_batches, np.nan)
    work = kernels.Work(scratch(s, s.batch), gradient, losses, np.zeros((s.threads, len(epochs)), np.int64))
    worker = kernels.Worker(s.threads - 1, s.threads, kernels.new_arrivals())
    return {
        "samples": samples,
        "targets": targets(s),
        "order": np.concatenate(numbers),
        "model": model(s),
        "rule": rule,
        "work": work,
        "worker": worker,
    }


def a_layer(s):
    return {"layout": s.layout, "params": floats(s, s.n_params), "layer": s.seed % (len(s.sizes) - 1)}


CALLS = {
    "activate": lambda s: {"activation": kernels.ACTIVATIONS[s.activation], "Z": floats(s, s.n)},
    "activate_outputs": lambda s: {"loss": kernels.LOSSES[s.loss], "Z": floats(s, s.batch, s.sizes[-1])},
    "add_outer_packed": add_outer_packed,
    "all_finite": lambda s: {"a": floats(s, s.n)},
    "argmax": lambda s: {"a": floats(s, s.n)},
    "backward_inputs": backward_inputs,
    "backward_weights": backward_weights,
    "barrier": lambda s: {"worker": kernels.alone()},
    "count_nonzeros": lambda s: {"X": images(s), "counts": np.full(s.n, -1)},
    "evaluate": evaluate,
    "forward_layer": forward_layer,
    "forward_packed": forward_packed,
    "layer_biases": a_layer,
    "layer_weights": a_layer,
    "loss_and_delta": loss_and_delta,
    "loss_and_gradient": loss_and_gradient,
    "multiply_by_derivative": lambda s: {"activation": s.seed % 6, "A": floats(s, s.n), "delta": floats(s, s.n)},
    "pack_rows": pack_rows,
    "predict_labels": predict_labels,
    "predict_outputs": predict_outputs,
    "scratch_size": lambda s: {"layout": s.layout, "batch_size": s.batch},
    "sgd_update": lambda s: {"params": floats(s, s.n), "gradient": floats(s, s.n), "learning_rate": 0.1},
    "split_rows": split_rows,
    "sum_losses": lambda s: {"losses": floats(s, -(-s.n // GROUP_ROWS)), "n": s.n},
    "sum_rows": sum_rows,
    "thread_range": lambda s: {"n": s.n, "multiple": 1 + s.seed % 16, "worker": kernels.alone()},
    "train": train,
    "transpose": transpose,
}
"""The arguments of a right call of each kernel, by name, for a setting."""

WRITTEN = {
    "activate": {"Z"},
    "activate_outputs": {"Z"},
    "add_outer_packed": {"W"},
    "backward_inputs": {"dA"},
    "backward_weights": {"dW"},
    "barrier": {"worker.arrivals"},
    "count_nonzeros": {"counts"},
    "evaluate": {"scratch"},
    "forward_layer": {"Z"},
    "forward_packed": {"Z"},
    "loss_and_delta": {"Z", "delta", "losses"},
    "loss_and_gradient": {"scratch", "gradient"},
    "multiply_by_derivative": {"delta"},
    "pack_rows": {"columns", "values"},
    "predict_labels": {"scratch", "labels"},
    "predict_outputs": {"scratch", "outputs"},
    "sgd_update": {"params"},
    "split_rows": {"splits"},
    "sum_rows": {"db"},
    "thread_range": {"worker.arrivals"},
    "train": {"model.params", "rule.opt_state", "worker.arrivals", "work.scratch", "work.gradient", "work.batch_losses"}
    | {"work.epoch_correct", "samples.ends", "samples.batch_rows", "samples.batch_values"},
    "transpose": {"transposed"},
}
"""The arrays that each kernel overwrites."""


def changed(value, change, path=""):
    """Return arguments with each array in them replaced by change(path, array); groups keep their type."""
    if isinstance(value, np.ndarray):
        return change(path, value)
    inner = path and path + "."
    if isinstance(value, dict):
        return {name: changed(each, change, inner + name) for name, each in value.items()}
    if hasattr(value, "_fields"):
        pairs = zip(value._fields, value, strict=True)
        return type(value)(*(changed(each, change, inner + name) for name, each in pairs))
    return value


def arrays_in(arguments):
    """Return the arrays in some arguments by their paths."""
    found = {}
    changed(arguments, lambda path, array: found.setdefault(path, array))
    return found


def with_array(arguments, path, new):
    """Return the arguments with one array replaced."""
    return changed(arguments, lambda at, array: new if at == path else array)
