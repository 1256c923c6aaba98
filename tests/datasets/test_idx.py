"""The IDX reader and writer: round trips, memory maps, and every file that they refuse."""

import errno
import gzip
import hashlib
import re
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from fastmlp.datasets import read_idx, write_idx
from fastmlp.errors import InputError

DTYPES = ("u1", "i1", "i2", "i4", "f4", "f8")
GOOD = bytes((0, 0, 8, 2)) + struct.pack(">2I", 2, 3) + bytes(range(6))


def put(path: Path, content: bytes, *, packed: bool = False) -> Path:
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip_keeps_values_dtype_and_shape(tmp_path: Path, dtype: str, suffix: str) -> None:
    array = np.random.default_rng(0).integers(-100, 100, (3, 4, 5)).astype(dtype)
    path = tmp_path / f"array{suffix}"
    write_idx(path, array.astype(array.dtype.newbyteorder(">"))[::-1])
    again = read_idx(path)
    np.testing.assert_array_equal(again, array[::-1], strict=True)
    assert again.dtype.isnative
    assert again.flags.writeable
    assert again.flags.c_contiguous
    assert path.read_bytes().startswith(b"\x1f\x8b") == bool(suffix)


def test_known_bytes(tmp_path: Path) -> None:
    path = put(tmp_path / "a", bytes((0, 0, 0x0B, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFE)))
    assert read_idx(path).tolist() == [0x0102, -2]
    write_idx(tmp_path / "b", np.array([0x0102, -2], np.int16))
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_no_samples(tmp_path: Path, suffix: str) -> None:
    write_idx(tmp_path / f"a{suffix}", np.empty((0, 28, 28), np.uint8))
    assert read_idx(tmp_path / f"a{suffix}").shape == (0, 28, 28)


def test_plain_bytes_are_mapped_copy_on_write(tmp_path: Path) -> None:
    path = put(tmp_path / "a", GOOD)
    array = read_idx(path)
    base: object = array
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    assert type(array) is np.ndarray
    array[0, 0] = 99
    assert array[0, 0] == 99
    assert path.read_bytes() == GOOD


def test_gzip_is_recognized_by_content(tmp_path: Path) -> None:
    assert read_idx(put(tmp_path / "plain.gz", GOOD)).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read_idx(put(tmp_path / "packed", GOOD, packed=True)).tolist() == [[0, 1, 2], [3, 4, 5]]
    (tmp_path / "members").write_bytes(gzip.compress(GOOD[:14]) + gzip.compress(GOOD[14:]))
    assert read_idx(tmp_path / "members").tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("content", [GOOD, bytes((0, 0, 0x0B, 1, 0, 0, 0, 2, 1, 2, 3, 4))])
