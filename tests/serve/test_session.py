import asyncio
import json

import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.serve.outbox import Outbox
from fastmlp.serve.session import Session, thinned
from fastmlp.serve.shown_image import noise_image, picked_image
from fastmlp.serve.training import IDLE
from fastmlp.serve.wire import unpacked

pytestmark = pytest.mark.page


def texts(outbox, kind):
    """The messages of text of a type that are waiting, as dicts."""
    waiting = [json.loads(each) for each in outbox.take() if isinstance(each, str)]
    return [each for each in waiting if each["type"] == kind]


async def trained(session, epochs=2):
    session.change({"epochs": epochs})
    session.training.train()
    while session.training.run != IDLE:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.01)


@pytest.fixture
def run(image_data, in_loop):
    """A function that runs a coroutine function with a session and its outbox."""

    def run_with(function, given=None):
        async def main():
            session, outbox = Session(image_data, given), Outbox()
            session.attach(outbox)
            try:
                return await function(session, outbox)
            finally:
                session.end()
                assert await asyncio.to_thread(session.training.join, 60)

        return in_loop(main)

    return run_with


def test_it_begins_with_the_lecture_s_network_and_says_so(run):
    async def main(session, outbox):
        (state,) = texts(outbox, "state")
        assert (state["run"], state["generation"], state["sizes"]) == ("idle", 1, [784, 16, 16, 10])
        assert (state["n_params"], state["trained"], state["can_compare"]) == (13002, False, False)
        assert outbox.frame_is_due

    run(main)


def test_the_rate_is_heard_without_a_new_network_and_others_with_one(run):
    async def main(session, outbox):
        training, network = session.training, session.training.trainer.network
        session.change({"learning_rate": 0.25, "epochs": 7})
        assert session.training is training
        assert (training.rate, training.epochs) == (0.25, 7)
        session.change({"batch_size": 32})  # as it is
        assert session.training is training
        session.change({"batch_size": 64})
        assert session.generation == 2
        assert session.training.trainer.network is not network
        np.testing.assert_array_equal(session.training.trainer.network.params, network.params)  # the same seed
        assert session.training.trainer.options.learning_rate == 0.25
        assert session.training.epochs == 7
        assert texts(outbox, "state")[-1]["settings"]["batch_size"] == 64

    run(main)


def test_settings_that_are_wrong_change_nothing(run):
    async def main(session, outbox):
        for changes in ({"hidden": [9999]}, {"hidden": [16], "x": 1}, None, {"learning_rate": "high"}):
            with pytest.raises(InputError):
                session.change(changes)
        assert session.generation == 1
        assert session.settings["hidden"] == [16, 16]

    run(main)


@pytest.mark.page
def test_a_training_that_runs_starts_anew_with_new_settings(run):
    async def main(session, outbox):
        session.change({"epochs": 1000})
        session.training.train()
        while session.training.epoch < 2:
            await asyncio.sleep(0.005)
        old = session.training
        session.change({"hidden": [8]})
        assert session.training.is_running
        assert await asyncio.to_thread(old.join, 60)
        while session.training.epoch < 2:
            await asyncio.sleep(0.005)
        assert session.can_compare

    run(main)


def test_frames_have_each_epoch_once_and_the_whole_curve_for_a_new_connection(run):
    async def main(session, outbox):
        await trained(session, 3)
        header, arrays = unpacked(session.frame())
        assert [record[0] for record in header["records"]] == [1, 2, 3]
        assert header["epoch"] == 3
        assert unpacked(session.frame())[0]["records"] == []
        assert arrays["first_layer"].shape == (16, 28, 28)
        other = Outbox()
        session.attach(other)
        assert [record[0] for record in unpacked(session.frame())[0]["records"]] == [1, 2, 3]
        assert not session.detach(outbox)
        assert session.detach(other)
        assert session.outbox is None

    run(main)


def test_an_image_is_answered_by_the_network_as_it_is(run, image_data):
    async def main(session, outbox):
        await trained(session)
        outbox.take()
        session.show(picked_image(image_data, 3, seq=8))
        header, arrays = unpacked(outbox.take()[-1])
        assert (header["source"], header["index"], header["seq"]) == ("test", 3, 8)
        expected = session.training.trainer.network.predict_proba(image_data.dataset.test.X[3:4])[0]
        np.testing.assert_allclose(header["outputs"], expected, atol=1e-6)
        assert header["answer"] == expected.argmax()
        np.testing.assert_allclose(arrays["activations_3"], expected, rtol=1e-5)
        assert arrays["bright_1"].shape == (16,)
        session.show(noise_image(image_data, np.random.default_rng(0)))
        assert unpacked(outbox.take()[-1])[0]["source"] == "noise"

    run(main)


def test_nobody_is_answered_before_an_image_is_shown(run):
    async def main(session, outbox):
        outbox.take()
        session.answer()
        assert outbox.take() == []

    run(main)


def test_a_given_network_is_shown_and_trained_further_while_the_given_one_stays(run, image_data):
    given = Network((784, 20, 10), "relu", "cross_entropy", seed=5, schema=image_data.schema)
    before = given.params.copy()

    async def main(session, outbox):
        (state,) = texts(outbox, "state")
        assert state["trained"]
        assert state["settings"]["hidden"] == [20]
        assert state["sizes"] == [784, 20, 10]
        np.testing.assert_array_equal(session.view.network.params, before)
        await trained(session, 1)
        assert (session.training.trainer.network.params != before).any()
        session.renew()
        assert session.settings["hidden"] == [20]
        assert not session.trained

    run(main, given)
    np.testing.assert_array_equal(given.params, before)


def test_a_network_without_classes_is_refused(image_data, in_loop):
    async def main():
        with pytest.raises(InputError, match="regression"):
            Session(image_data, Network((784, 10), loss="regression"))

    in_loop(main)


def test_a_training_that_diverges_is_told(run):
    async def main(session, outbox):
        session.change({"activation": "identity", "loss": "cross_entropy", "learning_rate": 30.0})
        await trained_or_not(session)
        (error,) = texts(outbox, "error")
        assert error["about"] == "training"
        assert "learning rate" in error["message"]

    async def trained_or_not(session):
        session.training.train()
        while session.training.run != IDLE:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.01)

    run(main)


def test_wrong_answers_are_computed_once_for_a_network(run, image_data):
    async def main(session, outbox):
        answers, wrong = await session.wrong()
        assert len(answers) == 300
        np.testing.assert_array_equal(wrong, np.flatnonzero(answers != image_data.labels))
        assert (await session.wrong())[0] is answers
        await trained(session)
        assert (await session.wrong())[0] is not answers

    run(main)


def test_the_kept_network_has_classes_and_schema(run, image_data):
    async def main(session, outbox):
        network = session.network_to_keep()
        assert network.schema == image_data.schema
        assert network.classes == image_data.dataset.classes
        assert network.params is not session.training.trainer.network.params

    run(main)


def test_thinned_records_keep_the_first_and_the_last():
    assert thinned([1, 2, 3], 5) == [1, 2, 3]
    few = thinned(list(range(10_000)), 500)
    assert len(few) == 500
    assert (few[0], few[-1]) == (0, 9999)
