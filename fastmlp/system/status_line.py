"""StatusLine: a line of text that is written over itself, on a terminal and in a notebook."""

import shutil
import sys

from fastmlp.system.terminal import in_notebook, on_terminal, write_to


class StatusLine:
    r"""A line that shows one text after the other.

    A terminal and a notebook show each text in place of the last one, after a carriage return (\r). Files and pipes get
    each text as a line of its own. A notebook shows the line on standard output, because it paints standard error red;
    elsewhere it is on standard error.

    Attributes
    ----------
    is_rewritten : bool
        True on a terminal and in a notebook.
    """

    def __init__(self) -> None:
        self._in_notebook = in_notebook()
        self.is_rewritten = self._in_notebook or on_terminal()
        self._length = 0  # of the text in the line

    def fits(self, text: str) -> bool:
        """Return whether a text fits in the line; a longer one would wrap, and only its end could be replaced."""
        return not self.is_rewritten or self._in_notebook or len(text) < shutil.get_terminal_size().columns

    def show(self, text: str) -> None:
        """Show a text in place of the last one; it is cut if it does not fit."""
        if not self.is_rewritten:
            self._write(f"{text}\n")
            return
        if not self.fits(text):
            text = text[: max(0, shutil.get_terminal_size().columns - 1)]
        self._write(f"\r{text:<{self._length}}")
        self._length = len(text)

    def end(self) -> None:
        """Leave the text where it is and begin a new line, unless the line is empty."""
        if self._length:
            self._write("\n")
        self._length = 0

    def _write(self, text: str) -> None:
        write_to(sys.stdout if self._in_notebook else sys.stderr, text)
