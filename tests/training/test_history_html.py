"""A history as a notebook shows it."""

import pytest
from helpers.pages import checked, table_of, words_of

from fastmlp import Epoch, History

NAN = float("nan")


def history(losses, validation=None, accuracy=0.5):
    return History(
        Epoch(number, loss, accuracy, 0.1, 100.0, *((validation[number - 1], accuracy) if validation else ()))
        for number, loss in enumerate(losses, start=1)
    )


def rows(epochs):
    heading, *content = table_of(checked(epochs._repr_html_()))
    return [dict(zip(heading, row, strict=True)) for row in content]


def test_the_first_the_best_and_the_last_epoch():
    first, best, last = rows(history([0.5, 0.4, 0.3, 0.2], [0.6, 0.5, 0.7, 0.8]))
    assert [each[""] for each in (first, best, last)] == ["first", "least validation loss", "last"]
    assert [each["epoch"] for each in (first, best, last)] == ["1", "2", "4"]
    assert best == {
        "": "least validation loss",
        "epoch": "2",
        "loss": "0.4",
        "accuracy": "50.00%",
        "validation loss": "0.5",
        "validation accuracy": "50.00%",
        "seconds": "0.1",
    }


@pytest.mark.parametrize(
    ("losses", "validation", "words"),
    [
        ([0.5], None, ["first, least loss, last"]),
        ([0.5, 0.4], None, ["first", "least loss, last"]),
        ([0.4, 0.5], None, ["first, least loss", "last"]),
        ([0.5, 0.4, 0.3], [NAN, 0.6, float("inf")], ["first", "least validation loss", "last"]),
        ([0.5, 0.4], [NAN, NAN], ["first", "least loss, last"]),
    ],
)
def test_each_epoch_has_one_row(losses, validation, words):
    assert [row[""] for row in rows(history(losses, validation))] == words


def test_charts_of_loss_and_accuracy():
    tree = checked(history([0.5, 0.4], [0.6, 0.5])._repr_html_())
    assert len(list(tree.iter("svg"))) == 2
    assert words_of(tree).count("validation") == 2
    assert {"loss", "accuracy (%)"} <= set(words_of(tree))
    without = checked(history([0.5, 0.4])._repr_html_())
    assert "validation" not in words_of(without)


def test_a_regression_has_no_accuracy():
    epochs = history([0.5, 0.4], accuracy=None)
    assert len(list(checked(epochs._repr_html_()).iter("svg"))) == 1
    assert "accuracy" not in rows(epochs)[0]


def test_the_time_of_all_epochs():
    assert "3 epochs, 0.30 s of training" in history([0.5, 0.4, 0.3])._repr_html_()
    assert "1 epoch, 0.10 s of training" in history([0.5])._repr_html_()


def test_no_epoch():
    assert checked(History()._repr_html_())[0].text == "No epoch has been trained."


def test_long_histories_are_thinned():
    epochs = history([1 / number for number in range(1, 20_001)])
    assert len(epochs._repr_html_()) < 30_000
    assert rows(epochs)[-1]["epoch"] == "20,000"
