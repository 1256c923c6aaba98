import math

import numpy as np
import pytest

from fastmlp.network.network import Network
from fastmlp.serve.controls import changed, hyperparameters, make_controls
from fastmlp.serve.tour_stops import STOPS, Outcome, find_memory, find_neurons, find_noise, find_width, mean_pieces

pytestmark = pytest.mark.page


def outcome(network, *, train=0.9, test=0.8, seconds=2.0, **settings):
    return Outcome(network, (7, 0.1, train, 0.2, test, seconds), settings)


def check(found):
    assert len(found.sentences) == 2
    assert all(sentence.endswith(".") and len(sentence) < 250 for sentence in found.sentences)
    assert all(math.isfinite(figure["value"]) for figure in found.figures)
    assert found.to_json()["then"] == found.then
    return {figure["label"]: figure["value"] for figure in found.figures}


@pytest.mark.parametrize("name", STOPS)
def test_the_settings_of_each_lesson_are_in_their_ranges(name):
    controls = make_controls(60000, True)
    settings = {each: control.default for each, control in controls.items()}
    for lesson in STOPS[name].lessons:
        hyperparameters(changed(controls, settings, lesson.settings))


def test_pieces_are_counted():
    ring, spots = np.zeros((1, 28, 28)), np.zeros((1, 28, 28))
    ring[0, 5:15, 5] = ring[0, 5:15, 14] = ring[0, 5, 5:15] = ring[0, 14, 5:15] = 1
    ring[0, 6:8, 6:11] = 0.5
    spots[0, ::4, ::4] = np.arange(1, 50).reshape(7, 7)
    spots[0, 1, 0] = -1
    assert mean_pieces(ring) == 1
    assert mean_pieces(spots) == 49


def test_neurons_are_compared_with_images_and_noise(image_data):
    untrained = check(find_neurons([outcome(Network((784, 16, 10), seed=0))], image_data))
    assert untrained["Pieces in noise"] == pytest.approx(untrained["Pieces of a neuron's strongest pixels"], rel=0.2)
    stroked = Network((784, 8, 10), seed=0)
    stroked.weights[0][:] = image_data.well_known[:8].T
    found = find_neurons([outcome(stroked)], image_data)
    figures = check(found)
    assert figures["Pieces of a neuron's strongest pixels"] < 2 * figures["Pieces in an image"]
    assert "hardly more pieces" in found.sentences[0]


def test_noise_is_said_as_it_is(image_data):
    network = Network((784, 10), loss="cross_entropy", seed=0)
    network.params[:] = 0
    unsure = find_noise([outcome(network)], image_data)
    assert check(unsure)["Mean of the largest output on noise"] == pytest.approx(0.1)
    assert "less sure" in unsure.sentences[1]
    network.biases[0][4] = 9
    sure = find_noise([outcome(network)], image_data)
    assert check(sure)["Answers that are 4"] == 1
    assert "ever gave it a reason" in sure.sentences[1]


def test_memory_is_said_as_it_is(image_data):
    network = Network((784, 10), seed=0)
    learned = find_memory([outcome(network, train=0.996, test=0.11, train_samples=2000)], image_data)
    assert check(learned)["Accuracy on the shuffled labels"] == 0.996
    assert "by heart" in learned.sentences[0]
    assert "not done" in find_memory([outcome(network, train=0.5, train_samples=2000)], image_data).sentences[0]


def test_widths_are_compared(image_data):
    narrow = outcome(Network((784, 16, 10), seed=0), test=0.9)
    wide = outcome(Network((784, 500, 10), seed=0), test=0.98)
    figures = check(find_width([narrow, wide], image_data))
    assert figures["Mistakes of 16 neurons"] == 30
    assert figures["Mistakes of 500 neurons"] == 6
