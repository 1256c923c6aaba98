"""Outbox: what is to be sent to one browser; of each kind of message only the newest."""

import asyncio
import contextlib

Message = str | bytes


class Outbox:
    """Messages on their way to a browser, in the order in which they were put.

    A message of a kind that is still waiting is replaced, so that a slow browser gets the newest and nothing piles up.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Message] = {}
        self._filled = asyncio.Event()
        self.frame_is_due = False

    def put(self, kind: str, message: Message) -> None:
        """Send a message, in place of an earlier one of the same kind."""
        self._waiting.pop(kind, None)  # so that it comes after those that were put before it
        self._waiting[kind] = message
        self._filled.set()

    def want_frame(self) -> None:
        """Ask for a frame to be made and sent as soon as one may be."""
        self.frame_is_due = True
        self._filled.set()

    def take(self) -> list[Message]:
        """Return the waiting messages, and forget them."""
        messages = list(self._waiting.values())
        self._waiting.clear()
        self._filled.clear()
        return messages

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until there is something to send, or for some seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._filled.wait(), seconds)
