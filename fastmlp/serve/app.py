"""The routes: the page and its modules, test images, downloads, and the websocket."""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from fastmlp import __version__
from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.serve.connection import TOO_MUCH, Connection
from fastmlp.serve.image_data import ImageData
from fastmlp.serve.security import Guard, policy
from fastmlp.serve.session import Session
from fastmlp.serve.sessions import KEEP_SECONDS, Sessions
from fastmlp.serve.wire import packed

PAGE = Path(__file__).with_name("page")
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
"""Files of the page that are served, by the ends of their names."""
MOST_CLIENTS = 8
MOST_IMAGES = 100
WRONG_TOKEN = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>fastmlp</title><p>This address lacks the right token: "
    "use the whole address that <code>fastmlp serve</code> printed."
)


class PageServer:
    """The application of one server.

    Parameters
    ----------
    data : ImageData
    guard : Guard
    given : Network or None
        A trained network with which each session begins.
    model : str or None
        The name of its file.
    keep_seconds : float
        How long a session is kept without a connection.

    Attributes
    ----------
    app : ASGI application
    """

    def __init__(
        self,
        data: ImageData,
        guard: Guard,
        given: Network | None = None,
        model: str | None = None,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        self._data, self._guard, self._model = data, guard, model
        self.sessions = Sessions(lambda: Session(data, given), keep_seconds)
        self.formats = ["safetensors"]
        self._clients = 0
        routes = [
            Route("/", self._with_token(self._index)),
            Route("/page/{path:path}", self._file),
            Route("/images", self._with_token(self._images)),
            Route("/model.safetensors", self._with_token(self._safetensors)),
            Route("/health", self._with_token(self._health)),
            WebSocketRoute("/ws", self._socket),
        ]
        handlers: Any = {HTTPException: _as_text, InputError: _as_sentence}
        self.app: ASGIApp = _Guarded(Starlette(routes=routes, exception_handlers=handlers), guard)

    def _with_token(
        self, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that answers only those who have the token."""

        async def checked(request: Request) -> Response:
            if not self._guard.knows_token(request.query_params):
                return HTMLResponse(WRONG_TOKEN, 403)
            return await endpoint(request)

        return checked

    async def _index(self, request: Request) -> Response:
        return FileResponse(PAGE / "index.html", media_type="text/html")

    async def _file(self, request: Request) -> Response:
        """Return a file of the page, and of nothing else."""
        path = PAGE / request.path_params["path"]
        kind = MEDIA_TYPES.get(path.suffix)
        try:
            is_inside = path.resolve().is_relative_to(PAGE.resolve()) and path.is_file()
        except (OSError, ValueError):  # such as a name with a zero byte, or one that is too long
            is_inside = False
        if kind is None or not is_inside:
            raise HTTPException(404, "There is no such file.")
        return FileResponse(path, media_type=kind)

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"version": __version__, "sessions": len(self.sessions)})

    async def _images(self, request: Request) -> Response:
        """Return some test images, to pick from."""
        query, data = request.query_params, self._data
        session = self.sessions.find(query.get("session"))
        start, count = _whole(query, "start", 0), min(_whole(query, "count", MOST_IMAGES), MOST_IMAGES)
        rows, answers = np.arange(len(data.seen)), None
        if session is not None:
            answers, wrong = await session.wrong()
            rows = wrong if query.get("wrong") == "1" else rows
        if "label" in query:
            rows = rows[data.labels[rows] == _whole(query, "label", 0)]
        chosen = rows[start : start + count]
        header = {
            "type": "images",
            "indices": chosen.tolist(),
            "labels": data.labels[chosen].tolist(),
            "answers": None if answers is None else answers[chosen].tolist(),
            "total": len(rows),
        }
        return Response(packed(header, {"images": data.pictures(chosen)}), media_type="application/octet-stream")

    async def _safetensors(self, request: Request) -> Response:
        """Return the session's network as a file."""
        session = self.sessions.find(request.query_params.get("session"))
        if session is None:
            raise HTTPException(404, "There is no such session: reload the page.")
        content = await asyncio.to_thread(_saved, session.network_to_keep())
        name = f"{session.data.dataset.name}-{'-'.join(map(str, session.view.network.sizes))}.safetensors"
        safe = "".join(each if each.isalnum() or each in "-." else "_" for each in name.rsplit("/", 1)[-1])
        safe = safe.encode("ascii", "replace").decode().replace("?", "_")
        headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
        return Response(content, media_type="application/octet-stream", headers=headers)

    async def _socket(self, socket: WebSocket) -> None:
        """Talk to one browser, if it may."""
        if not (self._guard.knows_token(socket.query_params) and self._guard.is_same_origin(socket.headers)):
            await socket.close()  # before it is accepted: the browser gets 403
            return
        await socket.accept()
        if self._clients >= MOST_CLIENTS:
            with contextlib.suppress(RuntimeError, OSError):
                await socket.close(TOO_MUCH, "Too many pages are open: close another one.")
            return
        self._clients += 1
        try:
            await Connection(socket, self.sessions, self.formats, self._model).run()
        finally:
            self._clients -= 1


class _Guarded:
    """Refuses what was sent to another host's name, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = HTTPConnection(scope).headers
        host = headers.get("host", "")
        is_known = self._guard.knows_host(headers)
        added = [(name.lower().encode(), text.encode()) for name, text in policy(host if is_known else "").items()]

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        if is_known:
            await self._app(scope, receive, send_with_policy)
        elif scope["type"] == "http":
            await PlainTextResponse("This server answers to its own name alone: use the address it printed.", 403)(
                scope, receive, send_with_policy
            )
        else:
            await send({"type": "websocket.close", "code": 1008})


async def _as_text(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(str(error.detail), error.status_code, headers=error.headers)


async def _as_sentence(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 400)


def _whole(query: Any, name: str, default: int) -> int:
    """Return a whole number of a URL, at least 0."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise HTTPException(400, f"{name} is no whole number.")
    return int(text)


def _saved(network: Network) -> bytes:
    """Return what Network.save writes."""
    with tempfile.TemporaryDirectory(prefix="fastmlp-") as folder:
        path = Path(folder) / "model.safetensors"
        network.save(path)
        return path.read_bytes()
