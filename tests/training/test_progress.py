"""The line that follows a training: on a terminal, in a file, and however the training ends."""

import io
import os
import shutil
import time
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.tasks import Keep, task

from fastmlp import Callback, InputError, Network, Trainer
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.history import Epoch
from fastmlp.training.progress import IN_A_FILE, LONG_EPOCH, ON_A_SCREEN, Progress


@pytest.fixture
def clock(monkeypatch):
    """The time in a list, which a test can change."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return clock


def terminal(monkeypatch, columns=120):
    """Put a terminal in place of standard error. Not a fixture: pytest sets standard error anew for each test."""
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24)))
    return screen


def begun(last_epoch, **options):
    progress = Progress(**options)
    progress.on_train_begin(SimpleNamespace(last_epoch=last_epoch))
    return progress


def texts(screen):
    """Return the texts that stood in the line, one after the other."""
    return [text.rstrip() for text in screen.getvalue().split("\r")[1:]]


def record(number, **changes):
    return Epoch(
        **{"epoch": number, "loss": 0.05, "accuracy": 0.9384, "seconds": 0.5, "samples_per_second": 120_000} | changes
    )


def fitted(epochs=5, n=60, **options):
    trainer = Trainer(Network((20, 8, 4), seed=1), learning_rate=1.0)
    trainer.fit(*task(n), epochs, progress=True, **options)
    return trainer


# ---- the texts -------------------------------------------------------------------------------------------------------


def test_an_epochs_line(capsys, clock):
    progress = begun(12, every_epoch=True)
    progress.on_epoch_end(record(3))
    progress.on_epoch_end(record(12, loss=0.04, accuracy=0.95))
    first, last = capsys.readouterr().err.splitlines()
    assert first == "epoch  3/12  loss 0.0500  accuracy  93.84%    120,000 samples/s  4.5 s left"
    assert last == "epoch 12/12  loss 0.0400  accuracy  95.00%    120,000 samples/s"


def test_a_line_has_the_accuracies_that_there_are(capsys):
    progress = begun(1, every_epoch=True)
    progress.on_epoch_end(record(1, accuracy=None, validation_loss=0.1))
    progress.on_epoch_end(record(1, validation_loss=0.1, validation_accuracy=0.875))
    without, both = capsys.readouterr().err.splitlines()
    assert without == "epoch 1/1  loss 0.0500  validation loss 0.1000    120,000 samples/s"
    assert both == "epoch 1/1  loss 0.0500  accuracy  93.84%  validation  87.50%    120,000 samples/s"


def test_the_time_left_is_that_from_one_end_of_an_epoch_to_the_next(monkeypatch, clock):
    """Epochs of half a second, and a validation of another second and a half."""
    screen = terminal(monkeypatch)
    progress = begun(10)
    for epoch in (1, 2, 3):
        progress.on_epoch_end(record(epoch))
        clock[0] += 2
    first, second, third = texts(screen)
    assert first.endswith("4.5 s left")  # nine epochs, of which the training is known
    assert second.endswith("16.0 s left")
    assert third.endswith("14.0 s left")


def test_a_narrow_terminal_shows_the_time_left_rather_than_the_speed(monkeypatch, clock):
    screen = terminal(monkeypatch, columns=60)
    begun(12).on_epoch_end(record(3))
    assert texts(screen) == ["epoch  3/12  loss 0.0500  accuracy  93.84%  4.5 s left"]


# ---- how often -------------------------------------------------------------------------------------------------------


def test_a_terminal_has_one_line_that_changes_ten_times_a_second_and_ends_with_the_last_epoch(monkeypatch, clock):
    screen = terminal(monkeypatch)
    progress = begun(100)
    for epoch in range(1, 100):
        progress.on_epoch_end(record(epoch))
        clock[0] += 0.03
    shown = [int(text.split()[1].split("/")[0]) for text in texts(screen)]
    assert shown == list(range(1, 100, round(ON_A_SCREEN / 0.03 + 0.49)))
    progress.on_epoch_end(record(100))
    assert "\n" not in screen.getvalue()
    progress.on_train_end()
    progress.close()
    assert texts(screen)[-1].startswith("epoch 100/100  loss")
    assert screen.getvalue().count("\n") == 1
    assert screen.getvalue().endswith("\n")


def test_a_file_has_a_line_every_two_seconds_and_the_last_one(capsys, clock):
    progress = begun(7)
    for epoch in range(1, 7):
        progress.on_slice_end(epoch, 5, 10)
        progress.on_epoch_end(record(epoch))
        clock[0] += IN_A_FILE / 2
    progress.on_train_end()
    err = capsys.readouterr().err
    assert [line.split()[1] for line in err.splitlines()] == ["1/7", "3/7", "5/7", "6/7"]
    assert "\r" not in err


def test_long_epochs_have_a_line_each_in_a_file(capsys, clock):
    progress = begun(3)
    for epoch in (1, 2, 3):
        progress.on_epoch_end(record(epoch))
        clock[0] += 1.1 * IN_A_FILE
    progress.on_train_end()
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["1/3", "2/3", "3/3"]


def test_a_file_does_not_have_parts_of_epochs(capsys, clock):
    progress = begun(2)
    for done in range(1, 21):
        clock[0] += IN_A_FILE
        progress.on_slice_end(1, done, 20)
    assert capsys.readouterr().err == ""


def test_a_long_epoch_shows_how_much_of_it_is_done(monkeypatch, clock):
    """The samples take 0.2 s each; the first slice has 1 of 20."""
    screen = terminal(monkeypatch)
    progress = begun(2)
    for done in range(1, 21):
        clock[0] += 0.2
        progress.on_slice_end(1, done, 20)
    early = round(LONG_EPOCH / 0.2)
    assert len(texts(screen)) == 20 - early
    assert texts(screen)[0] == "epoch 1/2   30%          5 samples/s  6.8 s left"  # 34 of 40 samples
    progress.on_epoch_end(record(1))
    progress.on_slice_end(2, 1, 20)
    clock[0] += 1.2 * LONG_EPOCH
    progress.on_slice_end(2, 10, 20)
    assert texts(screen)[-1].startswith("epoch 2/2   50%  loss 0.0500  accuracy  93.84%")


def test_each_epoch_may_leave_a_line_on_a_terminal(monkeypatch, clock):
    screen = terminal(monkeypatch)
    progress = begun(2, every_epoch=True)
    progress.on_epoch_end(record(1))
    progress.on_epoch_end(record(2))
    progress.on_train_end()
    first, second, rest = screen.getvalue().split("\n")
    assert first.startswith("\repoch 1/2")
    assert second.startswith("\repoch 2/2")
    assert rest == ""


# ---- in `fit` --------------------------------------------------------------------------------------------------------


def test_fit_shows_a_line_only_if_asked(monkeypatch):
    screen = terminal(monkeypatch)
    trainer = fitted(validation=0.2)
    assert texts(screen)[-1].startswith("epoch 5/5  loss")
    assert "validation" in texts(screen)[-1]
    assert screen.getvalue().endswith("\n")
    before = screen.getvalue()
    trainer.fit(*task(60), 2)
    assert screen.getvalue() == before
    trainer.fit(*task(60), 2, progress=True)  # its epochs are counted from the first fit on
    assert texts(screen)[-1].startswith("epoch 9/9")


def test_epochs_that_share_a_call_still_share_it(monkeypatch):
    """A training of tiny epochs is as fast with the line as without: one call of the kernel trains many."""
    from fastmlp.training import loop

    calls, train = [], loop.train

    def counted(*args):
        calls.append(args[2].size)
        return train(*args)

    monkeypatch.setattr(loop, "train", counted)
    terminal(monkeypatch)
    history = fitted(epochs=200).history
    assert len(history) == 200
    assert max(calls) >= 8 * 60
    assert len(calls) < 100
    plain = Trainer(Network((20, 8, 4), seed=1), learning_rate=1.0)
    plain.fit(*task(60), 200)
    assert [epoch.loss for epoch in history] == [epoch.loss for epoch in plain.history]
    calls.clear()
    fitted(epochs=200, callbacks=[Callback()])
    assert len(calls) >= 200


def test_early_stopping_finishes_the_line(monkeypatch):
    screen = terminal(monkeypatch)
    trainer = fitted(epochs=50, callbacks=[EarlyStopping(1, min_delta=10.0, monitor="loss")])
    assert len(trainer.history) == 2
    assert texts(screen)[-1].startswith("epoch  2/50")
    assert screen.getvalue().endswith("\n")


class Raises(Keep):
    """Raises what it is given at the end of the second epoch."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_epoch_end(self, record):
        if record.epoch == 2:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("mine")])
