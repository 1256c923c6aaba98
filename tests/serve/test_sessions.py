import asyncio

import pytest

from fastmlp.serve import sessions as module
from fastmlp.serve.outbox import Outbox
from fastmlp.serve.session import Session
from fastmlp.serve.sessions import Sessions, TooManySessions

pytestmark = pytest.mark.page


def nothing():
    pass


def enter(sessions, session_id=None, take_over=nothing):
    seat, resumed = sessions.enter(session_id, take_over)
    outbox = Outbox()
    seat.session.attach(outbox)
    return seat, outbox, resumed


def test_each_browser_has_its_own_session_and_comes_back_to_it(image_data, in_loop):
    async def main():
        sessions = Sessions(lambda: Session(image_data))
        first, outbox, resumed = enter(sessions)
        second, _, _ = enter(sessions)
        assert first.session is not second.session
        assert first.session.id != second.session.id
        assert not resumed
        sessions.leave(first, outbox)
        again, _, resumed = enter(sessions, first.session.id)
        assert again is first
        assert resumed
        assert again.expiry is None

    in_loop(main)


@pytest.mark.parametrize("session_id", [None, "unknown", 3, [], {}, "x" * 10**5])
def test_an_unknown_session_becomes_a_new_one(image_data, in_loop, session_id):
    async def main():
        sessions = Sessions(lambda: Session(image_data))
        seat, resumed = sessions.enter(session_id, nothing)
        assert not resumed
        assert seat.session.id != session_id
        assert sessions.find(session_id) is None

    in_loop(main)


def test_a_session_that_nobody_comes_back_to_is_freed_and_its_training_ends(image_data, in_loop):
    async def main():
        sessions = Sessions(lambda: Session(image_data), keep_seconds=0.05)
        seat, outbox, _ = enter(sessions)
        seat.session.change({"epochs": 1000})
        seat.session.training.train()
        sessions.leave(seat, outbox)
        await asyncio.sleep(0.02)
        assert sessions.find(seat.session.id) is seat.session
        await asyncio.sleep(0.1)
        assert sessions.find(seat.session.id) is None
        assert len(sessions) == 0
        assert await asyncio.to_thread(seat.session.training.join, 60)

    in_loop(main)


def test_a_second_connection_takes_the_session_over_and_the_first_one_s_end_does_not_matter(image_data, in_loop):
    async def main():
        sessions = Sessions(lambda: Session(image_data))
        ended = []
        first, old, _ = enter(sessions, take_over=lambda: ended.append(1))
        second, new, resumed = enter(sessions, first.session.id)
        assert second is first
        assert resumed
        assert ended == [1]
        sessions.leave(first, old)
        assert second.expiry is None
        assert second.session.outbox is new

    in_loop(main)


def test_where_all_are_in_use_the_one_that_was_left_first_makes_room(image_data, in_loop, monkeypatch):
    monkeypatch.setattr(module, "MOST_SESSIONS", 3)

    async def main():
        sessions = Sessions(lambda: Session(image_data))
        seats = [enter(sessions) for _ in range(3)]
        with pytest.raises(TooManySessions):
            sessions.enter(None, nothing)
        for place in (1, 0):
            sessions.leave(*seats[place][:2])
            await asyncio.sleep(0.01)
        enter(sessions)
        assert sessions.find(seats[1][0].session.id) is None
        assert sessions.find(seats[0][0].session.id) is not None
        assert len(sessions.end_all()) == 3
        assert len(sessions) == 0

    in_loop(main)
