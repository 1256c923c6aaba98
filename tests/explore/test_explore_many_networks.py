"""The experiments that train many networks: small ones, whose answer is known."""

import numpy as np
import pytest

from fastmlp import Network
from fastmlp.explore import (
    Lab,
    data_size,
    edges,
    label_noise,
    minima,
    noise,
    none_of_these,
    shuffled_labels,
    weights,
)
from fastmlp.explore.edges import in_window, windows
from fastmlp.explore.minima import between
from fastmlp.explore.none_of_these import make
from fastmlp.explore.shuffled_labels import epochs_to_half
from fastmlp.explore.training import Plan, train_masked
from fastmlp.explore.weights import measure

# ---- noise -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bias", "half", "nine_tenths"), [(3, 1.0, 1.0), (1, 1.0, 0.0), (-1, 0.0, 0.0)])
def test_noise_is_what_the_bias_says(small, bias, half, nine_tenths):
    network = Network((784, 10), classes=small.classes)
    network.params[:] = 0
    network.biases[0][:] = -9
    network.biases[0][4] = bias
    finding = noise(Lab(small, network), n=200, epochs=1)
    (name, facts), *others = finding.facts["networks"].items()
    assert "given" in name
    assert (facts["above_0.5"], facts["above_0.9"]) == (half, nine_tenths)
    assert facts["said"]["4"] == 200
    assert facts["most_said"] == "4"
    assert facts["accuracy"] == pytest.approx(np.mean(small.test.y == 4))
    assert len(others) == 3
    for _, each in others:
        assert sum(each["said"].values()) == 200


# ---- none of these ---------------------------------------------------------------------------------------------------


def test_images_of_none_of_the_classes(small):
    rng, X = np.random.default_rng(0), small.train.X
    real = {row.tobytes() for row in X}
    histograms = {np.sort(row).tobytes() for row in X}
    made = {kind: make(kind, X, 30, (28, 28), (0.0, 1.0), rng) for kind in ("shuffled pixels", "scrambled patches")}
    for images in made.values():
        assert images.dtype == np.uint8
        assert all(np.sort(row).tobytes() in histograms for row in images)
        assert sum(row.tobytes() in real for row in images) <= 1
    negatives = make("negatives", X, 5, (28, 28), (0.0, 1.0), rng)
    assert all((255 - row).astype(np.uint8).tobytes() in real for row in negatives)
    two = make("two at once", X, 30, (28, 28), (0.0, 1.0), rng)
    assert two.mean() > 1.2 * X.mean()
    uniform = make("noise", X, 300, (28, 28), (0.0, 1.0), rng)
    assert abs(uniform.mean() - 127.5) < 1
    floats = make("stripes", X / np.float32(10), 30, (28, 28), (-1.0, 3.0), rng)
    assert floats.dtype == np.float32
    assert -1 <= floats.min() < -0.9
    assert 2.9 < floats.max() <= 3


def test_an_eleventh_output_refuses_what_it_was_trained_on(small):
    facts = none_of_these(Lab(small), share=1.0, n_test=100, epochs=30).facts
    assert facts["network"] == (784, 32, 16, 11)
    assert facts["refused"]["noise"] > 0.95
    assert facts["refused"]["shuffled pixels"] > 0.95
    assert facts["real_images_refused"] < 0.3
    assert facts["images_of_none_in_training"] == 399


# ---- labels ----------------------------------------------------------------------------------------------------------


def test_half_of_the_way():
    assert epochs_to_half([0.3, 0.5, 0.7, 0.9], 0.1) == pytest.approx(2)
    assert epochs_to_half([0.9, 0.9], 0.1) == pytest.approx(0.5)
    assert epochs_to_half([0.1, 0.1, 0.9], 0.1) == pytest.approx(2.5)


def test_shuffled_labels_are_memorised_later_and_teach_nothing(small):
    facts = shuffled_labels(Lab(small), n=300, width=64, epochs=300).facts
    true, shuffled = facts["true"], facts["shuffled"]
    assert facts["images"] == 300
    assert min(true["train_accuracy"], shuffled["train_accuracy"]) >= 0.99
    assert shuffled["epochs"] > 2 * true["epochs"]
    assert shuffled["epochs_to_half"] > 2 * true["epochs_to_half"]
    assert shuffled["test_accuracy"] < 0.3 < 0.5 < true["test_accuracy"]


def test_wrong_labels_cost_accuracy_and_swapped_ones_none(small):
    lab = Lab(small)
    facts = label_noise(lab, shares=(0.0, 0.5, 1.0), width=32, epochs=30).facts
    assert facts["right_labels"] == pytest.approx([1, 0.55, 0.1], abs=0.07)
    clean, half, none = facts["test_accuracy"]
    assert clean == facts["true_test_accuracy"] > half > none
    assert none < 0.3
    assert abs(facts["swapped_test_accuracy"] - clean) < 0.1


# ---- minima ----------------------------------------------------------------------------------------------------------


def test_the_straight_line_between_two_networks():
    a, b = Network((3, 2)), Network((3, 2))
    a.params[:], b.params[:] = 1, 3
    line = between(a, b, 5, lambda network: float(network.params.sum()))
    np.testing.assert_allclose(line, [8, 12, 16, 20, 24])
    assert np.all(a.params == 1)


