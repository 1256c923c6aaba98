"""Hyperparameters in words."""

from dataclasses import replace

from fastmlp.presets.describe import epochs_text, network_text, training_text
from fastmlp.presets.presets import find_preset


def test_a_network_in_words():
    assert network_text(find_preset("fast-96")) == "784-64-10, relu, cross entropy"
    assert network_text(find_preset("lecture"), 4, 3) == "4-16-16-3, sigmoid, squared error"
    assert network_text(replace(find_preset("lecture"), hidden=())) == "784-10, sigmoid, squared error"


def test_a_training_in_words():
    preset = find_preset("fast-96")
    assert training_text(preset) == "sgd, learning rate 0.2 (cosine), batches of 8, 1 epoch, label smoothing 0.05"
    more = replace(preset, schedule="constant", epochs=2, weight_decay=0.1, augmentation="shift=1", weight_init="he")
    words = (
        "rate 0.2, batches of 8, 2 epochs, weight init he, weight decay 0.1, augmentation shift=1, label smoothing 0.05"
    )
    assert training_text(more).endswith(words)


def test_epochs_in_words():
    assert [epochs_text(epochs) for epochs in (1, 2)] == ["1 epoch", "2 epochs"]
