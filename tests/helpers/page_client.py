"""A client of `fastmlp serve` without a browser, and a server in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from websockets.sync.client import connect

from fastmlp.serve.wire import unpacked

ROOT = Path(__file__).parents[2]


class ServerProcess:
    """`fastmlp serve` in a process of its own: `address` is the URL that it printed."""

    def __init__(self, *arguments, cache):
        # a token of its own; the kernels are those that the tests compile
        environment = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)}
        command = [sys.executable, "-m", "fastmlp", "serve", "--no-browser", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self.process.stderr.read()
        self.port = int(re.search(r":(\d+)/", self.address)[1])
        self.token = self.address.split("token=")[1]

    def end(self, number=signal.SIGINT):
        """Send a signal; return seconds until it ended, its status, and the rest of its outputs."""
        started = time.perf_counter()
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return time.perf_counter() - started, self.process.returncode, out + err

    def get(self, path, **query):
        """Status, headers and content of an HTTP answer; the token is added unless it is given."""
        text = "&".join(f"{name}={value}" for name, value in ({"token": self.token} | query).items())
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{text}", timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()


class PageClient:
    """The websocket of a page: messages as dicts, those of arrays with the arrays in them."""

    def __init__(self, port, token, *, session=None, settings=None, hello=True, **options):
        self._opened = ExitStack()
        address = f"ws://127.0.0.1:{port}/ws?token={token}"
        opening = connect(address, max_size=None, compression=None, open_timeout=20, **options)
        self.socket = self._opened.enter_context(opening)
        if hello:
            self.send(type="hello", session=session, settings=settings)
            self.welcome = self.wait("welcome")
            self.session = self.welcome["session"]

    def send(self, **message):
        """Send a message of text."""
        self.socket.send(json.dumps(message))

    def draw(self, pixels, seq=1):
        """Send a drawing (side, side) uint8."""
        self.socket.send(bytes([1, len(pixels)]) + seq.to_bytes(2, "little") + pixels.tobytes())

    def receive(self, timeout=30.0):
        """Return the next message."""
        message = self.socket.recv(timeout)
        if isinstance(message, str):
            return json.loads(message)
        header, arrays = unpacked(message)
        return header | {"arrays": arrays, "scales": header["arrays"], "bytes": len(message)}

    def wait(self, kind, timeout=60.0, **fields):
        """Return the next message of a type that has these fields."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            message = self.receive(timeout)
            if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
                return message
        raise TimeoutError(f"no {kind} {fields} within {timeout} s")

    def wait_epoch(self, least, **fields):
        """Return the next frame after so many epochs."""
        while True:
            frame = self.wait("frame", **fields)
            if frame["epoch"] >= least:
                return frame

    def close(self):
        """End the connection."""
        self._opened.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
