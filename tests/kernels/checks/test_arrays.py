"""The checks of all kernels that Python calls: a right call passes, each way to spoil one array in it does not."""

import numpy as np
import pytest
from helpers.kernel_calls import CALLS, WRITTEN, Setting, arrays_in, changed, random_setting, with_array

from fastmlp import kernels
from fastmlp.kernels._numba.checked import Checked

CHECKED = {name for name in kernels.__all__ if isinstance(getattr(kernels, name), Checked)}


def test_there_is_a_call_of_every_kernel():
    assert set(CALLS) == CHECKED
    for name, paths in WRITTEN.items():
        found = {path for seed in range(60) for path in arrays_in(CALLS[name](setting(seed)))}
        assert paths <= found, name


def setting(seed):
    return Setting((70, 65, 3), 40, 33, "float32", "uint8", "cross_entropy", seed=seed, variant=seed)


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("name", sorted(CALLS))
def test_right_calls_pass_also_if_what_is_only_read_is_read_only(name):
    rng, kernel = np.random.default_rng(5), getattr(kernels, name)
    for _ in range(30):
        arguments = CALLS[name](random_setting(rng))
        kernel.check(**arguments)
        kernel.check(*arguments.values())
        frozen = changed(arguments, lambda path, a: a if path in WRITTEN.get(name, ()) else read_only(a))
        kernel.check(**frozen)


SPOILED = {
    "another dtype": lambda a: np.zeros(a.shape, np.int16),
    "another byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "strided": lambda a: np.repeat(a[..., None], 2, axis=-1)[..., 0],
    "one dimension more": lambda a: a[..., None],
    "one number": lambda a: a.dtype.type(0),
    "a list": lambda a: a.tolist(),
    "none of its rows": lambda a: a[:0],
}
RIGHT = {  # by itself, or not read at all
    "none of its rows": {"all_finite.a", "activate.Z", "activate_outputs.Z", "forward_packed.ahead", "sum_rows.delta"}
    | {"evaluate.order", "train.order", "loss_and_gradient.batch", "predict_outputs.outputs", "predict_labels.labels"},
    "strided": {f"{name}layout" for name in ("predict_outputs.", "predict_labels.", "evaluate.model.", "train.model.")}
    | {"loss_and_gradient.model.layout", "layer_weights.layout", "layer_biases.layout", "scratch_size.layout"}
    | {"train.work.epoch_correct"},  # of one number
}
UNUSED = {f"add_outer_packed.samples.{name}" for name in kernels.PackedSamples._fields[5:]}


@pytest.mark.parametrize("way", SPOILED)
@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_spoiled_array_is_refused(name, way):
    for seed in range(8 if name == "train" else 6):
        arguments = CALLS[name](setting(seed))
        for path, array in arrays_in(arguments).items():
            is_right = f"{name}.{path}" in RIGHT.get(way, set()) | UNUSED
            if not is_right and (way, array.itemsize) != ("another byte order", 1):
                refuse(name, with_array(arguments, path, SPOILED[way](array)), path)


def refuse(name, arguments, path=""):
    """The kernel raises one sentence, and writes nothing."""
    before = {path: array.tobytes() for path, array in arrays_in(arguments).items()}
    with pytest.raises((ValueError, TypeError, AttributeError, IndexError)):  # first: the kernel itself would crash
        getattr(kernels, name).check(**arguments)
    with pytest.raises((ValueError, TypeError), match=rf"^{name}[ :]") as error:
        getattr(kernels, name)(**arguments)
    text = str(error.value)
    assert "\n" not in text, path
    assert text.endswith(".")
    assert {path: array.tobytes() for path, array in arrays_in(arguments).items()} == before


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_what_is_overwritten_must_not_be_read_only(name):
    refused = set()
    for seed in range(12):
        arguments = CALLS[name](setting(seed))
        for path in WRITTEN[name] & set(arrays_in(arguments)):
            refuse(name, with_array(arguments, path, read_only(arrays_in(arguments)[path])))
            refused.add(path)
    assert refused == WRITTEN[name]


def one_more(array, axis):
    return np.concatenate([array, array.take([0], axis)], axis)


def one_less(array, axis):
    return np.ascontiguousarray(array.take(range(array.shape[axis] - 1), axis))


ALONE = {"activate.Z", "activate_outputs.Z", "all_finite.a", "argmax.a", "count_nonzeros.X", "sum_rows.delta"}
CHOSEN = {"evaluate.order", "train.order", "forward_packed.ahead"}
MORE_ROWS = {
    f"{name}.{path}" for name in ("predict_outputs", "predict_labels") for path in ("samples", "samples.starts")
}
MORE_ROWS |= {"forward_packed.samples.starts", "loss_and_delta.targets"}  # than batch or order may ask for
ROOM = {f"{name}.scratch" for name in ("evaluate", "loss_and_gradient", "predict_labels", "predict_outputs")}
ROOM |= {"loss_and_delta.losses", "sum_losses.losses", "pack_rows.columns", "pack_rows.values", "split_rows.columns"}
ROOM |= {f"train.{name}" for name in ("rule.rates", "rule.opt_state", "work.scratch", "work.batch_losses")}
ROOM_IN_COLUMNS = {"train.work.epoch_correct"}
RIGHT_IF_LONGER = ALONE | CHOSEN | MORE_ROWS | ROOM | ROOM_IN_COLUMNS | {"forward_packed.W"}
RIGHT_IF_SHORTER = ALONE | CHOSEN | MORE_ROWS | {"evaluate.scratch", "scratch_size.layout", "loss_and_gradient.batch"}
RIGHT_IF_SHORTER |= {"predict_outputs.outputs", "predict_labels.labels"}


@pytest.mark.parametrize(("change", "right"), [(one_more, RIGHT_IF_LONGER), (one_less, RIGHT_IF_SHORTER)])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_array_that_does_not_fit_the_others_is_refused(name, change, right):
    for seed in (0, 1, 2, 3, 5, 9):
        arguments = CALLS[name](setting(seed)._replace(n=33 if "predict" in name else 40))
        arguments |= {"scratch": arguments["scratch"][: least_scratch(arguments)]} if "predict" in name else {}
        for path, array in arrays_in(arguments).items():
            for axis in range(array.ndim):
                if f"{name}.{path}" not in (right if axis == 0 else right & (ALONE | ROOM_IN_COLUMNS)) | UNUSED:
                    refuse(name, with_array(arguments, path, change(array, axis)), path)


def least_scratch(arguments):
    return kernels.scratch_size(arguments["layout"], 1)
