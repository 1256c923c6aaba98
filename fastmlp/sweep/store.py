"""The store of a sweep: an Optuna study in a journal file or a database.

A journal file has Optuna's own format. It is written differently in two ways, so that kill -9 loses nothing: its lock
is one that the system takes from a process that died, and half a line that such a process left is cut off.
"""

import contextlib
import json
import os
import random
import re
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import optuna
from filelock import FileLock
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy import inspect
from sqlalchemy import text as sql
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fastmlp.errors import InputError, reason
from fastmlp.system.input_files import check_memory, file_size

DATABASE_TRIES = 8
"""Attempts to open a database."""


class JournalFile(JournalFileBackend):
    """Optuna's journal in a file that survives the death of its writers.

    Parameters
    ----------
    path : Path
        The file, in a folder that exists. Its lock is the file `path`.lock.
    """

    def __init__(self, path: Path) -> None:
        check_memory(str(path), file_size(path) or 0, "choose another journal file")
        self._path = path
        self._flock = FileLock(f"{path}.lock", poll_interval=0.001)
        with self._flock:
            super().__init__(str(path))
            with path.open("rb") as file:
                first = file.readline()
        if first.endswith(b"\n") and b'"op_code":' not in first:
            raise ValueError("it is no journal of Optuna's")

    def open(self) -> IO[bytes]:
        """Open the file for reading and writing, without a buffer: a write is one call of the system."""
        return self._path.open("rb+", buffering=0)

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Yield the logs from a number on.

        Raises
        ------
        InputError
            A line that is not the last one is damaged, which writers that die do not leave behind.
        """
        try:
            yield from super().read_logs(log_number_from)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"The journal {str(self._path)!r} is damaged ({reason(error)}): remove the damaged line, or choose "
                "another journal."
            ) from None

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append `logs`, all or none. They survive the death of this process, but not one of the machine."""
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        with self._flock, self.open() as file:
            end = _end_of_last_line(file)
            file.seek(end)
            try:
                if file.write(lines) < len(lines):
                    raise OSError(28, "No space left on device", str(self._path))
            except BaseException:
                file.truncate(end)
                raise


def _end_of_last_line(file: IO[bytes]) -> int:
    """Cut off what is behind the last complete line; return the position where that line ends."""
    size = end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 4096)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        end = start + newline + 1 if newline >= 0 else start
        if newline >= 0:
            break
    if end < size:
        file.truncate(end)
    return end


@contextlib.contextmanager
def store_at(place: str | Path) -> Iterator[BaseStorage]:
    """Open a store for the duration of a `with` block.

    Parameters
    ----------
    place : str or Path
        URL of a database as Optuna takes it, or path of a journal file.

    Raises
    ------
    InputError
        It can't be reached or is no store, or a database fails within the block.
    """
    database = None
    try:
        if "://" in str(place):
            database = _database(str(place))
            storage = get_storage(database)
        else:
            storage = JournalStorage(JournalFile(Path(place)))
    except (OSError, InputError):
        raise
    except ImportError as error:
        raise InputError(
            f"The store {_without_password(str(place))!r} can't be opened ({_reason(error)}): "
            "install the driver that the URL names."
        ) from None
    except Exception as error:
        raise InputError(
            f"The store {_without_password(str(place))!r} can't be opened ({_reason(error)}): pass the URL of a "
            "database, such as postgresql+psycopg://user@host/name, or the path of a journal file."
        ) from None
    try:
        yield storage
    except (SQLAlchemyError, StorageInternalError) as error:
        raise InputError(
            f"The store {_without_password(str(place))!r} has failed ({_reason(error)}): "
            "once that is mended, the same command goes on from the trials that are finished."
        ) from None
    finally:
        if database is not None:
            database.remove_session()
            database.engine.dispose()


def _database(url: str) -> RDBStorage:
    """Open a database; try again if it refuses, as it does when several processes create its tables at once."""
    for attempt in range(1, DATABASE_TRIES + 1):
        try:
            storage = RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
            _widen(storage)
            return storage
        except DBAPIError:
            if attempt == DATABASE_TRIES:
                raise
            time.sleep(random.uniform(0.1, 0.7))
    raise AssertionError("the last attempt returns or raises")


def _widen(storage: RDBStorage) -> None:
    """Let MySQL, whose TEXT ends at 64 KB, hold the learning curves of more than a thousand epochs."""
    if storage.engine.dialect.name not in ("mysql", "mariadb"):
        return
    for table in ("trial_user_attributes", "study_user_attributes"):
        types = {column["name"]: column["type"] for column in inspect(storage.engine).get_columns(table)}
        if not isinstance(types["value_json"], LONGTEXT):
            with storage.engine.begin() as connection:
                connection.execute(sql(f"ALTER TABLE {table} MODIFY value_json LONGTEXT"))


def open_study(storage: BaseStorage, name: str, directions: Sequence[Any], content: dict[str, Any]) -> tuple[Any, bool]:
    """Return the study `name` of a store, and whether this call created it.

    Parameters
    ----------
    storage : BaseStorage
    name : str
    directions : sequence
        "maximize" or "minimize" for each objective.
    content : dict
        All that decides the results of the sweep.

    Raises
    ------
    InputError
        The study exists and has another content. The message says what differs.
    """
    text = json.dumps(content, sort_keys=True)
    try:
        study = optuna.create_study(storage=storage, study_name=name, directions=directions)
        study.set_user_attr("sweep", text)
        return study, True
    except optuna.exceptions.DuplicatedStudyError:
        study = optuna.load_study(storage=storage, study_name=name)
    found = study.user_attrs.get("sweep")
    if found is None and not study.get_trials(deepcopy=False):  # its creator died or has not reached this line yet
        study.set_user_attr("sweep", text)
        found = text
    if found != text:
        there = _content(found)
        differing = [key for key in content if there.get(key) != content[key]]
        differing = [key for key in differing if key != "plan"] or differing  # it follows from the others
        raise InputError(
            f"The store holds another sweep called {name!r} (it differs in {', '.join(differing)}): "
            "choose another folder with --out, or another name with --name."
        )
    return study, False


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence Optuna's messages about each trial and its warnings about experimental functions."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _content(text: object) -> dict[str, Any]:
    """Return the content of a sweep as a store has it; an empty one if the store is damaged."""
    try:
        return dict(json.loads(str(text)))
    except (ValueError, TypeError, RecursionError):
        return {}


def _reason(error: BaseException) -> str:
    """Return the first line of a driver's message; Optuna wraps some of its errors."""
    return reason(error.__cause__ or error)


def _without_password(url: str) -> str:
    """Return a URL with *** in place of its password."""
    url = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    return re.sub(r"(?i)((password|passwd|pwd)=)[^&]*", r"\1***", url)
