"""The numbers in the arguments of the kernels for whole tasks: samples, labels, codes, threads, packed samples."""

import numpy as np
import pytest
from helpers.kernel_calls import CALLS, Setting, changed, packed_samples

from fastmlp import kernels

SETTING = Setting((70, 65, 3), 40, 33, "float32", "float32", seed=1, variant=1)


def call_of(name, **settings):
    return CALLS[name](SETTING._replace(**settings))


def refused(name, arguments, match):
    with pytest.raises(ValueError, match=rf"^{name}: {match}.*\.$"):
        getattr(kernels, name)(**arguments)


def put(array, place, value):
    array = array.copy()
    array[place] = value
    return array


@pytest.mark.parametrize("bad", [-1, 40, 2**40])
@pytest.mark.parametrize("variant", [0, 1])  # dense and packed
@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_a_sample_that_is_not_there(name, variant, bad):
    arguments = call_of(name, variant=variant)
    refused(
        name, arguments | {"order": put(arguments["order"], 7, bad)}, rf"order\[7\] is {bad}: pass numbers from 0 to 39"
    )


@pytest.mark.parametrize("bad", [-1, 40])
@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize("name", ["predict_outputs", "predict_labels"])
def test_a_prediction_of_a_sample_that_is_not_there(name, variant, bad):
    arguments = call_of(name, variant=variant)
    refused(name, arguments | {"order": put(arguments["order"], 7, bad)}, rf"order\[7\] is {bad}")


@pytest.mark.parametrize("bad", [-1, 3])
@pytest.mark.parametrize("name", ["train", "evaluate", "loss_and_gradient", "loss_and_delta"])
def test_a_label_that_is_no_output(name, bad):
    arguments = call_of(name)
    used = arguments.get("order", arguments.get("batch"))[5]
    wrong = arguments | {"targets": put(arguments["targets"], used, bad)}
    refused(name, wrong, rf"targets\[{used}\] is {bad}: pass labels from 0 to 2")


@pytest.mark.parametrize(("path", "bad"), [("activation", -1), ("activation", 9), ("loss", -1), ("loss", 4)])
@pytest.mark.parametrize("name", ["train", "evaluate", "loss_and_gradient", "predict_outputs", "predict_labels"])
def test_a_code_that_is_none(name, path, bad):
    arguments = call_of(name, variant=0)
    if "model" in arguments:
        wrong = arguments | {"model": arguments["model"]._replace(**{path: bad})}
    else:
        wrong = arguments | {path: bad}
    refused(name, wrong, rf"(model\.)?{path} is {bad}: pass ")


@pytest.mark.parametrize("name", ["predict_outputs", "predict_labels", "evaluate"])
def test_scratch_for_less_than_a_sample(name):
    arguments = call_of(name)
    layout = arguments["layout"] if "layout" in arguments else arguments["model"].layout
    least = kernels.scratch_size(layout, 1)
    for size in (0, 1, least - 1):
        refused(
            name,
            arguments | {"scratch": np.empty(size, np.float32)},
            f"scratch has {size} numbers: pass at least {least}",
        )


@pytest.mark.parametrize("name", ["train", "evaluate", "loss_and_gradient", "predict_outputs"])
def test_a_layout_of_another_network(name):
    arguments = call_of(name, variant=0)
    for sizes in [(70, 65, 4), (70, 64, 3), (69, 65, 3), (70, 3), (70, 65, 5, 3)]:
        layout = kernels.make_layout(sizes)
        wrong = changed(arguments, lambda path, array, layout=layout: layout if path.endswith("layout") else array)
        refused(name, wrong, r"[\w.]+ has ")


@pytest.mark.parametrize("column", range(5))
def test_a_layout_that_contradicts_itself(column):
    layout = SETTING.layout
    layout[1, column] += 1
    for name in ("train", "evaluate", "loss_and_gradient", "predict_outputs", "scratch_size", "layer_weights"):
        wrong = changed(call_of(name), lambda path, array: layout if path.endswith("layout") else array)
        refused(name, wrong, "layout contradicts itself")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"batch_size": 0}, "rule.batch_size is 0"),
        ({"batch_size": 34}, r"work.scratch has \d+ numbers: pass at least"),
        ({"batch_size": 2**40}, "rule.batch_size is"),
        ({"optimizer": 5}, "rule.optimizer is 5"),
        ({"optimizer": kernels.OPTIMIZERS["adam"], "opt_state": None}, "rule.opt_state is None"),
        ({"step": -1}, "rule.step is -1"),
        ({"methods": kernels.Methods(dropout=1.0)}, "methods.dropout is 1.0"),
        ({"methods": kernels.Methods(dropout=np.nan)}, "methods.dropout is nan"),
        ({"methods": kernels.Methods(averaging=0.9), "opt_state": None}, "rule.opt_state is None"),
        ({"methods": kernels.Methods(sample_weights=np.ones(39, np.float32))}, "methods.sample_weights has shape"),
    ],
)
def test_a_rule_that_does_not_fit(changes, match):
    arguments = call_of("train", variant=0)
    refused("train", arguments | {"rule": arguments["rule"]._replace(**changes)}, match)


