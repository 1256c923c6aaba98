"""The whole numbers in the arguments of the kernels of single layers."""

import pytest
from helpers.kernel_calls import CALLS, Setting

from fastmlp import kernels

SETTING = Setting((20, 9, 3), 12, 8, "float64", "uint8", seed=1)


@pytest.mark.parametrize("name", ["sum_rows", "backward_weights", "transpose"])
def test_a_range_beside_the_array(name):
    end = {"sum_rows": 9}.get(name, 20)
    for first, last in [(-1, 3), (0, end + 1), (5, 4), (end + 1, end + 1)]:
        with pytest.raises(ValueError, match=rf"^{name}: (first|last) is -?\d+: pass a number from \d+ to {end}\.$"):
            getattr(kernels, name)(**CALLS[name](SETTING) | {"first": first, "last": last})


@pytest.mark.parametrize(
    ("name", "changes", "match"),
    [
        ("activate", {"activation": 9}, "activation is 9"),
        ("multiply_by_derivative", {"activation": kernels.ACTIVATIONS["gelu"]}, "activation is"),
        ("activate_outputs", {"loss": 4}, "loss is 4"),
        ("loss_and_delta", {"loss": -1}, "loss is -1"),
        ("loss_and_delta", {"rows": 7}, "rows is 7: pass a number from 8"),
        ("loss_and_delta", {"loss": kernels.LOSSES["regression"]}, "targets has dtype int64: pass float64"),
        ("loss_and_delta", {"methods": (1, 2)}, "methods is a tuple: pass a Methods, or None"),
        ("layer_weights", {"layer": 2}, "layer is 2"),
        ("layer_biases", {"layer": -1}, "layer is -1"),
        ("sum_losses", {"n": -1}, "n is -1"),
        ("sum_losses", {"n": 13}, "losses has 3 numbers: pass at least 4"),
        ("scratch_size", {"batch_size": -1}, "batch_size is -1"),
        ("thread_range", {"multiple": 0}, "multiple is 0"),
        ("add_outer_packed", {"thread": 1}, "thread is 1"),
    ],
)
def test_a_number_out_of_its_range(name, changes, match):
    with pytest.raises(ValueError, match=rf"^{name}: {match}.*\.$"):
        getattr(kernels, name)(**CALLS[name](SETTING) | changes)


def test_the_view_of_a_layer_keeps_the_parameters_alive():
    arguments = CALLS["layer_weights"](SETTING)
    W, b = kernels.layer_weights(**arguments), kernels.layer_biases(**arguments)
    assert (W.shape, b.shape) == ((9, 3), (3,))
    assert W.base is arguments["params"]
    assert b.base is arguments["params"]
    raw = kernels.layer_weights.kernel(*arguments.values()), kernels.layer_biases.kernel(*arguments.values())
    assert (raw[0] == W).all()
    assert (raw[1] == b).all()


def test_sizes_of_no_network():
    for sizes in [(), (3,), (3, 0), (-1, 3)]:
        with pytest.raises(ValueError, match=r"^make_layout: sizes is .*: pass at least two positive numbers"):
            kernels.make_layout(sizes)
