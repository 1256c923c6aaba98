"""The store: a journal file that survives its writers, studies of other sweeps, stores that can't be opened."""

import json
import sys

import pytest

from fastmlp.errors import InputError
from fastmlp.sweep import store
from fastmlp.sweep.store import JournalFile, open_study, quiet, store_at


@pytest.fixture
def journal(tmp_path):
    """A journal file with a study and a note in it."""
    path = tmp_path / "journal.log"
    with quiet(), store_at(path) as storage:
        open_study(storage, "sweep", ["maximize"], {"seed": 0})[0].set_user_attr("note", "kept")
    return path


def test_a_study_is_created_once(journal):
    with quiet(), store_at(journal) as storage:
        study, created = open_study(storage, "sweep", ["maximize"], {"seed": 0})
        assert (created, study.user_attrs["note"]) == (False, "kept")
        assert open_study(storage, "other", ["maximize"], {"seed": 1})[1]


def test_a_study_of_another_sweep_is_refused(journal):
    with quiet(), store_at(journal) as storage:
        study = open_study(storage, "sweep", ["maximize"], {"seed": 0})[0]
        study.ask()
        with pytest.raises(InputError, match=r"another sweep called 'sweep' \(it differs in seed\)"):
            open_study(storage, "sweep", ["maximize"], {"seed": 1, "plan": "1"})
        with pytest.raises(InputError, match=r"differs in plan"):
            open_study(storage, "sweep", ["maximize"], {"seed": 0, "plan": "1"})


@pytest.mark.parametrize(
    "damaged", [b'{"op_code": 4, "wor\n', b'{"op_code": 99}\n', b"[" * 5000 + b"\n", b"9" * 5000 + b"\n"]
)
def test_a_damaged_line_is_refused(journal, damaged):
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], damaged, *lines[1:]]))
    with pytest.raises(InputError, match=r"is damaged|can't be opened"), quiet(), store_at(journal):
        pass


def test_a_damaged_last_line_is_refused_when_another_follows(journal):
    with journal.open("ab") as file:
        file.write(b'{"op_code": 4, "wor\n')

    def change():
        with quiet(), store_at(journal) as storage:
            open_study(storage, "sweep", ["maximize"], {"seed": 0})[0].set_user_attr("more", 1)

    with pytest.raises(InputError, match=r"journal\.log' is damaged \(.*\): remove the damaged line"):
        change()


@pytest.mark.parametrize("found", ["{", "[1]", "3", "[" * 100_000])
def test_a_study_whose_content_is_damaged_is_another_one(journal, found):
    with quiet(), store_at(journal) as storage:
        study, _ = open_study(storage, "sweep", ["maximize"], {"seed": 0})
        study.set_user_attr("sweep", found)
        with pytest.raises(InputError, match="another sweep called 'sweep'"):
            open_study(storage, "sweep", ["maximize"], {"seed": 0})


@pytest.mark.parametrize("garbage", [b'{"op_code": 4, "wor', b"\0" * 5000])
def test_half_a_line_at_the_end_of_a_journal_is_cut_off(journal, garbage):
    with journal.open("ab") as file:
        file.write(garbage)
    with quiet(), store_at(journal) as storage:
        study, _ = open_study(storage, "sweep", ["maximize"], {"seed": 0})
        study.set_user_attr("more", 1)
        assert study.user_attrs == {"sweep": '{"seed": 0}', "note": "kept", "more": 1}
    for line in journal.read_text().splitlines():
        json.loads(line)


def test_a_full_disk_leaves_no_half_line(journal, monkeypatch):
    class Full:
        """A file on a disk with room for half of what is written."""

        def __init__(self, file):
            self.file = file

        def write(self, content):
            return self.file.write(content[: len(content) // 2])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def __getattr__(self, name):
            return getattr(self.file, name)

    before, open_file = journal.read_bytes(), JournalFile.open
    with quiet(), store_at(journal) as storage:
        study, _ = open_study(storage, "sweep", ["maximize"], {"seed": 0})
        before = journal.read_bytes()
        monkeypatch.setattr(JournalFile, "open", lambda self: Full(open_file(self)))
        with pytest.raises(OSError, match="No space left"):
            study.set_user_attr("note", "x" * 100)
    assert journal.read_bytes() == before


def refusal(place):
    with pytest.raises(InputError, match="can't be opened") as refused, store_at(place):
        pass
    return str(refused.value)


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    (tmp_path / "journal.log").write_text("no journal\n")
    assert "it is no journal of Optuna's" in refusal(tmp_path / "journal.log")


def test_a_url_is_told_without_its_password():
    assert "nosuch://me:***@here" in refusal("nosuch://me:secret@here")
    for url in ("nosuch://me:secret:own@own@here", "nosuch://here/x?user=me&password=secret:own&port=1"):
        message = refusal(url)
        assert "***" in message
        assert "secret" not in message
        assert "own" not in message


def test_a_missing_driver_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymysql", None)
    assert "install the driver" in refusal("mysql+pymysql://here/x")


def test_an_unknown_database_is_not_tried_again(monkeypatch):
    waited = []
    monkeypatch.setattr(store.time, "sleep", waited.append)
    refusal("nosuch://here")
    assert not waited