@pytest.mark.parametrize(
    "changes", [{"thread": 1}, {"thread": -1}, {"threads": 0}, {"arrivals": np.zeros(0, np.int64)}]
)
def test_a_worker_that_is_none(changes):
    for name in ("train", "barrier", "thread_range"):
        arguments = call_of(name)
        refused(name, arguments | {"worker": arguments["worker"]._replace(**changes)}, "worker.")


def test_packed_samples_for_other_threads():
    arguments = call_of("train")
    other = arguments | {"samples": packed_samples(SETTING._replace(threads=2))}
    refused("train", other, "samples are for 2 threads, not 1: pack them anew")
    kernels.check_train(**other | {"order": arguments["order"][:0]})


def train_packed(**changes):
    arguments = call_of("train")
    return arguments | {"samples": arguments["samples"]._replace(**changes)}


def test_packed_samples_that_lead_beside_the_arrays():
    samples, used = call_of("train")["samples"], call_of("train")["order"][0]
    place = samples.starts[0]
    assert used >= 0
    full = samples._replace(columns=put(samples.columns, place, 70))
    arguments = call_of("train")
    arguments["order"][3] = 0
    refused("train", arguments | {"samples": full}, "samples has no sample of 70 inputs at 0")
    for name, bad, match in [
        ("starts", put(samples.starts, 40, len(samples.columns) + 1), "samples has no sample"),
        ("starts", put(samples.starts, 39, -5), "samples has no sample"),
        ("bounds", np.array([0, 71]), "samples.bounds is"),
        ("splits", put(samples.splits, (slice(None), 1), len(samples.columns)), "samples.splits"),
        ("splits", samples.splits - 1, "samples.splits"),
    ]:
        arguments = train_packed(**{name: bad})
        arguments["order"][:3] = 38, 39, 0
        refused("train", arguments, match)


def test_columns_that_do_not_rise():
    samples, order = call_of("train")["samples"], call_of("train")["order"]
    number = next(i for i in order if samples.starts[i + 1] - samples.starts[i] > 2)
    place = samples.starts[number]
    twice, falling = put(samples.columns, place + 1, samples.columns[place]), put(samples.columns, place, 69)
    for columns in (twice, falling):
        refused("train", train_packed(columns=columns), f"samples has no sample of 70 inputs at {number}")


def test_too_little_room_for_a_batch():
    samples = call_of("train")["samples"]
    no_room = "samples.batch_values has too little room for input"
    refused("train", train_packed(column_starts=0 * samples.column_starts), no_room)
    refused("train", train_packed(batch_rows=samples.batch_rows[:-9]), "samples.batch_rows has shape")


def test_a_sample_that_a_batch_has_more_often_than_there_is_room_for():
    arguments = CALLS["train"](SETTING._replace(threads=2))  # for more than one thread the room is counted
    kernels.check_train(**arguments)
    arguments["order"][:] = 0
    refused("train", arguments, "samples.batch_values has too little room for input")


def test_rows_whose_numbers_have_no_room_in_a_byte():
    wide = SETTING._replace(n=300, batch=257)
    arguments = CALLS["train"](wide)
    assert arguments["samples"].batch_rows.dtype == np.uint16
    few = arguments["samples"]._replace(batch_rows=arguments["samples"].batch_rows.astype(np.uint8))
    refused("train", arguments | {"samples": few}, "samples.batch_rows has dtype uint8, too small for batches of 257")


@pytest.mark.parametrize(
    ("name", "group"), [("train", "rule"), ("train", "work"), ("train", "worker"), ("train", "model")]
)
def test_a_group_that_is_another_tuple(name, group):
    arguments = call_of(name)
    refused(name, arguments | {group: tuple(arguments[group])}, rf"{group} is a tuple: pass a {group.title()}")


def test_more_predictions_than_samples():
    arguments = call_of("predict_outputs", variant=0)
    refused("predict_outputs", arguments | {"outputs": np.empty((41, 3), np.float32)}, "samples has 40 rows for 41")
