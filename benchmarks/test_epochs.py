"""Epochs of every workload, one by one: `pytest benchmarks --benchmark-only`.

`python -m benchmarks speed` compares all contestants in interleaved rounds.
"""

from typing import Any

import pytest

from benchmarks import arena
from benchmarks.contestants import CONTESTANTS
from benchmarks.workloads import WORKLOADS
from fastmlp import Dataset
from fastmlp.system.machine import cores


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return arena.digits_here()


@pytest.fixture(scope="module")
def folder(digits: Dataset) -> Any:
    with arena.data_folder(digits) as path:
        yield path


@pytest.mark.parametrize("threads", sorted({1, cores()}))
@pytest.mark.parametrize("contestant", ["fastmlp", "numpy"])
@pytest.mark.parametrize("workload", WORKLOADS)
def test_epoch(benchmark: Any, folder: Any, workload: str, contestant: str, threads: int) -> None:
    process = arena.Process(CONTESTANTS[contestant], threads, folder)
    try:
        process.prepare(WORKLOADS[workload])
        process.train_epoch(1)
        epochs = iter(range(2, 100))
        benchmark.group = f"{workload}: {WORKLOADS[workload].title}"
        benchmark.pedantic(lambda: process.ask("epoch", number=next(epochs)), rounds=3)
    finally:
        process.close()
