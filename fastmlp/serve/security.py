"""Security: who may talk to the server, and how much.

The server listens to this machine alone. Other users of the machine, and pages of other sites in the user's own
browser, can reach it all the same. Against the first there is a secret token in the URL, as Jupyter has it; against the
second, Host and Origin are checked, and the token is never in a cookie.
"""

import hmac
import os
import secrets
import time
from collections.abc import Mapping

from fastmlp.system.places import user_cache

TOKEN_FILE = "serve-token"
TOKEN_LENGTH = 32
"""Least characters of a token."""


def token_of_user() -> str:
    """Return the user's secret token, made at the first use and kept in the user's cache, where only the user can read.

    It stays the same when the server is restarted, so that an open page can connect again. If it can't be kept, it is
    a new one each time.
    """
    folder = user_cache()
    if folder is None:
        return secrets.token_urlsafe(TOKEN_LENGTH)
    path = folder / TOKEN_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.is_file() and not path.is_symlink() and _is_private(path.stat()):
            token = path.read_text(encoding="ascii").strip()
            if len(token) >= TOKEN_LENGTH and token.replace("-", "").replace("_", "").isalnum():
                return token
        path.unlink(missing_ok=True)
        token = secrets.token_urlsafe(TOKEN_LENGTH)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token)
    except (OSError, ValueError):  # another server has just made one, or the folder can't be written
        return secrets.token_urlsafe(TOKEN_LENGTH)
    return token


def _is_private(status: os.stat_result) -> bool:
    """Return whether nobody but the user can read or write a file."""
    return os.name == "nt" or (status.st_uid == os.getuid() and status.st_mode & 0o077 == 0)


class Guard:
    """Decides which requests are answered.

    Parameters
    ----------
    token : str
    port : int
        The port on which this machine is listened to.
    """

    def __init__(self, token: str, port: int) -> None:
        self._token = token.encode()
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    def knows_host(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request was sent to this server by its own name, and not through a foreign one."""
        return headers.get("host", "") in self.hosts

    def is_same_origin(self, headers: Mapping[str, str]) -> bool:
        """Return whether a websocket was opened by a page of this server; programs that send no Origin may, too."""
        origin = headers.get("origin")
        return origin is None or origin == f"http://{headers.get('host', '')}"

    def knows_token(self, query: Mapping[str, str]) -> bool:
        """Return whether a request has the token; how long that takes does not depend on how much of it is right."""
        return hmac.compare_digest(query.get("token", "").encode(), self._token)


def policy(host: str) -> dict[str, str]:
    """Return the headers of every answer: nothing from elsewhere, no inline scripts, no frames."""
    sources = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": sources,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


class Rate:
    """A limit of messages: so many a second on average, and so many at once."""

    def __init__(self, per_second: float, at_once: float) -> None:
        self._per_second, self._most = per_second, at_once
        self._left, self._at = at_once, time.monotonic()

    def allows_one(self) -> bool:
        """Count one message; return whether it is within the limit."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        self._left -= 1
        return self._left >= 0
