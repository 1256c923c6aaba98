"""Text for the terminal: bars, times, tables and notices."""

import io
import sys

import pytest

from fastmlp.kernels import compile_listeners
from fastmlp.system.terminal import announce_compiling, bar, compiling_announced, duration, notice, on_terminal, table


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, ""), (1, "█" * 8), (0.5, "████"), (1 / 64, "▏"), (63 / 64, "███████▉"), (2, "█" * 8), (-1, "")],
)
def test_bars_are_exact_to_an_eighth(value, text):
    assert bar(value, width=8) == text


@pytest.mark.parametrize(("value", "text"), [(0, ""), (0.5, "####"), (1, "#" * 8), (2, "#" * 8)])
def test_bars_are_ascii_on_a_terminal_without_blocks(monkeypatch, value, text):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert bar(value, width=8) == text


def test_durations_are_in_words():
    assert [duration(t) for t in (0.043, 1, 12.34, 250)] == ["0.04 s", "1.0 s", "12.3 s", "4 min 10 s"]


def test_tables_are_aligned():
    assert table([("a", "1"), ("long", "2\n3")]) == "a     1\nlong  2\n      3"


def test_notices_go_to_standard_error(capsys):
    notice("for people")
    assert capsys.readouterr() == ("", "for people\n")


def test_compiling_is_announced_once(capsys):
    announce_compiling()
    announce_compiling()
    (announce,) = compile_listeners
    announce()
    assert not compile_listeners
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Compiling the kernels takes about 20 s, once; later runs load them from the cache.\n"


def test_compiling_is_announced_in_a_block(capsys):
    with compiling_announced(), compiling_announced():
        (announce,) = compile_listeners
        announce()
    assert not compile_listeners
    assert capsys.readouterr().err.count("Compiling the kernels") == 1
    with pytest.raises(ZeroDivisionError), compiling_announced():
        raise ZeroDivisionError
    assert not compile_listeners
    announce_compiling()
    with compiling_announced():
        pass
    assert len(compile_listeners) == 1  # it holds for the whole command
    compile_listeners.clear()


def test_compiling_at_every_start_has_a_reason_and_a_remedy(capsys, monkeypatch):
    monkeypatch.setattr("fastmlp.kernels.why_not_kept", lambda: "/kernels belongs to another user")
    announce_compiling()
    (announce,) = compile_listeners
    announce()
    assert capsys.readouterr().err == (
        "Compiling the kernels takes about 20 s, now and at every start, since /kernels belongs to another user: "
        "set NUMBA_CACHE_DIR to a folder of yours that nobody else can write to.\n"
    )


class Full(io.StringIO):
    """A stream on a full device."""

    def flush(self):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("kind", ["missing", "closed", "full"])
def test_notices_need_no_standard_error(monkeypatch, kind):
    stream = {"missing": None, "closed": io.StringIO(), "full": Full()}[kind]
    if kind == "closed":
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    notice("nobody hears it")
    assert not on_terminal()
