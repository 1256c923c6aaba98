"""Prediction of many samples by several threads."""

import numpy as np
import pytest

from fastmlp import InputError, Network
from fastmlp.network import prediction


def test_predictions_are_the_same_bits_for_any_number_of_threads(monkeypatch):
    network, X = Network((6, 5, 4), seed=0), np.random.default_rng(0).integers(0, 256, (1000, 6), np.uint8)
    y = np.zeros(1000, int)
    monkeypatch.setattr("fastmlp.network.prediction.CHUNK_FLOP", 0)
    found = []
    for cores in (1, 2, 3):
        monkeypatch.setattr("fastmlp.system.threads.cores", lambda cores=cores: cores)
        found.append((network.predict(X).tolist(), network.predict_proba(X).tobytes(), network.evaluate(X, y)))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_the_number_of_threads_is_the_largest(monkeypatch, threads):
    network, X, y, used = Network((6, 5, 4), seed=0), np.zeros((1000, 6)), np.zeros(1000, int), []
    monkeypatch.setattr(prediction, "CHUNK_FLOP", 0)
    monkeypatch.setattr("fastmlp.system.threads.cores", lambda: 3)
    run = prediction.run_in_chunks
    monkeypatch.setattr(
        prediction, "run_in_chunks", lambda n, rows, size, call: (used.append(size), run(n, rows, size, call))[1]
    )
    network.predict(X, threads=threads)
    network.predict_proba(X, threads=threads)
    network.evaluate(X, y, threads=threads)
    network.accuracy(X, y, threads=threads)
    Network((6, 4), loss="regression").predict(X, threads=threads)
    assert used == [threads or 3] * 5
    with pytest.raises(InputError, match="threads is 0: pass a whole number of at least 1"):
        network.predict(X, threads=0)
