"""A line that is written over itself on a terminal and in a notebook, and the lines of a file."""

import io
import os
import shutil

import pytest

from fastmlp.system.status_line import StatusLine


class Screen(io.StringIO):
    """A terminal in place of standard error."""

    def isatty(self):
        return True


class OutStream(io.StringIO):
    """A notebook's standard output, as ipykernel has it."""


OutStream.__module__ = "ipykernel.iostream"


def shown(content):
    """Return the lines that a screen shows after these characters."""
    lines = [""]
    for piece in content.replace("\n", "\n\r").split("\r"):
        text = piece.removesuffix("\n")
        lines[-1] = text + lines[-1][len(text) :]
        if piece.endswith("\n"):
            lines.append("")
    return [line.rstrip() for line in lines]


@pytest.fixture
def screen(monkeypatch):
    """A function that puts a terminal in place of standard error. pytest sets the stream anew for each test's call."""

    def make(columns=80):
        monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24)))
        stream = Screen()
        monkeypatch.setattr("sys.stderr", stream)
        return stream

    return make


def test_a_text_takes_the_place_of_the_last_one(screen):
    stream, line = screen(), StatusLine()
    assert line.is_rewritten
    for text in ("a long text", "short", "a text"):
        line.show(text)
        assert shown(stream.getvalue()) == [text]
    line.end()
    line.end()  # the line is finished
    line.show("another")
    assert shown(stream.getvalue()) == ["a text", "another"]


def test_a_text_that_would_wrap_is_cut(screen):
    stream, line = screen(columns=10), StatusLine()
    assert line.fits("123456789")
    assert not line.fits("1234567890")  # the cursor would stand in the next line
    line.show("1234567890abc")
    assert shown(stream.getvalue()) == ["123456789"]


def test_a_file_has_lines_and_no_carriage_returns(capsys):
    line = StatusLine()
    assert not line.is_rewritten
    assert line.fits("x" * 1000)
    line.show("first")
    line.show("x" * 1000)
    line.end()
    out, err = capsys.readouterr()
    assert (out, err) == ("", "first\n" + "x" * 1000 + "\n")


def test_a_notebook_has_the_line_on_standard_output(monkeypatch, capsys):
    stream = OutStream()
    monkeypatch.setattr("sys.stdout", stream)
    line = StatusLine()
    assert line.is_rewritten
    for text in ("x" * 200, "end"):
        line.show(text)
        assert shown(stream.getvalue()) == [text]  # a notebook wraps by itself
    line.end()
    assert stream.getvalue().endswith("\n")
    assert capsys.readouterr().err == ""


def test_a_closed_stream_ends_nothing(screen):
    stream, line = screen(), StatusLine()
    stream.close()
    line.show("nobody sees it")
    line.end()
