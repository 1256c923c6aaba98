"""The evaluation of a network on a data set."""

import json

import numpy as np

from fastmlp import Network


def test_evaluate_matches_classes_by_name(fastmlp):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (300, 3), np.uint8), rng.integers(0, 3, 300)
    X[np.arange(300), y] = 255
    names = np.array(["cat", "dog", "eel"])
    np.savez("three.npz", X=X, y=names[y])
    np.savez("two.npz", X=X[y > 0], y=names[y[y > 0]])
    np.savez("other.npz", X=X, y=np.array(["cat", "bat", "dog"])[y])
    options = "--preset lecture --hidden none --loss cross_entropy --epochs 40 --out three"
    assert fastmlp("train", "--data", "three.npz", *options.split())[0] == 0
    status, out, _ = fastmlp("evaluate", "three/model.safetensors", "--data", "two.npz", "--json")
    assert status == 0
    assert json.loads(out)["test_accuracy"] > 0.9
    status, _, err = fastmlp("evaluate", "three/model.safetensors", "--data", "other.npz")
    assert status == 2
    assert "not trained on the class 'bat' of other.npz: it knows cat, dog, eel" in err


def test_all_predictions_of_one_class_are_worth_a_word(fastmlp, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), np.arange(300) % 2
    np.savez(tmp_path / "noise.npz", X=X, y=y)
    options = "--preset lecture --hidden none --learning-rate 1e-6 --epochs 1 --out noise"
    status, _, err = fastmlp("train", "--data", "noise.npz", *options.split())
    assert status == 0
    network = Network((3, 2))
    network.params[:], network.biases[0][:] = 0, [1, 0]
    network.save("noise/model.safetensors")
    status, _, err = fastmlp("evaluate", "noise/model.safetensors", "--data", "noise.npz")
    assert status == 0
    assert "*** All 300 predictions are '0': the network has learned nothing" in err
