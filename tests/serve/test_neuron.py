import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.serve.neuron import check_neuron, describe_neuron
from fastmlp.serve.wire import packed

pytestmark = pytest.mark.page


@pytest.fixture
def network():
    return Network((784, 12, 6, 10), "sigmoid", "cross_entropy", seed=2)


def test_a_neuron_of_the_first_layer_shows_its_weights(network, image_data):
    x = image_data.well_known[0]
    about, arrays = describe_neuron(network, image_data, 1, 3, x)
    np.testing.assert_allclose(
        arrays["picture"].values * arrays["picture"].scale,
        network.weights[0][:, 3].reshape(28, 28),
        atol=0.51 * arrays["picture"].scale,
    )
    z = float(x @ network.weights[0][:, 3] + network.biases[0][3])
    assert about["weighted_sum"] == pytest.approx(z, rel=1e-4)
    assert about["activation"] == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-4)
    assert (about["picture_is"], about["adds_is"], about["strongest"]) == ("weights", "gradient", [])
    packed({"type": "neuron"} | about, arrays)


def test_the_last_hidden_layer_adds_activation_times_weight(network, image_data):
    about, arrays = describe_neuron(network, image_data, 2, 1, image_data.well_known[0])
    np.testing.assert_allclose(about["adds"], about["activation"] * network.weights[2][1], rtol=1e-5)
    assert about["adds_is"] == "exact"
    assert about["picture_is"] == "gradient"
    strongest = np.argsort(-np.abs(network.weights[1][:, 1]))[:8].tolist()
    assert [unit for unit, _ in about["strongest"]] == strongest
    assert about["strongest"][0][1] == pytest.approx(float(network.weights[1][strongest[0], 1]))
    assert arrays["images"].shape == (8, 28, 28)


def test_the_images_that_excite_it_most_come_first(network, image_data):
    about, _ = describe_neuron(network, image_data, 1, 0, None)
    sums = image_data.well_known @ network.weights[0][:, 0] + network.biases[0][0]
    assert [each["index"] for each in about["excites"]] == np.argsort(-sums, kind="stable")[:8].tolist()
    assert [each["label"] for each in about["excites"]] == image_data.labels[np.argsort(-sums)[:8]].tolist()
    activations = [each["activation"] for each in about["excites"]]
    assert activations == sorted(activations, reverse=True)


def test_an_output_adds_nothing(network, image_data):
    about, _ = describe_neuron(network, image_data, 3, 9, image_data.well_known[5])
    assert about["adds"] is None
    single = describe_neuron(Network((784, 10), seed=0), image_data, 1, 2, None)[0]
    assert (single["adds"], single["picture_is"]) == (None, "weights")


@pytest.mark.parametrize(
    ("layer", "unit"), [(0, 0), (4, 0), (1, 12), (1, -1), (3, 10), (None, 0), ("1", 0), (1, None), (1.0, 0), ([], {})]
)
def test_there_is_no_such_neuron(network, layer, unit):
    with pytest.raises(InputError, match=r"\.$"):
        check_neuron(network, layer, unit)
