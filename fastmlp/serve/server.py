"""The server: a socket of this machine, uvicorn on it, and an end within a second."""

import logging
import os
import socket
import sys
from collections.abc import Callable

import uvicorn

from fastmlp.errors import InputError
from fastmlp.serve.app import PageServer
from fastmlp.serve.connection import MESSAGE_BYTES

HOST, PORT, TRIES = "127.0.0.1", 8784, 10
"""This machine alone; the port if none is named (784 inputs, as the lecture's), and how many from it on are tried."""
INTERRUPTED = 130
"""Status of a process that Ctrl-C has ended."""
END_SECONDS = 0.4
"""How long the training threads get to end; they are asked after each slice of an epoch, a tenth of a second."""


def open_port(port: int | None) -> socket.socket:
    """Return a socket bound to a port of this machine: the given one, or the first free one from PORT on.

    Raises
    ------
    InputError
        The port is in use, or may not be used.
    """
    wanted = [port] if port is not None else [*range(PORT, PORT + TRIES), 0]
    for number in wanted:
        # asyncio sends small messages at once (TCP_NODELAY) only if the protocol is named: else answers take 45 ms
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":  # elsewhere it would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, number))
            bound.listen(64)
            return bound
        except (OSError, OverflowError) as error:
            bound.close()
            reason = error
    raise InputError(f"Port {port} can't be used ({getattr(reason, 'strerror', None) or reason}): pass another --port.")


def run_server(page: PageServer, bound: socket.socket, on_start: Callable[[], None]) -> None:
    """Serve until Ctrl-C; return within a second of it.

    Parameters
    ----------
    page : PageServer
    bound : socket
        From `open_port`; closed at the end.
    on_start : function
        Called when browsers can connect.
    """
    server = Server(page, on_start)
    try:
        server.run(sockets=[bound])  # raises KeyboardInterrupt after Ctrl-C
    finally:
        if not server.all_ended:  # a thread compiles kernels, which takes seconds and can't be interrupted
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)


class Server(uvicorn.Server):
    """uvicorn's server for the page. It says when it has started, and ends the trainings when it ends.

    Parameters
    ----------
    page : PageServer
    on_start : function
        Called when browsers can connect.

    Attributes
    ----------
    all_ended : bool
        Whether all trainings have ended with the server.
    """

    def __init__(self, page: PageServer, on_start: Callable[[], None]) -> None:
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # connections that break are nobody's concern
        config = uvicorn.Config(
            page.app,
            loop="asyncio",
            http="h11",
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=100,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._page, self._on_start = page, on_start
        self.all_ended = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the trainings, and the connections."""
        trainings = [session.training for session in self._page.sessions.end_all()]
        await super().shutdown(sockets=sockets)
        self.all_ended = all(training.join(END_SECONDS) for training in trainings)
