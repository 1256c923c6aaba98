"""A small named data set, empty folders where it is looked for, and a mirror on this machine."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from helpers.small_sets import Mirror, Places, arrays, published, write_set

from fastmlp.datasets.catalogue import CATALOGUE, Published


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Let named data sets be looked for in empty folders of the test."""
    found = Places(tmp_path / "env", tmp_path / "copy" / "data", tmp_path / "cache")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "pyproject.toml").touch()
    monkeypatch.setattr("fastmlp.datasets.load.WORKING_COPY", tmp_path / "copy")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: found.cache)
    monkeypatch.setenv("FASTMLP_DATA", str(found.env))
    return found


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A folder with the files of a small data set as published."""
    return write_set(tmp_path / "original", arrays())


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch, original: Path) -> dict[str, Published]:
    """The catalogue with `original` added under the name noise, without a mirror."""
    monkeypatch.setitem(CATALOGUE, "noise", published(original))
    return CATALOGUE


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """An HTTP server on this machine that serves as a mirror."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            time.sleep(state.delay)
            content = state.contents.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: state.cut_after])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = Mirror(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        server.shutdown()
        thread.join()
