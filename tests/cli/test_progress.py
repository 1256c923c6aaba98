"""The progress of a training in the terminal."""

from helpers.tasks import task

from fastmlp import Network, Trainer
from fastmlp.cli.progress import Progress
from fastmlp.training.history import Epoch


def test_an_epochs_line(capsys):
    progress = Progress(12)
    progress.on_epoch_end(Epoch(3, 0.05, 0.9384, seconds=0.5, samples_per_second=120_000))
    progress.on_epoch_end(Epoch(12, 0.04, 0.95, seconds=0.5, samples_per_second=120_000))
    first, last = capsys.readouterr().err.splitlines()
    assert first == "epoch  3/12  loss 0.0500  accuracy  93.84%    120,000 samples/s  4.5 s left"
    assert last == "epoch 12/12  loss 0.0400  accuracy  95.00%    120,000 samples/s"


def test_a_line_has_the_accuracies_that_there_are(capsys):
    progress = Progress(1)
    progress.on_epoch_end(Epoch(1, 0.05, None, seconds=0.5, samples_per_second=1000, validation_loss=0.1))
    progress.on_epoch_end(Epoch(1, 0.05, 0.9, 0.5, 1000, validation_loss=0.1, validation_accuracy=0.875))
    without, both = capsys.readouterr().err.splitlines()
    assert without == "epoch 1/1  loss 0.0500  validation loss 0.1000      1,000 samples/s"
    assert both == "epoch 1/1  loss 0.0500  accuracy  90.00%  validation  87.50%      1,000 samples/s"


def test_a_training_that_goes_on_says_where(capsys):
    trainer = Trainer(Network((20, 4)))
    for epochs in (1, 2):
        trainer.fit(*task(20), epochs, callbacks=[Progress(3, "A title")])
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if not line.startswith("epoch")] == [
        "A title",
        "A title",
        "Going on after epoch 1 of 3.",
    ]
    assert [line.split()[1] for line in lines if line.startswith("epoch")] == ["1/3", "2/3", "3/3"]
