"""NumPy's files: what is read as NumPy reads it, and headers that are none."""

import io
import warnings
import zipfile

import numpy as np
import pytest

from fastmlp.datasets.npy_files import map_npy, open_npz
from fastmlp.errors import InputError
from fastmlp.system import input_files

ARRAYS = [
    np.arange(12, dtype=np.uint8).reshape(3, 4),
    np.arange(12, dtype=">f8").reshape(2, 3, 2),
    np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    np.array(["é", "東", ""]),
    np.array(["ab", "c"], ">U2"),
    np.array([True, False]),
    np.array([1.5, 2.5], np.float16),
    np.array([1j]),
    np.array([b"ab", b"c"]),
    np.array(3),
    np.empty((0, 4), np.int16),
]


def npy(array, version=None):
    """The bytes of an .npy file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def with_header(text, values=bytes(8)):
    """An .npy file with the header `text`."""
    return b"\x93NUMPY\x01\x00" + len(text.encode()).to_bytes(2, "little") + text.encode() + values


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype.str} {array.shape}")
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_arrays_are_read_as_numpy_reads_them(tmp_path, array, version):
    path = tmp_path / "a.npy"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, about versions that old readers don't know
        path.write_bytes(npy(array, version))
    mapped = map_npy(path)
    np.testing.assert_array_equal(mapped, array, strict=True)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "a.npy")
    with open_npz(tmp_path / "a.npz") as readers:
        np.testing.assert_array_equal(readers["a"](), array, strict=True)
    if mapped.size:
        mapped[...] = mapped.dtype.type()  # copy-on-write: the file stays
        np.testing.assert_array_equal(np.load(path), array)


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
        "{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}\n",
        '  {"descr":"<f4","fortran_order":False,"shape":(2L,)}  \n',
    ],
)
def test_headers_of_other_writers_are_read(tmp_path, text):
    (tmp_path / "a.npy").write_bytes(with_header(text))
    np.testing.assert_array_equal(map_npy(tmp_path / "a.npy"), np.zeros(2, np.float32), strict=True)


GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "its header is damaged"),
        (GOOD[:-3], "its header is damaged"),
        (GOOD.replace("'shape'", "'shap'"), "its header is damaged"),
        (GOOD.replace("False", "2"), "its header is damaged"),
        (GOOD.replace("(2,)", "(2"), "its header is damaged"),
        (GOOD.replace("(2,)", "(-2,)"), "its header is damaged"),
        (GOOD.replace("(2,)", f"({'9' * 5000},)"), "its header is damaged"),
        (GOOD.replace("(2,)", "(" * 3000), "its header is damaged"),
        (GOOD.replace("(2,)", "__import__('os')"), "its header is damaged"),
        (GOOD.replace("<f4", "|O"), "names something else than an array of numbers or texts"),
        (GOOD.replace("'<f4'", "[('a', '<f4')]"), "names something else than an array of numbers or texts"),
        (GOOD.replace("<f4", "<f5"), "there are no numbers <f5"),
        (GOOD.replace("<f4", "<U99999999"), "promises more values than it holds"),
        (GOOD.replace("(2,)", "(3,)"), "promises more values than it holds"),
        (GOOD.replace("(2,)", "(9999999999999999999, 0)"), "impossible sizes"),
        (GOOD.replace("(2,)", f"({'1, ' * 65})"), "65 dimensions"),
        ("\x1b[2J\n" + GOOD, "its header is damaged"),
    ],
)
def test_headers_that_are_none_are_refused(tmp_path, text, words):
    content = with_header(text)
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.npy can't be read .*{words}"):
        map_npy(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with open_npz(tmp_path / "a.npz") as readers, pytest.raises(InputError, match=rf"a\.npz can't be read .*{words}"):
        readers["a"]()


def test_texts_that_are_none_are_refused(tmp_path):
    content = npy(np.array(["ab"]))[:-4] + b"\0\0\x11\0"  # U+110000
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(InputError, match="impossible characters"):
        map_npy(tmp_path / "a.npy")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_arrays_that_do_not_fit_together_are_refused_before_memory_is_taken(tmp_path, monkeypatch, method):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        for name in ("X", "y"):
            archive.writestr(f"{name}.npy", npy(np.zeros(1000, np.uint8)))
    monkeypatch.setattr(input_files, "memory", lambda: 1500)
    with open_npz(tmp_path / "a.npz") as readers:
        assert len(readers["X"]()) == 1000
        with pytest.raises(InputError, match="does not fit in memory: store its arrays"):
            readers["y"]()


def test_a_member_can_not_promise_more_than_its_bytes_can_inflate_to(tmp_path):
    """The archive says 2**40 bytes, and so does the header of the array; the file has 200."""
    size = 1 << 40
    header = with_header(GOOD.replace("<f4", "|u1").replace("(2,)", f"({size - 100},)"))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", header)
        archive.infolist()[0].file_size = size
    with open_npz(tmp_path / "a.npz") as readers, pytest.raises(InputError, match="promises more values than it holds"):
        readers["a"]()


def test_what_is_no_archive_is_refused(tmp_path):
    for name in ("a.npy", "a.npz"):
        with pytest.raises(InputError, match="There is no file"):
            map_npy(tmp_path / name)
        with pytest.raises(InputError, match="There is no file"), open_npz(tmp_path / name):
            pass
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04" + b"\x1b" * 30)
    with pytest.raises(InputError, match="can't be read as an"), open_npz(tmp_path / "a.npz"):
        pass
