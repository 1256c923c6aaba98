"""One run: `python -m benchmarks.small_data.worker CONTESTANT TASK FITS CALLS` prints a line of JSON.

A first fit, with which some contestants compile, and as many predictions as there are rows are not timed.
"""

import importlib
import json
import os
import statistics
import sys
import time
from typing import Any

import numpy as np

from benchmarks.small_data import TASKS


def measured(contestant: str, name: str, fits: int, calls: int) -> dict[str, Any]:
    """Return the seconds of each fit, the median seconds of a prediction, and the training accuracy."""
    task = TASKS[name]
    X, y = task.data()
    module = importlib.import_module(f"benchmarks.small_data.with_{contestant}")
    model, seconds = module.fit(task, X, y), []
    for _ in range(fits):
        started = time.perf_counter()
        model = module.fit(task, X, y)
        seconds.append(time.perf_counter() - started)
    predict, rows = module.predictor(model), [X[i : i + 1] for i in range(len(X))]
    right = [int(predict(row)[0]) == label for row, label in zip(rows, y, strict=True)]
    latencies = []
    for number in range(calls):
        row = rows[number % len(rows)]
        started = time.perf_counter()
        predict(row)
        latencies.append(time.perf_counter() - started)
    return {
        "versions": module.versions(),
        "fit": seconds,
        "row": statistics.median(latencies),
        "accuracy": float(np.mean(right)),
    }


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core for everyone: JAX has no other switch
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the output of libraries must not mix with the answer
    print(json.dumps(measured(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))), file=answers, flush=True)
