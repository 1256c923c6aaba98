"""Download a named data set into a folder.

The files are downloaded and checked in a temporary folder, which is then renamed. So no process ever finds half a data
set.
"""

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from fastmlp.datasets.catalogue import Published, PublishedFile
from fastmlp.datasets.idx import read_idx
from fastmlp.errors import InputError, reason
from fastmlp.system.terminal import on_terminal

CONNECT_SECONDS = 5
"""Time limit for a connection to a mirror."""

READ_SECONDS = 30
"""Time after which a mirror that sends nothing is given up."""

_NETWORK_ERRORS = {
    "ConnectTimeout": "no answer",
    "ReadTimeout": "stopped answering",
    "ConnectionError": "no connection",
    "ChunkedEncodingError": "connection broken",
}


class NotDownloaded(InputError):  # noqa: N818 - says what happened, and is an InputError
    """A data set was not downloaded. The message names every mirror and folder, and is longer than others."""

    longest = 2000


class Unreachable(NotDownloaded):
    """A data set could not be downloaded: no mirror has it or can be reached, or it can't be stored."""


class _WrongBytesError(Exception):
    """A mirror sent something other than the published file."""


def download(name: str, published: Published, folder: Path, looked_in: Sequence[Path] = ()) -> Path:
    """Download the files of a data set into `folder`, unless the right files are there already.

    The mirrors are tried in turn. A file is accepted if it has the published checksum. The folder appears when all its
    files are complete. If several processes call this at the same time, one downloads and the others wait for it.

    Parameters
    ----------
    name : str
    published : Published
    folder : Path
        Folder for the files. Missing folders above it are created.
    looked_in : sequence of Path
        Folders where the data set was not found, for the message.

    Returns
    -------
    folder : Path

    Raises
    ------
    Unreachable
        No mirror has the files or can be reached, or `folder` can't be written.
    InputError
        A mirror sent other files than the published ones, and no other mirror has them.
    """
    from filelock import FileLock  # imported here, because a training does not need it

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            if _is_whole(folder, published):
                return folder
            for left_over in folder.parent.glob(f".{folder.name}.*/"):  # from a process that was killed
                shutil.rmtree(left_over, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
                new = Path(temporary) / "new"
                new.mkdir()
                _fetch_all(name, published, new, looked_in)
                if folder.exists():  # with a wrong or missing file
                    folder.replace(Path(temporary) / "old")
                new.replace(folder)
    except OSError as error:
        raise Unreachable(
            f"Data set {name!r} can't be stored in {folder} ({error.strerror or error}): make room or access there, or "
            f"put its files in a folder {name} and set FASTMLP_DATA to the folder that holds it."
        ) from None
    return folder


def check(path: Path, file: PublishedFile) -> str | None:
    """Return what is wrong with the file at `path`, in words, or None if it is the published `file`."""
    if file.sha256 is not None:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return None if digest == file.sha256 else "another checksum than the published file"
    content = hashlib.sha256()
    try:
        read_idx(path, content)
    except InputError:
        return "no whole IDX file"
    if file.content_sha256 in (None, content.hexdigest()):
        return None
    return "another checksum than the published file"


def _is_whole(folder: Path, published: Published) -> bool:
    """Return True if `folder` holds every file as published."""
    return all((folder / file.name).is_file() and check(folder / file.name, file) is None for file in published.files)


def _fetch_all(name: str, published: Published, folder: Path, looked_in: Sequence[Path]) -> None:
    """Download all files into `folder`; a mirror that fails once is not asked again."""
    from requests import RequestException  # type: ignore[import-untyped, unused-ignore]

    wanted = [published.zip_file] if published.zip_file else list(published.files)
    failures: list[str] = []
    wrong = False
    for mirror in published.mirrors:
        try:
            while wanted:
                _fetch(mirror, wanted[0], folder)
                del wanted[0]
        except _WrongBytesError as error:
            wrong = True
            failures.append(f"{mirror} sent {error}")
        except RequestException as error:  # any other OSError comes from the disk
            failures.append(f"{mirror}: {_short(error)}")
    if wanted:
        places = f"not found in {', '.join(map(str, looked_in))}, and " if looked_in else ""
        raise (NotDownloaded if wrong else Unreachable)(
            f"Data set {name!r} was {places}not downloaded ({'; '.join(failures)}): put its four IDX files in a folder "
            f"{name} and set FASTMLP_DATA to the folder that holds it, or put them in data/{name} of the working copy."
        )
    if published.zip_file:
        _unpack(folder / published.zip_file.name, published.files, folder)


def _short(error: Exception) -> str:
    """Return a network error in a few words; the messages of requests repeat the address and the stack of causes."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP status {response.status_code}"
    kind = type(error).__name__
    return _NETWORK_ERRORS.get(kind, kind)


def _fetch(mirror: str, file: PublishedFile, folder: Path) -> None:
    """Download one file from one mirror and check it."""
    from pooch import HTTPDownloader
    from tqdm import tqdm

    path = folder / file.name
    with (
        path.open("wb") as stream,
        tqdm(
            desc=file.name,
            total=file.n_bytes,
            unit="B",
            unit_scale=True,
            disable=not on_terminal(),
        ) as bar,
    ):
        get = HTTPDownloader(
            progressbar=bar,
            chunk_size=1 << 16,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            headers={"Accept-Encoding": "identity"},  # otherwise requests would unpack the file before the check
        )
        get(mirror + file.name, _Limited(stream, 2 * file.n_bytes), None)
        stream.flush()
        os.fsync(stream.fileno())
    if wrong := check(path, file):
        raise _WrongBytesError(f"{wrong} for {file.name}")


class _Limited:
    """A writable file that takes `limit` bytes at most, so that no mirror can fill the disk."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self.stream = stream
        self.left = limit

    def write(self, content: bytes) -> None:
        self.left -= len(content)
        if self.left < 0:
            raise _WrongBytesError("more than twice the bytes of the published file")
        self.stream.write(content)

    def flush(self) -> None:
        """Do nothing; the downloader calls this after every chunk."""


def _unpack(archive: Path, files: Sequence[PublishedFile], folder: Path) -> None:
    """Extract `files` from a zip file, in whatever folder of it they are, and delete the zip file."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = {Path(member).name: member for member in opened.namelist()}
            for file in files:
                with opened.open(members[file.name]) as source, (folder / file.name).open("wb") as target:
                    shutil.copyfileobj(source, target)
                    target.flush()
                    os.fsync(target.fileno())
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise InputError(f"{archive.name} does not hold the published files ({reason(error)}).") from None
    archive.unlink()
