"""Sweep files: the line of a wrong entry, and flags that replace entries."""

import time

import pytest

from fastmlp.errors import InputError
from fastmlp.sweep import SweepConfig

WRONG = {
    "loss": ("[settings]\nloss = 'regression'\n", 2, "A sweep judges networks by their accuracy"),
    "schedule": ("[settings]\nschedule = 'cosinus'\n", 2, "cosine"),
    "augmentation": ("[settings]\naugmentation = 'shift=much'\n", 2, "shift"),
    "dropout": ("[settings]\ndropout = [0.1, 1.0]\n", 2, "dropout"),
    "colour": ('data = "few"\ncolour = 3\n[settings]\nhidden = "16"\n', 2, "Unknown key 'colour'"),
    "misplaced": ("epochs = 3\n[settings]\nhidden = '16'\n", 1, "belongs below [settings]"),
    "setting": ("[settings]\nhiden = '16'\n", 2, "did you mean 'hidden'"),
    "type": (
        "[settings]\nepochs = 3\nlearning_rate = [0.1,\n  'fast']\n",
        3,
        "learning_rate is 'fast': pass a positive number, or a range",
    ),
    "whole": ("[settings]\n\nbatch_size = 2.5\n", 3, "batch_size is 2.5: pass a whole number"),
    "range": ("trials = 5\n[settings]\nlearning_rate = '1:0.1'\n", 3, "is empty"),
    "log": ("trials = 5\n[settings]\nmomentum = '0:0.9:log'\n", 3, "no logarithm"),
    "list": ("[settings]\nactivation = []\n", 2, "no values"),
    "twice": ("[settings]\nwidth = [8, 8]\n", 2, "8 is there twice"),
    "name": ("[settings]\nactivation = ['relu', 'rellu']\n", 2, "did you mean 'relu'"),
    "rate": ("[settings]\nlearning_rate = -1\n", 2, "positive"),
    "layers": ("[settings]\nhidden = [16, 16]\n", 2, "one network or several"),
    "both": ("[settings]\nhidden = '16'\ndepth = 3\n", 3, "either hidden, or width and depth"),
    "grid": ("sampler = 'grid'\n[settings]\nwidth = '8:16'\n", 3, "a grid has no ranges"),
    "trials": ("trials = 0\n[settings]\nwidth = '8:16'\n", 1, "at least 1"),
    "trials of a grid": ("trials = 4\n[settings]\nwidth = 8\n", 1, "leave `trials` out"),
    "seeds": ("seeds = 'many'\n[settings]\nwidth = 8\n", 1, "whole number"),
    "objective": ("objectives = ['speed']\n[settings]\nwidth = 8\n", 1, "Unknown objective"),
    "sampler": ("sampler = 'gird'\n[settings]\nwidth = 8\n", 1, "did you mean 'grid'"),
    "prune": ("objectives = ['accuracy', 'seconds']\nprune = true\n[settings]\nwidth = 8\n", 2, "for accuracy alone"),
    "held out": ("held_out = 1.5\n[settings]\nwidth = 8\n", 1, "held_out is 1.5: pass a number above 0 and below 1"),
    "settings": ("settings = 3\n", 1, "[settings]"),
    "preset": ("preset = 'lecturer'\n[settings]\nwidth = 8\n", 1, "did you mean 'lecture'"),
    "objectives": ("objectives = 5\n[settings]\nwidth = 8\n", 1, "Unknown objective 5"),
    "objective of a list": (
        "objectives = [['accuracy']]\n[settings]\nwidth = 8\n",
        1,
        "Unknown objective ['accuracy']",
    ),
    "objective of a table": ("objectives = [{a = 1}]\n[settings]\nwidth = 8\n", 1, "Unknown objective {'a': 1}"),
    "no accuracy": ("objectives = ['parameters']\n[settings]\nwidth = 8\n", 1, "accuracy must be one of them"),
    "none in a range": ("trials = 2\n[settings]\nweight_decay = 'none:1'\n", 3, "none is no number"),
    "none as a range's end": ("trials = 2\n[settings]\nmax_norm = '1:none'\n", 3, "none is no number"),
    "range in a list": (
        "trials = 2\n[settings]\nlearning_rate = ['0.1:1', 2]\n",
        3,
        "'0.1:1' is a range: give it alone",
    ),
    "underscore": ("[settings]\nbatch_size = '_'\n", 2, "batch_size is '_': pass a whole number"),
    "underscores": ("[settings]\nwidth = '1__0'\n", 2, "width is '1__0': pass a whole number"),
    "digits": (f"[settings]\nbatch_size = '{'9' * 5000}'\n", 2, "batch_size is a text of 5,000 characters"),
    "digits of layers": (f"[settings]\nhidden = '{'9' * 5000}'\n", 2, "(5,002 characters): pass positive widths"),
    "many seeds": ("seeds = 10000000000000\n[settings]\nwidth = 8\n", 1, "at most 1,000,000"),
    "seeds that are true": ("seeds = [true]\n[settings]\nwidth = 8\n", 1, "seed is True"),
    "seed that is true": ("seed = true\n[settings]\nwidth = 8\n", 1, "seed is True"),
    "sampler that is false": ("sampler = false\n[settings]\nwidth = 8\n", 1, "Unknown sampler False"),
    "no sampler": ("sampler = ''\n[settings]\nwidth = 8\n", 1, "Unknown sampler ''"),
    "tables": ("[[settings]]\nwidth = 8\n", 1, "settings is no table"),
    "folder": ("name = 'a/../c'\n[settings]\nwidth = 8\n", 1, "without slashes"),
    "layers without end": ("[settings]\ndepth = 1000000000000\n", 2, "depth is 1,000,000,000,000: pass at most 10,000"),
    "a long name": (f"[settings]\nactivation = '{'x' * 5000}'\n", 2, "(5,002 characters): known are"),
    "a name with a line end": ('name = "a\\nb"\n[settings]\nwidth = 8\n', 1, r"name is 'a\nb'"),
    "data": ("data = 3\n[settings]\nwidth = 8\n", 1, "pass a text"),
}


