"""Export: the description of a file that was exported, and the mark by which such files are known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastmlp import __version__
from fastmlp.errors import InputError, printable, reason
from fastmlp.system.input_files import file_size
from fastmlp.system.terminal import table

MARK = "exported by fastmlp"
MADE_BY = f"{MARK} {__version__}"
"""The text that every exported file has near its beginning."""
BEGINNING = 1 << 20
"""Bytes of a file in which the mark is looked for; names of classes may stand before it."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """The description of an exported network.

    Attributes
    ----------
    to : str
        Name of the format.
    files : tuple of Path
        The files that were written.
    inputs, outputs : str
        The values that go in and come out.
    usage : tuple of str
        Lines of code with which the other side loads the network and calls it.
    notes : tuple of str
        Advice.
    """

    to: str
    files: tuple[Path, ...]
    inputs: str
    outputs: str
    usage: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def n_bytes(self) -> int:
        """The size of the files."""
        return sum(path.stat().st_size for path in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return the description as `export --json` prints it, without the model's path."""
        texts = {"inputs": self.inputs, "outputs": self.outputs, "usage": list(self.usage), "notes": list(self.notes)}
        return {"to": self.to, "files": [str(path) for path in self.files], "bytes": self.n_bytes} | texts

    def __str__(self) -> str:
        """Return the table that `export` prints."""
        names = " and ".join(printable(str(path)) for path in self.files)
        rows = [("written", f"{names}, {self.n_bytes / 1e3:,.1f} KB"), ("in", self.inputs), ("out", self.outputs)]
        rows.append(("load it", "\n".join(map(printable, self.usage))))
        return table([*rows, *(("note", text) for text in self.notes)])


def check_replaceable(path: Path) -> None:
    """Raise InputError if there is a file at `path` that is neither empty nor an export: it may be a user's own.

    Raises
    ------
    InputError
        The file is not to be replaced, or can't be read.
    """
    if not file_size(path):
        return
    try:
        with path.open("rb") as file:
            beginning = file.read(BEGINNING)
    except OSError as error:
        raise InputError(f"{path} can't be read: {reason(error)}.") from None
    if MARK.encode() not in beginning:
        raise InputError(f"There is a file {str(path)!r} that is no export: choose another path, or delete it.")
