import asyncio
import json

import numpy as np
import pytest

from fastmlp.serve.commands import Commands
from fastmlp.serve.outbox import Outbox
from fastmlp.serve.session import Session
from fastmlp.serve.tour import Tour
from fastmlp.serve.training import IDLE
from fastmlp.serve.wire import unpacked

pytestmark = pytest.mark.page


class Page:
    """A session with its commands, without a connection."""

    def __init__(self, data):
        self.session, self.outbox = Session(data), Outbox()
        self.session.attach(self.outbox)
        self.commands = Commands(self.session, Tour(self.session))

    async def tell(self, **message):
        """Obey a message; return those that it is answered by, by type."""
        return await self.tell_raw(json.dumps(message))

    async def tell_raw(self, message):
        self.outbox.take()
        await self.commands.obey(message)
        answers = {}
        for each in self.outbox.take():
            told = json.loads(each) if isinstance(each, str) else unpacked(each)[0]
            answers[told["type"]] = told
        return answers


@pytest.fixture
def run(image_data, in_loop):
    def run_with(function):
        async def main():
            page = Page(image_data)
            try:
                await function(page)
            finally:
                page.session.end()
                assert await asyncio.to_thread(page.session.training.join, 60)

        in_loop(main)

    return run_with


GARBAGE = [
    {},
    {"type": "hello"},
    {"type": "se"},
    {"type": "x" * 1000},
    {"type": "set"},
    {"type": "set", "settings": 5},
    {"type": "set", "settings": {"hidden": [513]}},
    {"type": "set", "settings": {"__class__": 1}},
    {"type": "set", "settings": {"learning_rate": 10**400}},
    {"type": "reset", "seed": "x"},
    {"type": "reset", "seed": -1},
    {"type": "reset", "seed": 1.5},
    {"type": "pick", "index": -1},
    {"type": "pick", "index": "1"},
    {"type": "pick", "index": True},
    {"type": "pick", "label": 77},
    {"type": "pick", "label": [1]},
    {"type": "neuron"},
    {"type": "neuron", "layer": 1, "unit": 16},
    {"type": "neuron", "layer": {}, "unit": []},
    {"type": "tour"} | {"stop": "nowhere"},
    {"type": "tour", "stop": 5},
]


@pytest.mark.parametrize("message", GARBAGE, ids=str)
def test_garbage_is_answered_by_one_sentence_and_changes_nothing(run, message):
    async def main(page):
        answers = await page.tell(**message)
        assert list(answers) == ["error"]
        assert answers["error"]["message"][-1] in ".?"
        assert len(answers["error"]["message"]) <= 300
        assert (page.session.generation, page.session.training.run) == (1, IDLE)

    run(main)


@pytest.mark.parametrize("message", ["", "{", "[1]", "null", b"", b"\x00", b"\x01\x08\x00\x00", b"\xff" * 5000])
def test_what_is_no_message_is_answered_by_one_sentence(run, message):
    async def main(page):
        assert list(await page.tell_raw(message)) == ["error"]

    run(main)


@pytest.mark.page
def test_random_messages_never_raise(run):
    rng = np.random.default_rng(0)
    values = [None, True, -1, 0, 1, 2.5, 1e308, "", "relu", [], [1], {}, {"hidden": [3]}, {"seed": 5}, "noise"]
    types = ["set", "train", "pause", "step", "reset", "pick", "noise", "clear", "neuron", "tour", "hello"]
    names = ["settings", "seed", "index", "label", "wrong", "layer", "unit", "stop", "seq"]

    async def main(page):
        for _ in range(300):
            fields = {str(name): values[rng.integers(len(values))] for name in rng.choice(names, 3)}
            await page.tell(**{"type": str(rng.choice(types))} | fields)
            await page.tell_raw(rng.bytes(int(rng.integers(0, 200))))

    run(main)


def test_a_drawing_is_answered_with_its_number(run):
    async def main(page):
        pixels = np.zeros((70, 70), np.uint8)
        pixels[20:50, 30:36] = 255
        answer = (await page.tell_raw(b"\x01\x46\x05\x00" + pixels.tobytes()))["answer"]
        assert (answer["seq"], answer["source"], answer["is_blank"]) == (5, "drawing", False)
        assert (await page.tell(type="clear", seq=6))["answer"]["is_blank"]

    run(main)


def test_picking_by_class_and_by_mistake(run, image_data):
    async def main(page):
        for _ in range(5):
            assert (await page.tell(type="pick", label=3))["answer"]["label"] == 3
            answer = (await page.tell(type="pick", wrong=True))["answer"]
            assert answer["answer"] != answer["label"]
        answer = (await page.tell(type="pick", index=42, seq=1))["answer"]
        assert (answer["index"], answer["label"], answer["seq"]) == (42, image_data.labels[42], 1)

    run(main)


@pytest.mark.page
def test_training_pausing_stepping_and_starting_anew(run):
    async def main(page):
        answers = await page.tell(type="step")
        assert answers["state"]["run"] == "preparing"
        while page.session.training.run != "paused":
            await asyncio.sleep(0.005)
        assert page.session.training.epoch == 1
        await page.tell(type="train")
        assert page.session.training.run == "training"
        await page.tell(type="pause")
        assert page.session.training.run in ("paused", "idle")
        state = (await page.tell(type="reset", seed=None))["state"]
        assert (state["settings"]["seed"], state["generation"], state["epoch"]) == (1, 2, 0)
        assert state["can_compare"]
        assert (await page.tell(type="reset", seed=7))["state"]["settings"]["seed"] == 7
        await page.tell(type="reset", seed=999_999)
        assert (await page.tell(type="reset"))["state"]["settings"]["seed"] == 0

    run(main)


def test_a_neuron_is_described(run):
    async def main(page):
        answer = (await page.tell(type="neuron", layer=2, unit=3, seq=11))["neuron"]
        assert (answer["layer"], answer["unit"], answer["seq"], answer["generation"]) == (2, 3, 11, 1)

    run(main)
