"""The progress of a run: its title, and a line for each epoch."""

from helpers.tasks import task

from fastmlp import Network, Trainer
from fastmlp.cli.progress import RunProgress


def test_a_training_that_goes_on_says_where(capsys):
    trainer = Trainer(Network((20, 4)))
    for epochs in (1, 2):
        trainer.fit(*task(20), epochs, callbacks=[RunProgress("A title")])
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if not line.startswith("epoch")] == [
        "A title",
        "A title",
        "Going on after epoch 1 of 3.",
    ]
    assert [line.split()[1] for line in lines if line.startswith("epoch")] == ["1/1", "2/3", "3/3"]


def test_nothing_has_started_before_the_training_begins(capsys):
    progress = RunProgress("A title")
    assert not progress.started
    progress.close()
    assert capsys.readouterr().err == ""
    Trainer(Network((20, 4))).fit(*task(20), callbacks=[progress])
    assert progress.started