NO_TOML = {
    "nested": (f"[settings]\na = {'[' * 5000}{']' * 5000}\n", "recursion"),
    "digits": (f"[settings]\nwidth = {'9' * 5000}\n", "4300 digits"),
    "hexadecimal digits": (f"[settings]\nwidth = 0x{'f' * 5000}\n", "an integer of more than 64 bits"),
    "digits inside": (f"[settings]\nhidden = [[16], [{1 << 63}]]\n", "an integer of more than 64 bits"),
    "key of many parts": (f"a{'.a' * 100_000} = 1\n", "a key of more than 100 parts"),
    "table of many parts": (f"[a{' . a' * 50_000}]\n", "a key of more than 100 parts"),
    "inner key of many parts": (f"a = {{'a'{'.a' * 100_000} = 1}}\n", "a key of more than 100 parts"),
    "no UTF-8": (b"name = '\xff'\n", "can't decode byte 0xff"),
    "a line that is quoted": (f"name = \x1b[2J{'x' * 1000}\n", "line 1"),
}


@pytest.mark.parametrize("case", NO_TOML)
def test_what_is_no_toml_is_refused_at_once_in_one_line(case, tmp_path):
    content, message = NO_TOML[case]
    path = tmp_path / "wrong.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    started = time.process_time()
    with pytest.raises(InputError, match="this is no TOML") as refusal:
        SweepConfig.from_toml(path)
    assert time.process_time() - started < 2
    assert message in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_a_large_file_is_no_sweep_file(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"#" * (1 << 18) + b"\n")
    with pytest.raises(InputError, match=r"has 262,145 bytes: a sweep file has at most 262,144\."):
        SweepConfig.from_toml(tmp_path / "a.toml")


def test_a_long_list_is_read_at_once(tmp_path):
    (tmp_path / "a.toml").write_text(f"[settings]\nwidth = [{', '.join(map(str, range(1, 30_000)))}]\n")
    started = time.process_time()
    assert SweepConfig.from_toml(tmp_path / "a.toml").n_combinations == 29_999
    assert time.process_time() - started < 2


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_with_its_line(case, tmp_path):
    content, line, message = WRONG[case]
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(InputError) as refusal:
        SweepConfig.from_toml(path)
    assert f"{path}, line {line}: " in str(refusal.value)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_no_file_and_no_toml_are_refused(tmp_path):
    with pytest.raises(InputError, match="There is no sweep file"):
        SweepConfig.from_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("seeds = \n")
    with pytest.raises(InputError, match="line 1"):
        SweepConfig.from_toml(tmp_path / "bad.toml")
    (tmp_path / "empty.toml").touch()
    with pytest.raises(InputError, match="nothing to sweep"):
        SweepConfig.from_toml(tmp_path / "empty.toml")
    assert SweepConfig.from_toml(tmp_path / "empty.toml", settings={"width": ["8"]}).fixed["width"] == 8


def test_flags_replace_what_the_file_says(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("seeds = 5\n[settings]\nwidth = [8, 16]\nepochs = 3\n")
    config = SweepConfig.from_toml(path, settings={"epochs": ["7"]}, seeds=2)
    assert (config.name, len(config.planned_trials), config.fixed["epochs"]) == ("study", 4, 7)
    with pytest.raises(InputError, match=r"^--epochs is 'x': pass a whole number"):
        SweepConfig.from_toml(path, settings={"epochs": ["x"]})
