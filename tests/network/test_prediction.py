"""Prediction of many samples by several threads."""

import numpy as np

from fastmlp import Network


def test_predictions_are_the_same_bits_for_any_number_of_threads(monkeypatch):
    network, X = Network((6, 5, 4), seed=0), np.random.default_rng(0).integers(0, 256, (1000, 6), np.uint8)
    y = np.zeros(1000, int)
    monkeypatch.setattr("fastmlp.network.prediction.CHUNK_FLOP", 0)
    found = []
    for cores in (1, 2, 3):
        monkeypatch.setattr("fastmlp.system.threads.cores", lambda cores=cores: cores)
        found.append((network.predict(X).tolist(), network.predict_proba(X).tobytes(), network.evaluate(X, y)))
    assert found[0] == found[1] == found[2]
