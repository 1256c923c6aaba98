"""The command `presets`."""

import json

from fastmlp.presets import presets
from fastmlp.presets.presets import load_presets, load_reached


def test_presets_are_listed_with_what_they_reach(fastmlp):
    status, out, _ = fastmlp("presets")
    assert status == 0
    names = [line.split()[0] for line in out.splitlines() if line[0] != " "]
    assert names == list(load_presets())
    measured = load_reached()["fast-96"]["accuracy"]["median"]
    assert f"{measured:.2%} on mnist's test set" in out


def test_json_has_the_hyperparameters_and_what_was_measured(fastmlp, monkeypatch, tmp_path):
    reached = json.loads(presets.REACHED.read_text(encoding="utf-8"))
    monkeypatch.setattr(presets, "REACHED", tmp_path / "reached.json")
    presets.REACHED.write_text(json.dumps({"fast-96": reached["fast-96"]}))
    status, out, _ = fastmlp("presets", "--json")
    found = json.loads(out.splitlines()[-1])
    assert status == 0
    assert found.keys() == load_presets().keys()
    assert found["fast-96"]["reached"]["accuracy"] == reached["fast-96"]["accuracy"]
    assert found["fast-96"]["recipe"] == load_presets()["fast-96"].to_dict()
    assert found["lecture"]["reached"] is None