def test_ctrl_c_and_errors_leave_the_cursor_on_a_new_line(monkeypatch, error):
    screen = terminal(monkeypatch)
    with pytest.raises(type(error)):
        fitted(callbacks=[Raises(error)])
    assert texts(screen)[-1].startswith("epoch 1/5")
    assert screen.getvalue().endswith("\n")


def test_bad_input_shows_no_line(monkeypatch):
    screen = terminal(monkeypatch)
    with pytest.raises(InputError):
        Trainer(Network((20, 4))).fit(np.zeros((3, 20)), [0, 1, 9], progress=True)
    with pytest.raises(InputError, match="callbacks is None"):
        Trainer(Network((20, 4))).fit(*task(9), callbacks=None, progress=True)
    assert texts(screen) == []  # perhaps a notice about compiling


def test_a_checkpoint_does_not_ask_for_the_line(tmp_path, monkeypatch, capsys):
    """A fit that was watched can be resumed without it, and the other way round."""
    from fastmlp.training.checkpoints import Checkpoint

    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fitted(callbacks=[Checkpoint(path, seconds=0), Raises(KeyboardInterrupt())])
    trainer = Trainer(Network((20, 8, 4), seed=1), learning_rate=1.0)
    trainer.fit(*task(60), 5, callbacks=[Checkpoint(path)], resume=path)
    assert len(trainer.history) == 5
    assert capsys.readouterr().err.count("epoch 1/5") == 1


def test_an_evaluation_of_all_samples_is_no_progress_within_the_epoch(monkeypatch, clock):
    """L-BFGS says after each evaluation that all samples are done."""
    screen = terminal(monkeypatch)
    progress = begun(3)
    for _ in range(3):
        progress.on_slice_end(1, 100, 100)
        clock[0] += 5
    assert texts(screen) == []
    progress.on_epoch_end(record(1))
    assert texts(screen)[-1].startswith("epoch 1/3")
