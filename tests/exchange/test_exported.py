"""The description of an export, and the files that may be replaced."""

import pytest

from fastmlp.errors import InputError
from fastmlp.exchange.exported import MARK, Export, check_replaceable


def test_the_description(tmp_path):
    path = tmp_path / "a.onnx"
    path.write_bytes(b"x" * 2500)
    export = Export(to="onnx", files=(path,), inputs="X", outputs="Y", usage=("one", "two"), notes=("Beware.",))
    assert str(export).splitlines() == [
        f"written  {path}, 2.5 KB",
        "in       X",
        "out      Y",
        "load it  one",
        "         two",
        "note     Beware.",
    ]
    texts = {"inputs": "X", "outputs": "Y", "usage": ["one", "two"], "notes": ["Beware."]}
    assert export.to_json() == {"to": "onnx", "files": [str(path)], "bytes": 2500} | texts


def test_exports_and_empty_files_may_be_replaced(tmp_path):
    path = tmp_path / "a"
    check_replaceable(path)
    path.write_bytes(b"")
    check_replaceable(path)
    path.write_bytes(b"a" * 1000 + MARK.encode())
    check_replaceable(path)


def test_other_files_are_kept(tmp_path):
    path = tmp_path / "a"
    path.write_text("my own program")
    with pytest.raises(InputError, match=r"There is a file .* that is no export: choose another path, or delete it"):
        check_replaceable(path)
    with pytest.raises(InputError, match="is not a file but a folder"):
        check_replaceable(tmp_path)
