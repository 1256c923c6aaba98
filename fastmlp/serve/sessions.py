"""Sessions: one for each browser; one whose browser has gone is kept for some minutes and then freed."""

import asyncio
from collections.abc import Callable

from fastmlp.serve.outbox import Outbox
from fastmlp.serve.session import Session
from fastmlp.serve.tour import Tour

KEEP_SECONDS = 300.0
MOST_SESSIONS = 8


class TooManySessions(Exception):  # noqa: N818 (it becomes a sentence in a closing message)
    """All sessions are in use."""


class Seat:
    """A session with its tour, and the clock that frees it when nobody comes back."""

    def __init__(self, session: Session) -> None:
        self.session, self.tour = session, Tour(session)
        self.take_over: Callable[[], None] | None = None
        """Ends the connection that has the session."""
        self.expiry: asyncio.TimerHandle | None = None


class Sessions:
    """The sessions of a server.

    Parameters
    ----------
    make : function
        Returns a new session.
    keep_seconds : float
        How long a session is kept without a connection.
    """

    def __init__(self, make: Callable[[], Session], keep_seconds: float = KEEP_SECONDS) -> None:
        self._make, self._keep_seconds = make, keep_seconds
        self._seats: dict[str, Seat] = {}

    def __len__(self) -> int:
        return len(self._seats)

    def find(self, session_id: object) -> Session | None:
        """Return the session of an id, or None."""
        seat = self._seats.get(session_id) if isinstance(session_id, str) else None
        return None if seat is None else seat.session

    def enter(self, session_id: object, take_over: Callable[[], None]) -> tuple[Seat, bool]:
        """Return the seat of a session, and whether it is an earlier one; a connection that has it is ended.

        Parameters
        ----------
        session_id : str, or anything else for a new session
        take_over : function
            Ends the new connection, when another one takes the session over.

        Raises
        ------
        TooManySessions
            All sessions are in use.
        """
        seat = self._seats.get(session_id) if isinstance(session_id, str) else None
        resumed = seat is not None
        if seat is None:
            seat = self._new_seat()
        if seat.take_over is not None:
            seat.take_over()
        if seat.expiry is not None:
            seat.expiry.cancel()
        seat.take_over, seat.expiry = take_over, None
        return seat, resumed

    def leave(self, seat: Seat, outbox: Outbox) -> None:
        """Note that a connection has ended; unless another one has the session, it is kept for some minutes."""
        if seat.session.detach(outbox):
            seat.take_over = None
            loop = asyncio.get_running_loop()
            seat.expiry = loop.call_later(self._keep_seconds, self._free, seat.session.id)

    def end_all(self) -> list[Session]:
        """End all sessions, and return them."""
        sessions = [seat.session for seat in self._seats.values()]
        for session in sessions:
            self._free(session.id)
        return sessions

    def _new_seat(self) -> Seat:
        if len(self._seats) >= MOST_SESSIONS:
            left = [seat for seat in self._seats.values() if seat.expiry is not None]
            if not left:
                raise TooManySessions
            self._free(min(left, key=_when_freed).session.id)
        session = self._make()
        seat = self._seats[session.id] = Seat(session)
        return seat

    def _free(self, session_id: str) -> None:
        seat = self._seats.pop(session_id, None)
        if seat is not None:
            if seat.expiry is not None:
                seat.expiry.cancel()
            seat.tour.end()
            seat.session.end()


def _when_freed(seat: Seat) -> float:
    return seat.expiry.when() if seat.expiry is not None else float("inf")
