import asyncio
import json

import pytest

from fastmlp.errors import InputError
from fastmlp.serve import tour as module
from fastmlp.serve.outbox import Outbox
from fastmlp.serve.session import Session
from fastmlp.serve.tour import Tour, tour_to_json
from fastmlp.serve.tour_stops import STOPS, Found, Lesson, Stop
from fastmlp.serve.training import IDLE, PAUSED

pytestmark = pytest.mark.page
FOUND = Found(("One.", "Two."), ({"label": "x", "value": 1, "text": "1"},), None)


@pytest.fixture
def run(image_data, in_loop):
    def run_with(function):
        async def main():
            session, outbox = Session(image_data), Outbox()
            session.attach(outbox)
            told = []
            session.say = lambda message, kind=None: told.append(json.loads(json.dumps(message)))
            try:
                await function(session, Tour(session), told)
            finally:
                session.end()
                assert await asyncio.to_thread(session.training.join, 60)

        in_loop(main)

    return run_with


@pytest.fixture
def stops(monkeypatch):
    """Stops with quick lessons in place of the tour's."""
    outcomes = []

    def find(found, data):
        outcomes.append(found)
        return FOUND

    two = (Lesson("First.", {"hidden": [5], "epochs": 2}), Lesson("Second.", {"hidden": [6], "epochs": 3}))
    up = Lesson("Up.", {"activation": "identity", "loss": "cross_entropy", "learning_rate": 30.0})
    made = {
        "two": Stop("T", "Q", "L", two, find),
        "endless": Stop("T", "Q", "L", (Lesson("Long.", {"epochs": 1000}),), find),
        "until": Stop("T", "Q", "L", (Lesson("Until.", {"epochs": 1000, "train_samples": 10**6}, 0.6),), find),
        "diverging": Stop("T", "Q", "L", (up,), find),
    }
    monkeypatch.setattr(module, "STOPS", made)
    return outcomes


async def until_over(session):
    while session.stop is not None:
        await asyncio.sleep(0.01)


def phases(told):
    found = [message["phase"] for message in told if message["type"] == "tour"]
    return [phase for place, phase in enumerate(found) if place == 0 or found[place - 1] != phase]


def test_the_tour_is_listed():
    stops = tour_to_json()
    assert [each["stop"] for each in stops] == ["neurons", "noise", "memory", "width"]
    assert all(each["title"] and each["question"].endswith("?") and each["look"].endswith(".") for each in stops)


def test_a_stop_trains_each_lesson_and_then_says_what_it_found(run, stops):
    async def main(session, tour, told):
        tour.start("two")
        assert session.stop == "two"
        await until_over(session)
        assert phases(told) == ["training", "computing", "done"]
        assert told[-1]["type"] == "state"
        assert session.last_tour["sentences"] == ("One.", "Two.")
        (outcomes,) = stops
        assert [each.network.sizes for each in outcomes] == [(784, 5, 10), (784, 6, 10)]
        assert [each.record[0] for each in outcomes] == [2, 3]
        progress = [message["progress"] for message in told if message.get("text") == "Second."]
        assert progress == sorted(progress)

    run(main)


def test_a_lesson_ends_when_enough_is_learned(run, stops):
    async def main(session, tour, told):
        tour.start("until")
        await until_over(session)
        record = stops[0][0].record
        assert record[2] >= 0.6
        assert record[0] < 1000
        assert stops[0][0].settings["train_samples"] == 2000

    run(main)


def test_a_stop_ends_when_it_is_told_to_or_another_one_begins(run, stops):
    async def main(session, tour, told):
        tour.start("endless")
        await asyncio.sleep(0.05)
        tour.start("two")
        await until_over(session)
        assert phases(told) == ["training", "ended", "training", "computing", "done"]
        tour.start("endless")
        await asyncio.sleep(0.05)
        tour.end()
        assert session.stop is None
        assert session.last_tour is None
        await asyncio.sleep(0.05)
        assert phases(told)[-1] == "ended"
        tour.end()
        assert len(session.on_change) == 0

    run(main)


def test_a_stop_whose_training_fails_ends(run, stops):
    async def main(session, tour, told):
        tour.start("diverging")
        await until_over(session)
        assert session.training.run == IDLE
        assert any(message["type"] == "error" and message["about"] == "training" for message in told)
        assert phases(told)[-1] == "ended"

    run(main)


@pytest.mark.parametrize("name", [None, "nowhere", 3, [], {}])
def test_there_is_no_such_stop(run, name):
    async def main(session, tour, told):
        with pytest.raises(InputError, match="stop of the tour"):
            tour.start(name)
        assert session.stop is None

    run(main)


def test_a_paused_stop_waits(run, stops):
    async def main(session, tour, told):
        tour.start("endless")
        await asyncio.sleep(0.1)
        session.training.pause()
        await asyncio.sleep(0.1)
        assert session.stop == "endless"
        assert session.training.run == PAUSED

    run(main)


@pytest.mark.parametrize("name", STOPS)
def test_each_stop_of_the_tour_finds_something_in_drawn_digits(run, name):
    async def main(session, tour, told):
        tour.start(name)
        await until_over(session)
        assert phases(told) == ["training", "computing", "done"]
        assert len(session.last_tour["figures"]) >= 3

    run(main)


def test_the_tour_s_claims_hold_on_mnist(in_loop):
    from fastmlp.datasets import find_dataset, load_dataset
    from fastmlp.serve.image_data import ImageData

    if find_dataset("mnist") is None:
        pytest.skip("MNIST is not on this machine")
    data = ImageData(load_dataset("mnist"))

    async def main():
        figures = {}
        for seed in (0, 1):
            session = Session(data)
            session.change({"seed": seed})
            tour = Tour(session)
            for name in STOPS:
                tour.start(name)
                await until_over(session)
                figures[seed, name] = {each["label"]: each["value"] for each in session.last_tour["figures"]}
            session.end()
        return figures

    figures = in_loop(main)
    for seed in (0, 1):
        neurons = figures[seed, "neurons"]
        assert 2 * neurons["Pieces in an image"] < neurons["Pieces of a neuron's strongest pixels"]
        assert neurons["Pieces of a neuron's strongest pixels"] < neurons["Pieces in noise"] / 2
        assert neurons["Test accuracy"] > 0.93
        assert figures[seed, "noise"]["Mean of the largest output on noise"] > 0.7
        assert figures[seed, "memory"]["Accuracy on the shuffled labels"] >= 0.99
        assert figures[seed, "memory"]["Test accuracy"] < 0.2
        width = figures[seed, "width"]
        assert width["Mistakes of 500 neurons"] < 0.6 * width["Mistakes of 16 neurons"]