def test_minima_counts_the_spread(small):
    facts = minima(Lab(small), widths=(2, 24), seeds=3, n=200, epochs=4, points=3).facts
    assert list(facts["widths"]) == ["2", "24"]
    for width, each in facts["widths"].items():
        (trained,) = Lab(small).train(
            [Lab(small).job(Plan((int(width),), epochs=4, seed=1), Lab(small).some_training(200))]
        )
        assert each["losses"][1] == pytest.approx(trained.network.evaluate(*small.test).loss, rel=1e-6)
        assert each["mean"] == pytest.approx(np.mean(each["losses"]))
        assert each["spread"] == pytest.approx(np.std(each["losses"], ddof=1))
        assert each["line"][0] == pytest.approx(each["losses"][0], rel=1e-6)
        assert each["line"][2] == pytest.approx(each["losses"][1], rel=1e-6)
        assert each["barrier"] == pytest.approx(max(each["line"]) - max(each["losses"][:2]), abs=1e-6)


# ---- data size -------------------------------------------------------------------------------------------------------


def test_more_images_are_better(small):
    facts = data_size(Lab(small), sizes=(20, 100, 10**6), steps=1200).facts
    assert facts["sizes"] == [20, 100, 400]
    for each in facts["networks"].values():
        assert each["test_accuracy"][0] + 0.1 < each["test_accuracy"][-1]
        assert each["train_accuracy"][0] > 0.95
        tenth = np.interp(np.log(40), np.log([20, 100]), each["test_accuracy"][:2])
        assert each["last_tenfold"] == pytest.approx(each["test_accuracy"][-1] - tenth)
    assert facts["batches"] == [1200, 1200, 1196]


# ---- first layers ----------------------------------------------------------------------------------------------------


def test_smooth_weights_are_told_from_random_ones():
    across = np.mgrid[:28, :28][0].reshape(-1)
    network, blank = Network((784, 4)), np.arange(784) < 28
    rng = np.random.default_rng(0)
    random = measure(network, (28, 28), blank, rng)
    assert abs(random["neighbours"]) < 0.05
    network.weights[0][:] = np.sin(across / 5)[:, None]
    network.weights[0][:28] = 0.5
    smooth = measure(network, (28, 28), blank, rng)
    assert smooth["neighbours"] > 0.9
    assert abs(smooth["neighbours_shuffled"]) < 0.05
    assert smooth["size_at_blank_inputs"] == pytest.approx(0.5)
    assert smooth["neurons"] == 4


def test_weight_decay_takes_away_what_no_image_needs(lab):
    finding = weights(lab, decay=0.01)
    plain, decayed = finding.facts["as it is"], finding.facts["with weight decay"]
    assert finding.facts["blank_inputs"] == np.mean(~lab.data.train.X.any(axis=0))
    fresh = Network((784, 16, 16, 10), seed=0)
    blank = ~lab.data.train.X.any(axis=0)
    sizes = np.sqrt((fresh.weights[0][blank] ** 2).mean(axis=1))
    assert plain["size_at_blank_inputs"] == pytest.approx(sizes.mean(), rel=1e-5)
    assert decayed["size_at_blank_inputs"] < 0.9 * plain["size_at_blank_inputs"]
    assert plain["accuracy"] == lab.network.accuracy(*lab.data.test)


def test_windows_cover_the_image_and_hold_their_size():
    mask = windows((28, 28), 16, 9)
    assert mask.shape == (784, 16)
    assert np.all(mask.sum(axis=0) == 81)
    assert mask.any(axis=1).all()
    assert len({column.tobytes() for column in mask.T}) == 16
    assert windows((2, 3), 2, 9).all()


def test_local_connections_stay_local_and_learn(small):
    network = Network((784, 16, 10), "sigmoid", "cross_entropy")
    mask = windows((28, 28), 16, 9)
    train_masked(network, small.train, mask.astype(np.float32), Plan(learning_rate=0.5, epochs=15))
    assert np.all(network.weights[0][~mask] == 0)
    assert np.count_nonzero(network.weights[0][mask]) > 0.9 * mask.sum()
    assert network.accuracy(*small.test) > 0.5


def test_training_with_a_mask_of_ones_is_plain_training(small):
    plan = Plan((5,), "sigmoid", "cross_entropy", learning_rate=0.5, epochs=2)
    lab = Lab(small)
    (trained,) = lab.train([lab.job(plan)])
    network = lab.job(plan).network()
    train_masked(network, small.train, np.ones((784, 5), np.float32), plan)
    np.testing.assert_allclose(network.params, trained.network.params, atol=1e-4)


def test_how_local_an_image_is():
    images = np.zeros((1, 28, 28))
    images[0, 3:12, 5:14] = 2
    assert in_window(images, 9) == pytest.approx(1)
    assert in_window(np.ones((2, 28, 28)), 9) == pytest.approx(81 / 784)
    images[0, 20:, 20:] = 2
    assert in_window(images, 9) == pytest.approx(81 / (81 + 64))


def test_edges_compares_the_ways(small):
    finding = edges(Lab(small), width=16, epochs=2)
    ways = finding.facts["ways"]
    assert list(ways) == ["plain", "weight decay", "dropout", "ReLU", "moved, turned, bent", "local connections"]
    assert ways["local connections"]["in_window"] == pytest.approx(1)
    assert max(each["in_window"] for name, each in ways.items() if name != "local connections") < 0.9
    assert len({each["accuracy"] for each in ways.values()}) > 1
    assert len(finding.figure.axes) == 7


def test_a_given_network_is_not_compared_with_one_trained_in_another_way(small):
    network = Network((784, 8, 10), "relu", "cross_entropy", classes=small.classes)
    finding = weights(Lab(small, network))
    assert list(finding.facts) == ["blank_inputs", "as it is"]
    assert "decay" not in finding.text
