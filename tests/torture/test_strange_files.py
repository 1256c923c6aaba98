"""What is no file, or no ordinary one, in place of each file that is read: one sentence, at once, without memory."""

import contextlib
import os
import resource
import signal
import socket
import sys
from pathlib import Path

import pytest
from helpers.file_formats import FORMATS, written
from helpers.mutated_files import fault_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pipes, sockets and devices of Linux")
SECONDS = 30
"""Time after which a reader that waits is interrupted; `fault_of` judges the time that it computes."""
MORE_RESIDENT = 200 << 20


def empty(path):
    path.touch()


def pipe(path):
    os.mkfifo(path)


def listening(path):
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)  # the whole path is too long for a socket


def zeros_without_end(path):
    path.symlink_to("/dev/zero")


def loop(path):
    path.symlink_to(path)


def nowhere(path):
    path.symlink_to(path.with_name("nowhere"))


def terabyte(path):
    try:
        with path.open("wb") as file:
            file.truncate(1 << 40)
    except OSError:
        pytest.skip("the file system has no files of a terabyte")


THINGS = [empty, Path.mkdir, pipe, listening, zeros_without_end, loop, nowhere, terabyte]
READERS = FORMATS.keys() - {"idx labels", "npy of texts", "jpg", "gif", "bmp", "tif", "webp", "pgm"}
"""One format of each function that opens files."""
ODD_NAME = os.fsdecode(b"no UTF-8 \xff, two\nlines, \x1b[31mred")


@pytest.fixture
def limited():
    """A limit of time: the test ends if a reader waits."""

    def too_long(number, frame):
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("make", THINGS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", sorted(READERS))
def test_one_sentence_and_no_wait(tmp_path, name, make):
    folder = tmp_path / ODD_NAME
    folder.mkdir()
    path = folder / FORMATS[name].file
    if path.parent != folder:  # a data set of several files
        FORMATS[name].write(folder)
        path.unlink()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    make(path)
    outcome, fault = fault_of(FORMATS[name].read, folder)
    assert fault is None
    assert outcome == "sentence" or name in MAY_BE_ABSENT
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MORE_RESIDENT >> 10


@pytest.mark.parametrize("name", sorted(READERS - {"checkpoint", "checkpoint of a run"}))  # which would be trained
def test_a_folder_may_have_an_odd_name(tmp_path, name):
    written(tmp_path / ODD_NAME, name)
    assert fault_of(FORMATS[name].read, tmp_path / ODD_NAME) == ("value", None)


MAY_BE_ABSENT = {"explore's store", "journal", "pictures"}
"""Readers that take no file for an answer: they train again, begin a new journal, or take the other pictures."""
