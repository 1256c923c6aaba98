"""The presets, and what they were measured to reach."""

import json

import pytest

from fastmlp import InputError
from fastmlp.presets import presets
from fastmlp.presets.presets import find_patience, find_preset, load_presets, load_reached, mnist_presets


def test_the_lectures_preset():
    lecture = find_preset("lecture")
    assert (lecture.hidden, lecture.activation, lecture.loss) == ((16, 16), "sigmoid", "squared_error")
    assert (lecture.optimizer, lecture.batch_size, lecture.augmentation) == ("sgd", 32, "none")
    assert next(iter(load_presets())) == "lecture"


def test_an_unknown_preset_is_one_sentence():
    with pytest.raises(InputError, match="Unknown preset 'fast-9': did you mean 'fast-98"):
        find_preset("fast-9")


@pytest.mark.parametrize("name", [None, ["lecture"], {}])
def test_a_name_that_is_no_text_is_unknown(name):
    with pytest.raises(InputError, match="Unknown preset"):
        find_preset(name)


def test_every_preset_was_measured_as_it_is_now():
    written = json.loads(presets.REACHED.read_text(encoding="utf-8"))
    assert load_reached().keys() == written.keys() == mnist_presets().keys()


def test_measurements_of_presets_that_were_changed_since_are_left_out(monkeypatch, tmp_path):
    written = json.loads(presets.REACHED.read_text(encoding="utf-8"))
    changed = written["lecture"] | {"recipe": written["lecture"]["recipe"] | {"learning_rate": 9.0}}
    monkeypatch.setattr(presets, "REACHED", tmp_path / "reached.json")
    presets.REACHED.write_text(
        json.dumps({"fast-96": written["fast-96"], "lecture": changed, "gone": written["fast-98"]})
    )
    reached = load_reached()
    assert reached.keys() == {"fast-96"}
    assert reached["fast-96"] == {name: value for name, value in written["fast-96"].items() if name != "recipe"}


def test_the_preset_for_tables_ends_early_and_the_others_do_not():
    assert find_patience("table") == 10
    assert all(find_patience(name) is None for name in mnist_presets())
    assert set(load_presets()) - set(mnist_presets()) == {"table"}
