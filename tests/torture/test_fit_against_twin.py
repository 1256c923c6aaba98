"""`Trainer.fit` in float64 against the NumPy twin: random networks, optimizers, methods together, threads, slices."""

import collections
import itertools
import time

import numpy as np
import pytest
from helpers.torture import torture_seconds, torture_seed
from helpers.twin import Methods, Twin, adam, momentum, rmsprop, sgd
from scipy import sparse

from fastmlp import DivergedError, Network, Regularization, Trainer, kernels

pytestmark = pytest.mark.slow

TWINS = {
    "sgd": lambda beta: sgd(1),
    "momentum": lambda beta: momentum(1, beta),
    "nesterov": lambda beta: momentum(1, beta, nesterov=True),
    "rmsprop": lambda beta: rmsprop(1, 0.99, 1e-8),
    "adam": lambda beta: adam(1, beta, 0.999, 1e-8),
    "adamw": lambda beta: adam(1, beta, 0.999, 1e-8),
}
RANGES = {  # of the methods that are not for every case
    "l1": (0, 0.02),
    "l2": (0, 0.2),
    "dropout": (0.05, 0.8),
    "input_dropout": (0.05, 0.8),
    "label_smoothing": (0.01, 0.5),
    "max_norm": (0.2, 2),
    "clip_norm": (0.01, 1),
    "weight_decay": (0.01, 0.5),
    "averaging": (0.1, 0.99),
}
FORMS = list(itertools.product((False, True), (False, True), ("plain", "methods", "weights"), (False, True)))
"""Compiled forms of `train`: packed samples, targets that are not labels, methods, an optimizer's state."""
FORMS_IN_CI = 4
LEAST = 100
"""Trainings, also on a machine that is too busy to reach them in time."""
TOLERANCE = {"sgd": 1e-9, "momentum": 1e-9, "nesterov": 1e-9, "rmsprop": 1e-3, "adam": 1e-3, "adamw": 1e-3}
"""The last three divide by the size of the gradient, which can be that of the rounding errors."""
RATE = {"sgd": 0.05, "momentum": 0.05, "nesterov": 0.05, "rmsprop": 0.002, "adam": 0.01, "adamw": 0.01}
LARGEST = 100
"""Parameters and losses above which a training diverges: each step then multiplies the rounding errors."""


def random_case(rng, form):
    """Return what a case is made of, as a dict that says everything if it fails."""
    packed, has_targets, methods, stateful = form
    depth = int(rng.integers(1, 5))
    sizes = [int(rng.choice([1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 70, 129, 257, 300])) for _ in range(depth + 1)]
    losses = set(kernels.LOSSES) - set(kernels.LABEL_LOSSES) if has_targets else kernels.LABEL_LOSSES
    loss = str(rng.choice(sorted(losses)))
    case = {
        "sizes": sizes,
        "activation": str(rng.choice(sorted(kernels.ACTIVATIONS))),
        "loss": loss,
        "optimizer": str(rng.choice(sorted(set(RATE) - {"sgd"}) if stateful else ["sgd"])),
        "momentum": float(rng.uniform(0, 0.95)),
        "n": int(rng.integers(1, 60)),
        "batch_size": int(rng.choice([1, 2, 3, 4, 7, 8, 31, 32, 33, 36, 48, 70])),
        "threads": int(rng.choice([1, 2, 3, 5])),
        "slice_batches": int(rng.integers(1, 5)),
        "packed": packed,
        "share": float(rng.choice([0.0, 0.1, 0.5, 1.0])),
        "weighted": methods == "weights",
        "methods": {},
    }
    if methods != "plain":
        forbidden = {"input_dropout"} if packed else set()
        forbidden |= {"dropout"} if depth == 1 else set()
        forbidden |= {"label_smoothing"} if loss == "regression" else set()
        forbidden |= set() if stateful else {"averaging"}
        names = sorted(set(RANGES) - forbidden)
        chosen = rng.choice(names, rng.integers(1, len(names) + 1), replace=False)
        case["methods"] = {str(name): float(rng.uniform(*RANGES[name])) for name in sorted(chosen)}
    return case


