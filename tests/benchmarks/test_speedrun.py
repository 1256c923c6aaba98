"""The records of the speedrun."""

from benchmarks import figures, presets, speedrun, tables
from benchmarks.results import Options
from fastmlp.presets.presets import load_presets

TWO_RECORDS = """\
["90"]
hidden = [4]
activation = "relu"
loss = "cross_entropy"
optimizer = "sgd"
learning_rate = 0.1
batch_size = 16
epochs = 1
samples = 320
["96"]
preset = "fast-96"
"""


def test_records_are_presets_or_trained_here(monkeypatch, drawn, tmp_path):
    path = tmp_path / "speedrun.toml"
    path.write_text(TWO_RECORDS)
    monkeypatch.setattr(speedrun, "RECORDS", path)
    monkeypatch.setattr(speedrun, "digits_here", lambda: drawn)
    result = speedrun.run(Options(quick=True))
    assert result["records"].keys() == {"90"}
    assert result["records"]["90"]["samples"] == 320
    assert "the first 320 samples" in tables.report(result)
    assert figures.draw(result) is None
    records = speedrun.measured_records({"speedrun": result})
    assert records["90"]["machine"] == result["machine"]
    assert records["90"]["preset"] is None


def test_every_record_can_be_trained(drawn):
    for target, record in speedrun.load_records().items():
        assert 0 < float(target) < 100
        if "preset" in record:
            assert record["preset"] in load_presets()
        else:
            presets.trainer_for(record["hyperparameters"], drawn, 0, None)
