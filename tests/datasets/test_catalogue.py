"""The catalogue is complete: four files, mirrors, and a checksum for everything that is downloaded."""

from pathlib import Path

import pytest

import fastmlp
from fastmlp.datasets.catalogue import CATALOGUE
from fastmlp.datasets.formats import IDX_ROLES, idx_files


@pytest.mark.parametrize("name", [name for name, published in CATALOGUE.items() if published.files])
def test_an_entry_has_files_mirrors_classes_and_checksums(name: str, tmp_path: Path) -> None:
    published = CATALOGUE[name]
    for file in published.files:
        (tmp_path / file.name).touch()
    assert [path.name for path in idx_files(tmp_path, name).values()] == [file.name for file in published.files]
    assert len(published.classes) == len(set(published.classes)) == 10
    assert published.mirrors
    for mirror in published.mirrors:
        assert mirror.startswith("http")
        assert mirror.endswith("/")
    for file in [published.zip_file] if published.zip_file else published.files:
        assert file.n_bytes > 0
        checksum = file.sha256 or file.content_sha256
        assert checksum is not None
        assert len(bytes.fromhex(checksum)) == 32


def test_names_are_known_and_checksums_differ() -> None:
    assert set(CATALOGUE) == {"mnist", "fashion-mnist", "kmnist", "emnist-digits", "qmnist", "drawn"}
    assert len(IDX_ROLES) == 4
    checksums = [file.sha256 or file.content_sha256 for published in CATALOGUE.values() for file in published.files]
    known = [checksum for checksum in checksums if checksum]
    assert len(known) == len(set(known)) == 16


def test_readme_of_the_data_folder_lists_the_same_sets() -> None:
    text = (Path(fastmlp.__file__).parents[1] / "data" / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    sizes = {name: f"{published.n_train:,} + {published.n_test:,}" for name, published in CATALOGUE.items()}
    assert {name.strip(" `"): size.strip() for name, size in rows} == sizes | {"drawn": "built in"}