def samples_of(case, rng):
    """Return X, y and the weights of a case."""
    n, n_in, n_out = case["n"], case["sizes"][0], case["sizes"][-1]
    X = rng.standard_normal((n, n_in)) * (rng.random((n, n_in)) < case["share"])
    if case["loss"] == "binary_cross_entropy":
        y = (rng.random((n, n_out)) < 0.4).astype(float)
    elif case["loss"] == "regression":
        y = rng.standard_normal((n, n_out))
    else:
        y = rng.integers(0, n_out, n)
    return X, y, rng.uniform(0.1, 2, n)


def fitted(case, X, y, weights, seed, monkeypatch):
    """Train one epoch with Trainer; return the network before and after, and the mean loss."""
    n_params = sum((n + 1) * m for n, m in itertools.pairwise(case["sizes"]))
    work = 6 * n_params * min(case["batch_size"], len(X))
    monkeypatch.setattr("fastmlp.training.loop.FIRST_SLICE_FLOP", case["slice_batches"] * work)
    network = Network(case["sizes"], case["activation"], case["loss"], seed=seed, dtype="float64")
    methods = dict(case["methods"])
    trainer = Trainer(
        network,
        case["optimizer"],
        RATE[case["optimizer"]],
        case["batch_size"],
        seed,
        case["threads"],
        momentum=case["momentum"],
        weight_decay=methods.pop("weight_decay", 0),
        averaging=methods.pop("averaging", None),
        regularization=Regularization(**methods),
    )
    before = Twin.of(network)
    inputs = sparse.csr_array(X) if case["packed"] else X
    history = trainer.fit(inputs, y, sample_weights=weights if case["weighted"] else None)
    return before, network, history[-1].loss


def agrees(case, seed, monkeypatch):
    """Train a case both ways; return whether the losses and the parameters agree, or None if they grow too large."""
    X, y, weights = samples_of(case, np.random.default_rng(seed))
    try:
        twin, network, loss = fitted(case, X, y, weights, seed, monkeypatch)
    except DivergedError:
        return None
    if np.abs(network.params).max() > LARGEST or loss > LARGEST:
        return None
    n, size = len(X), min(case["batch_size"], len(X))
    order = np.random.default_rng((seed, 1)).permutation(n)
    methods = Methods(**case["methods"], seed=int(np.random.default_rng((seed, 0, 2)).integers(2**53)))
    rates, tolerance = np.full(-(-n // size), RATE[case["optimizer"]]), TOLERANCE[case["optimizer"]]
    optimizer = TWINS[case["optimizer"]](case["momentum"])
    weights = weights if case["weighted"] else None
    with np.errstate(all="ignore"):
        losses, averaged = methods.train(twin, X, y, order, size, optimizer, rates, weights)
    if not np.isfinite(losses).all():  # an output so near 0 or 1 that the twin's plain logarithm is infinite
        return None
    wanted = averaged if "averaging" in case["methods"] else twin.params
    scale = max(1, np.abs(wanted).max())
    same = np.allclose(network.params, wanted, rtol=0, atol=tolerance * scale)
    # The twin takes the logarithm of 1 - a, which loses digits where an output `a` is near 1 and should not be.
    return same and np.isclose(loss, losses.sum() / n, rtol=tolerance if losses.max() < 10 else 1e-2)


def test_random_trainings_are_the_twins(monkeypatch):
    seconds, seed = torture_seconds(25), torture_seed()
    rng = np.random.default_rng(seed)
    forms = [FORMS[i] for i in rng.permutation(len(FORMS))[: FORMS_IN_CI if seconds < 200 else None]]
    for form in forms:  # compiling does not count
        case = random_case(rng, form)
        agrees(case, 0, monkeypatch)
    counts, end = collections.Counter(), time.monotonic() + seconds
    while time.monotonic() < end or counts["trainings"] < LEAST:
        for form in forms:
            number = int(rng.integers(2**31))
            case = random_case(np.random.default_rng(number), form)
            agreed = agrees(case, number, monkeypatch)
            if agreed is None:
                counts["too large"] += 1
                continue
            assert agreed, f"FASTMLP_TORTURE_SEED={seed}, case {number}: {case}"
            counts.update([case["optimizer"], case["loss"], f"{case['threads']} threads", *case["methods"]])
            counts["trainings"] += 1
    print(*(f"{name}: {count}" for name, count in counts.most_common()), sep="\n")
