import asyncio

from fastmlp.serve.outbox import Outbox


def test_the_newest_of_a_kind_replaces_the_older_and_comes_last(in_loop):
    async def main():
        outbox = Outbox()
        for kind, message in (("state", "1"), ("answer", "2"), ("state", "3")):
            outbox.put(kind, message)
        assert outbox.take() == ["2", "3"]
        assert outbox.take() == []

    in_loop(main)


def test_waiting_ends_with_a_message_a_wish_for_a_frame_or_the_time(in_loop):
    async def main():
        outbox = Outbox()
        await outbox.wait(0.01)
        outbox.want_frame()
        assert outbox.frame_is_due
        await outbox.wait()
        outbox.take()
        waiting = asyncio.create_task(outbox.wait())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        outbox.put("state", "1")
        await waiting

    in_loop(main)
