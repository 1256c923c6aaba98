"""Sweep files: TOML with the line of each key, so that a message can say where the wrong entry is."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastmlp.errors import InputError, reason, unknown_name
from fastmlp.sweep.errors import ConfigError
from fastmlp.sweep.settings import SETTINGS, flag
from fastmlp.system.input_files import file_size

TABLE = "settings"
MOST_BYTES = 1 << 18
"""Largest size of a sweep file."""
MOST_DOTS = 100
"""Most dots in a key. Sweep files have keys with one dot at most."""


@dataclass(frozen=True)
class SweepFile:
    """The content of a sweep file.

    Attributes
    ----------
    path : Path
    arguments : dict
        Top-level keys and their values.
    settings : dict
        The table [settings].
    lines : dict
        The line, counted from 1, of each key by (table, key). tomllib does not tell it.
    """

    path: Path
    arguments: dict[str, Any]
    settings: Any
    lines: dict[tuple[str, str], int]

    @classmethod
    def read(cls, path: Path) -> "SweepFile":
        """Read a file; raise InputError if there is none or if it is not TOML."""
        size = file_size(path)
        if size is None:
            raise InputError(f"There is no sweep file {str(path)!r}: pass the path of a TOML file.")
        if size > MOST_BYTES:
            raise InputError(f"{path} has {size:,} bytes: a sweep file has at most {MOST_BYTES:,}.")
        try:
            source = path.read_text(encoding="utf-8")
            _check_keys_are_short(source)
            content = tomllib.loads(source)
            _check_integers(content)
        except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or tables in tables without end
            raise InputError(f"{path}: this is no TOML ({reason(error)}).") from None
        settings = content.pop(TABLE, {})
        return cls(path, content, settings, _lines_of_keys(source))

    def check_keys(self, known: tuple[str, ...]) -> None:
        """Raise ConfigError for a top-level key that is not `known`, and for [settings] that are not a table."""
        if not isinstance(self.settings, dict):
            raise ConfigError(TABLE, f" is no table: write [{TABLE}].")
        for key in self.arguments:
            if key not in known:
                hint = f" (it belongs below [{TABLE}])" if key in SETTINGS else ""
                raise ConfigError(key, f": {unknown_name('key', key, known)}{hint}")

    def place(self, flags: set[str]) -> Callable[[str], str]:
        """Return the function from a key to the place where it was written; those in `flags` were passed as flags."""
        in_table = set(self.settings) if isinstance(self.settings, dict) else set()

        def place(key: str) -> str:
            if key in flags:
                return flag(key)
            line = self.lines.get((TABLE if key in in_table else "", key))
            return f"{self.path}, line {line}: {key}" if line else f"{self.path}: {key}"

        return place


def _check_keys_are_short(source: str) -> None:
    """Raise ValueError for a dotted key of many parts, for which tomllib takes the square of their number in time."""
    for piece in re.split(r"[\n=,]", source):
        if len(re.findall(r"[\w\"']\s*\.", piece)) > MOST_DOTS:
            raise ValueError(f"it has a key of more than {MOST_DOTS} parts")


def _check_integers(content: object) -> None:
    """Raise ValueError for an integer that TOML does not have; Python's have no limit, but can't be printed."""
    if isinstance(content, dict | list):
        for each in content.values() if isinstance(content, dict) else content:
            _check_integers(each)
    elif isinstance(content, int) and not -(1 << 63) <= content < 1 << 63:
        raise ValueError("it has an integer of more than 64 bits")


def _lines_of_keys(source: str) -> dict[tuple[str, str], int]:
    lines, table = {}, ""
    for number, line in enumerate(source.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*([\w-]+)\s*\]", line):
            table = header[1]
            lines["", table] = number
        elif key := re.match(r"""\s*(?:(\w+)\s*\.\s*)?["']?([\w-]+)["']?\s*=""", line):
            lines.setdefault((key[1] or table, key[2]), number)
    return lines