def test_a_digest_is_that_of_the_uncompressed_bytes(tmp_path: Path, content: bytes, packed: bool) -> None:
    digest = hashlib.sha256()
    read_idx(put(tmp_path / "a", content, packed=packed), digest)
    assert digest.digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\0\0\x08", "truncated: 3 bytes are too few for an IDX header"),
        (b"\0\x01\x08\x01\0\0\0\x01\0", "not an IDX file.*0x00010801"),
        (b"PK\x03\x04" + bytes(20), "not an IDX file.*0x504b0304"),
        (b"\0\0\x08\0\x01", "not an IDX file"),
        (b"\0\0\x08\xff" + bytes(4 * 255), "not an IDX file"),
        (b"\0\0\x0a\x01\0\0\0\x01\0", "unknown IDX type code 0x0A.*0x08"),
        (GOOD[:11], "truncated: its header ends.*2 dimensions"),
        (GOOD[:-1], "truncated"),
        (GOOD + b"x", "trailing bytes"),
        (bytes((0, 0, 8, 2)) + struct.pack(">2I", 1 << 20, 1 << 20) + bytes(6), "truncated.*1048576 x 1048576"),
        (bytes((0, 0, 8, 4)) + struct.pack(">4I", *[0xFFFFFFFF] * 4), "truncated.*4294967295 x"),
        (bytes((0, 0, 8, 3)) + struct.pack(">3I", 0, 0xFFFFFFFF, 0xFFFFFFFF), "impossible sizes"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_refuses_bad_files_without_a_large_allocation(tmp_path: Path, content: bytes, words: str, packed: bool) -> None:
    path = put(tmp_path / "bad-file", content, packed=packed)
    tracemalloc.start()
    with pytest.raises(InputError, match=f"bad-file.*{words}"):
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_refuses_a_gzip_bomb_that_its_header_announces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes can hold more zeros than any memory: their number is compared with it before any is unpacked."""
    n = 50 << 20
    path = put(tmp_path / "bomb", bytes((0, 0, 8, 1)) + struct.pack(">I", n) + bytes(n), packed=True)
    monkeypatch.setattr("fastmlp.system.input_files.memory", lambda: 40 << 20)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"bomb needs 0 GB and does not fit in memory: unpack it"):
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_refuses_a_gzip_bomb_without_unpacking_it(tmp_path: Path) -> None:
    path = put(tmp_path / "bomb", GOOD + bytes(200 << 20), packed=True)
    tracemalloc.start()
    with pytest.raises(InputError, match="bomb has trailing bytes after the 6"):
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize("damage", ["cut", "flipped", "no trailer", "garbage"])
def test_refuses_a_corrupt_gzip_stream(tmp_path: Path, damage: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes()
    packed = bytearray(gzip.compress(bytes((0, 0, 8, 1)) + struct.pack(">I", 5000) + noise))
    if damage == "cut":
        packed = packed[: len(packed) // 2]
    elif damage == "flipped":
        packed[len(packed) // 2] ^= 0xFF
    elif damage == "no trailer":
        packed = packed[:-8]
    else:
        packed += b"garbage"
    (tmp_path / "a.gz").write_bytes(packed)
    with pytest.raises(InputError, match=r"a\.gz is a corrupt or truncated gzip file"):
        read_idx(tmp_path / "a.gz")


def test_refuses_an_impossible_deflate_stream(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(GOOD)[:10] + b"\xff" * 20)
    with pytest.raises(InputError, match="corrupt or truncated gzip"):
        read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize("name", ["missing", "."])
def test_refuses_a_path_that_is_not_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not a file"):
        read_idx(tmp_path / name)


def test_memory_error_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    path = put(tmp_path / "a.gz", GOOD, packed=True)
    monkeypatch.setattr("fastmlp.datasets.idx.np.empty", no_memory)
    with pytest.raises(InputError, match="does not fit in memory"):
        read_idx(path)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(3, np.int64), "no type for int64"),
        (np.array(["a"]), "no type for <U1"),
        (np.zeros(3, bool), "no type for bool"),
        (np.uint8(3), re.escape("shape ()")),
        (np.empty((0, 1 << 32), np.uint8), "4294967296"),
    ],
)
def test_refuses_to_write_what_idx_can_not_hold(tmp_path: Path, array: np.ndarray, words: str) -> None:
    (tmp_path / "a").write_bytes(b"as it was")
    with pytest.raises(InputError, match=words):
        write_idx(tmp_path / "a", array)
    assert (tmp_path / "a").read_bytes() == b"as it was"


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_writes_the_file_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / name).write_bytes(b"as it was")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fastmlp.system.files.os.fsync", full)
    with pytest.raises(InputError, match=f"{name} can't be written: No space left"):
        write_idx(tmp_path / name, np.zeros(3, np.uint8))
    assert (tmp_path / name).read_bytes() == b"as it was"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_folder_can_not_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be written: No such file"):
        write_idx(tmp_path / "no such folder" / "a", np.zeros(3, np.uint8))


def test_a_gzipped_file_has_no_time_and_no_name(tmp_path: Path) -> None:
    write_idx(tmp_path / "a.gz", np.zeros(3, np.uint8))
    assert (tmp_path / "a.gz").read_bytes()[3:8] == bytes(5)
