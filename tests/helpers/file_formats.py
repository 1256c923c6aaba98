"""A small valid file of every format that the package reads, and the functions with which the commands read it."""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from fastmlp import Network
from fastmlp.cli.resume import resumed_options
from fastmlp.cli.run_folder import CHECKPOINT, check_finished
from fastmlp.cli.run_options import RunOptions
from fastmlp.datasets import load_dataset
from fastmlp.datasets.digit_picture import read_digit
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.explore import Store
from fastmlp.network.model_file import load_network
from fastmlp.sweep.config import SweepConfig
from fastmlp.sweep.results import check_stored, combinations_of, rows_of, write_csv
from fastmlp.sweep.store import open_study, quiet, store_at
from fastmlp.training.checkpoints import Checkpoint
from helpers.small_sets import NAMES, arrays, write_set
from helpers.tasks import training


class Format(NamedTuple):
    """A format: its file below a folder, the function that writes it there, and the one that reads it."""

    file: str
    write: object
    read: object


def _idx(names):
    return lambda folder: write_set(folder / "set", arrays(), names)


def _npy(folder):
    rng = np.random.default_rng(0)
    (folder / "set").mkdir()
    np.save(folder / "set" / "X.npy", rng.normal(size=(20, 6)).astype("f4"))
    np.save(folder / "set" / "y.npy", np.array(["cat", "dog"] * 10))


def _npz(folder):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (20, 6), np.uint8), np.arange(20) % 3
    np.savez_compressed(folder / "set.npz", X_train=X, y_train=y, X_test=X, y_test=y)


def _csv(folder):
    rows = [f"{k % 256},{k / 8},name {k % 3}" for k in range(60)]
    (folder / "set.csv").write_text("\n".join(["a,b,label", *rows]))


@functools.cache
def _digit():
    return 255 - draw_digits(1)[0].reshape(28, 28)


def _picture(folder, name):
    Image.fromarray(_digit()).resize((60, 60)).save(folder / name)


def _pictures(folder):
    for label in ("a", "b"):
        (folder / "set" / label).mkdir(parents=True)
        for number in range(3):
            _picture(folder / "set" / label, f"{number}.png")


def _model(folder):
    Network((6, 4, 3), "relu", "cross_entropy", classes=["a", "b", "c"]).save(folder / "a.safetensors")


def _checkpoint(folder):
    training(folder / "a.safetensors", epochs=3, seconds=1000.0, threads=1)


def _read_checkpoint(folder):
    training(None, resume=folder / "a.safetensors", epochs=3, threads=1)


def _run(folder):
    about = {"options": RunOptions(data="drawn", changes={"hidden": (3, 3), "learning_rate": 0.1}).to_json()}
    training(None, epochs=3, threads=1, callbacks=[Checkpoint(folder / CHECKPOINT, 1000.0, about)])


def _read_run(folder):
    check_finished(folder)
    _ = resumed_options(folder, {"seed": 0, "learning_rate": 0.1}, None).hyperparameters


def _sweep_file(folder):
    (folder / "a.toml").write_text(
        'data = "drawn"\nseeds = [1, 2, 30]\ntrials = 12\nheld_out = 0.125\nsampler = "random"\n[settings]\n'
        'hidden = [[16, 16], [64]]\nlearning_rate = "0.1:1:log"\nepochs = 3\nschedule = ["step:every=2", "cosine"]\n'
        'augmentation = "shift=1,rotation=10"\ndropout = [0.0, 0.5]\n'
    )


def _read_sweep_file(folder):
    config = SweepConfig.from_toml(folder / "a.toml")
    if config.n_combinations * len(config.network_seeds) < 1000:
        _ = config.planned_trials


SWEEP = SweepConfig({"width": [8, 16], "learning_rate": [0.5, 2.0]}, seeds=2)
RESULT = {"seed": 0, "validation_accuracy": 0.5, "test_accuracy": 0.5, "seconds": 1.0, "n_params": 100}


def _open_journal(folder):
    """The study and the trials of a journal, checked as at the start of a sweep."""
    with quiet(), store_at(folder / "journal.log") as store:
        study, _ = open_study(store, SWEEP.name, ["maximize"], SWEEP.to_json())
        trials = study.get_trials()
        check_stored(SWEEP, trials)
        rows = rows_of(SWEEP, trials)
        write_csv(rows, folder / "results.csv")
        combinations_of(rows)
        return study


def _journal(folder):
    study = _open_journal(folder)
    with quiet():
        for entry in range(4):
            trial = study.ask()
            trial.set_user_attr("entry", entry)
            trial.set_user_attr("results", [RESULT | {"seed": entry}])
            trial.set_user_attr("failures", [])
            study.tell(trial, 0.5)


def _store(folder):
    Store(folder).put("a", {"params": np.arange(100.0), "loss": np.arange(3.0)})


def _set(folder):
    return load_dataset(folder / "set")


PLAIN = tuple(name.removesuffix(".gz") for name in NAMES)
FORMATS = {
    "idx images": Format(f"set/{PLAIN[0]}", _idx(PLAIN), _set),
    "idx labels": Format(f"set/{PLAIN[1]}", _idx(PLAIN), _set),
    "idx.gz": Format(f"set/{NAMES[0]}", _idx(NAMES), _set),
    "npy": Format("set/X.npy", _npy, _set),
    "npy of texts": Format("set/y.npy", _npy, _set),
    "npz": Format("set.npz", _npz, lambda folder: load_dataset(folder / "set.npz")),
    "csv": Format("set.csv", _csv, lambda folder: load_dataset(folder / "set.csv")),
    "pictures": Format("set/a/1.png", _pictures, _set),
    "model": Format("a.safetensors", _model, lambda folder: load_network(folder / "a.safetensors")),
    "checkpoint": Format("a.safetensors", _checkpoint, _read_checkpoint),
    "checkpoint of a run": Format(CHECKPOINT, _run, _read_run),
    "sweep file": Format("a.toml", _sweep_file, _read_sweep_file),
    "journal": Format("journal.log", _journal, _open_journal),
    "explore's store": Format("a.npz", _store, lambda folder: Store(folder).get("a")),
}
for _kind in ("png", "jpg", "gif", "bmp", "tif", "webp", "pgm"):
    FORMATS[_kind] = Format(
        f"a.{_kind}",
        lambda folder, kind=_kind: _picture(folder, f"a.{kind}"),
        lambda folder, kind=_kind: read_digit(folder / f"a.{kind}"),
    )


def written(folder, name):
    """Write the valid file of a format into a new folder, and return the file's path."""
    folder.mkdir(parents=True)
    FORMATS[name].write(folder)
    return Path(folder) / FORMATS[name].file
