"""Connection: one websocket, from its hello to its end: a task that listens, and one that sends the newest."""

import asyncio
import contextlib
import time
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from fastmlp import __version__
from fastmlp.errors import InputError, shown
from fastmlp.serve.commands import Commands
from fastmlp.serve.controls import BYTES_PER_PARAMETER, MOST_PARAMETERS, changed
from fastmlp.serve.network_view import IN_GALLERY, SHOWN
from fastmlp.serve.outbox import Outbox
from fastmlp.serve.security import Rate
from fastmlp.serve.session import Session
from fastmlp.serve.sessions import KEEP_SECONDS, Seat, Sessions, TooManySessions
from fastmlp.serve.tour import tour_to_json
from fastmlp.serve.wire import read_text
from fastmlp.system.terminal import notice

MESSAGE_BYTES = 1 << 16
FRAMES_PER_SECOND = 20
MESSAGES_PER_SECOND, MESSAGES_AT_ONCE = 100, 200
HELLO_SECONDS = 10.0
NO_HELLO, TAKEN_OVER, TOO_MUCH, BROKEN = 4408, 4409, 4429, 1011
"""Codes with which a connection is closed."""


class Closing(Exception):  # noqa: N818 (it becomes a closing message)
    """Ends a connection with a code and a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Connection:
    """The connection of one browser.

    Parameters
    ----------
    socket : WebSocket
        Accepted already.
    sessions : Sessions
    formats : list of str
        Formats in which the network can be downloaded.
    model : str or None
        Name of the file of the given network.
    """

    def __init__(self, socket: WebSocket, sessions: Sessions, formats: list[str], model: str | None) -> None:
        self._socket, self._sessions, self._formats, self._model = socket, sessions, formats, model
        self._outbox = Outbox()
        self._rate = Rate(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE)
        self._taken_over = asyncio.Event()

    async def run(self) -> None:
        """Talk until one side ends it; nothing that the page sends raises an error here."""
        seat: Seat | None = None
        try:
            seat = await self._greet()
            await self._talk(seat)
        except WebSocketDisconnect:
            pass
        except Closing as closing:
            await self._close(closing.code, closing.sentence)
        except Exception as error:  # one browser's trouble must not end the others' server
            notice(f"fastmlp: an unexpected {type(error).__name__} ended a connection: {shown(str(error))}")
            await self._close(BROKEN, "The server made a mistake: reload the page.")
        finally:
            if seat is not None:
                self._sessions.leave(seat, self._outbox)

    async def _greet(self) -> Seat:
        """Wait for the hello; give the browser its session, and say all that it has to know."""
        try:
            message = await asyncio.wait_for(self._receive(), HELLO_SECONDS)
            told = read_text(message) if isinstance(message, str) else {"type": "binary"}
        except TimeoutError:
            raise Closing(NO_HELLO, "The page did not say hello.") from None
        except InputError:
            raise Closing(NO_HELLO, "The first message is no JSON object with a type.") from None
        if told["type"] != "hello":
            raise Closing(NO_HELLO, "The first message has to be hello.")
        try:
            seat, resumed = self._sessions.enter(told.get("session"), self._taken_over.set)
        except TooManySessions:
            raise Closing(TOO_MUCH, "Too many pages are open: close another one.") from None
        session = seat.session
        session.say_to(self._outbox, self._welcome(session, resumed))
        session.attach(self._outbox)
        if not resumed and told.get("settings") is not None:
            _set_one_by_one(session, told["settings"])
        return seat

    def _welcome(self, session: Session, resumed: bool) -> dict[str, Any]:
        return {
            "type": "welcome",
            "version": __version__,
            "session": session.id,
            "resumed": resumed,
            "data": session.data.to_json(),
            "controls": [control.to_json() for control in session.controls.values()],
            "limits": {
                "message_bytes": MESSAGE_BYTES,
                "keep_seconds": KEEP_SECONDS,
                "parameters": MOST_PARAMETERS,
                "bytes_per_parameter": BYTES_PER_PARAMETER,
                "frames_per_second": FRAMES_PER_SECOND,
                "shown_units": SHOWN,
                "gallery_units": IN_GALLERY,
            },
            "formats": self._formats,
            "model": self._model,
            "tour": tour_to_json(),
        }

    async def _talk(self, seat: Seat) -> None:
        """Listen and send until one of both ends."""
        tasks = [
            asyncio.create_task(self._listen(Commands(seat.session, seat.tour))),
            asyncio.create_task(self._send(seat.session)),
            asyncio.create_task(self._taken_over.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if tasks[2] in done:
            raise Closing(TAKEN_OVER, "This page is open in another tab, which goes on with its network.")
        for task in done:
            task.result()

    async def _listen(self, commands: Commands) -> None:
        while True:
            message = await self._receive()
            if not self._rate.allows_one():
                raise Closing(TOO_MUCH, "The page sent too many messages: reload it.")
            await commands.obey(message)

    async def _receive(self) -> str | bytes:
        """Return the next message, as text or bytes."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        return text if text is not None else bytes(message.get("bytes") or b"")

    async def _send(self, session: Session) -> None:
        """Send what is in the outbox, and frames, at most 20 a second, made at the moment when they are sent."""
        next_frame = 0.0
        while True:
            wait = max(0.0, next_frame - time.perf_counter()) if self._outbox.frame_is_due else None
            await self._outbox.wait(wait)
            for message in self._outbox.take():
                await self._put(message)
            if self._outbox.frame_is_due and time.perf_counter() >= next_frame:
                self._outbox.frame_is_due = False
                next_frame = time.perf_counter() + 1 / FRAMES_PER_SECOND
                await self._put(session.frame())
                session.answer_if_due()

    async def _put(self, message: str | bytes) -> None:
        """Send one message; wait while the browser is slow."""
        if isinstance(message, str):
            await self._socket.send_text(message)
        else:
            await self._socket.send_bytes(message)

    async def _close(self, code: int, sentence: str) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):  # it is closed already
            await self._socket.close(code, sentence)


def _set_one_by_one(session: Session, settings: Any) -> None:
    """Set what a URL said, without what is wrong in it."""
    if not isinstance(settings, dict):
        session.complain(f"The settings of the URL are {shown(settings)}: they are left out.", "settings")
        return
    good: dict[str, Any] = {}
    for name, value in settings.items():
        try:
            changed(session.controls, session.settings, {name: value})
            good[name] = value
        except InputError as error:
            session.complain(error, "settings")
    try:
        session.change(good)
    except InputError as error:
        session.complain(error, "settings")
