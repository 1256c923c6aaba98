"""Files of tensors: what they keep, and what is refused."""

import json

import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.system.tensor_files import CHECKPOINT, MODEL, read_tensors, write_tensors

TENSORS = {"weights": np.arange(6, dtype=np.float32).reshape(2, 3), "biases": np.array([0.5, -0.5])}
ABOUT = {"sizes": "[2, 3]", "classes": '["é", "東"]'}


@pytest.fixture
def path(tmp_path):
    """A model file."""
    write_tensors(tmp_path / "a.safetensors", MODEL, TENSORS, ABOUT)
    return tmp_path / "a.safetensors"


@pytest.mark.parametrize("kind", [MODEL, CHECKPOINT])
def test_a_file_keeps_tensors_and_texts(tmp_path, kind):
    write_tensors(str(tmp_path / "a"), kind, TENSORS, ABOUT)
    tensors, about = read_tensors(str(tmp_path / "a"), kind)
    assert about == ABOUT
    assert set(tensors) == set(TENSORS)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, TENSORS[name], strict=True)


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    write_tensors(tmp_path / "b", MODEL, dict(reversed(TENSORS.items())), dict(reversed(ABOUT.items())))
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


def test_the_metadata_is_sorted_and_the_tensors_stay_aligned(path):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    assert size % 8 == 0
    metadata = json.loads(content[8 : 8 + size])["__metadata__"]
    assert list(metadata) == ["classes", "format", "sizes", "version"]
    assert metadata["format"] == "fastmlp"


@pytest.mark.parametrize("cut", [0, 5, 20, -1])
def test_a_damaged_file_is_refused(path, cut):
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"a\.safetensors' is no model file, or a damaged one \(.*that fastmlp wrote"):
        read_tensors(path, MODEL)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"There is no checkpoint .*: pass the path of a \.safetensors file"):
        read_tensors(tmp_path / "missing", CHECKPOINT)
    with pytest.raises(InputError, match="is not a file but a folder"):
        read_tensors(tmp_path, CHECKPOINT)


def test_a_file_larger_than_memory_is_not_read(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 43)
    with pytest.raises(InputError, match="needs 8,796 GB and does not fit in memory"):
        read_tensors(tmp_path / "a", MODEL)


def test_a_name_in_a_file_does_not_fill_the_message(tmp_path):
    write_tensors(tmp_path / "a", MODEL, {"\x1b[31m\n" * 500: np.arange(3)}, ABOUT)
    with pytest.raises(
        InputError, match=r"int64 numbers in \\x1b\[31m\\n.* \.\.\. .*: the file is damaged; train again\."
    ) as error:
        read_tensors(tmp_path / "a", MODEL)
    assert len(str(error.value)) < 300


def test_another_kind_is_refused(path, tmp_path):
    with pytest.raises(InputError, match="holds no fastmlp checkpoint: pass a file that a Checkpoint wrote"):
        read_tensors(path, CHECKPOINT)
    write_tensors(tmp_path / "b", CHECKPOINT, TENSORS, ABOUT)
    with pytest.raises(InputError, match=r"holds no fastmlp network: pass a file that Network\.save wrote"):
        read_tensors(tmp_path / "b", MODEL)


def test_another_version_is_refused(tmp_path):
    write_tensors(tmp_path / "a", MODEL._replace(version="3"), TENSORS, ABOUT)
    with pytest.raises(InputError, match="a model file of version 3, and this fastmlp reads version 2"):
        read_tensors(tmp_path / "a", MODEL)


def test_an_earlier_version_is_read(tmp_path):
    write_tensors(tmp_path / "a", MODEL._replace(version="1"), TENSORS, ABOUT)
    assert read_tensors(tmp_path / "a", MODEL)[1] == ABOUT


def test_tensors_of_integers_are_refused(tmp_path):
    write_tensors(tmp_path / "a", MODEL, {"weights": np.arange(3)}, ABOUT)
    with pytest.raises(InputError, match="holds int64 numbers in weights: the file is damaged"):
        read_tensors(tmp_path / "a", MODEL)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_must_be_finite_and_a_checkpoint_need_not(tmp_path, value):
    tensors = TENSORS | {"biases": np.array([0.0, value])}
    write_tensors(tmp_path / "a", MODEL, tensors, ABOUT)
    with pytest.raises(InputError, match="holds NaN or infinity in biases"):
        read_tensors(tmp_path / "a", MODEL)
    write_tensors(tmp_path / "a", CHECKPOINT, tensors, ABOUT)
    np.testing.assert_array_equal(read_tensors(tmp_path / "a", CHECKPOINT)[0]["biases"], tensors["biases"])
