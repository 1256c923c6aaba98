"""The user's cache folder and paths with ~, for users with and without a home folder."""

from pathlib import Path

import pytest

from fastmlp.datasets import dataset_places, fetch_dataset
from fastmlp.datasets.drawn.dataset import cache_folder
from fastmlp.errors import InputError
from fastmlp.explore.cache import default_store
from fastmlp.system.places import user_cache, without_tilde


@pytest.fixture(params=["this", "an earlier"])
def platformdirs(request, monkeypatch):
    """The library as it is installed, and as it was: it took any path."""
    if request.param == "an earlier":
        monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: Path("~/.cache", name))


@pytest.fixture
def homeless(monkeypatch, tmp_path, platformdirs):
    """A user without HOME who is not in the system's list, in an empty working directory."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("xdg", ["", "relative/cache"])
@pytest.mark.parametrize("earlier", [True, False])
def test_a_cache_is_an_absolute_path(monkeypatch, tmp_path, xdg, earlier):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert user_cache() == tmp_path / "cache" / "fastmlp"
    monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    monkeypatch.setenv("HOME", str(tmp_path))
    if earlier:
        monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: Path(xdg, name))
    assert user_cache() == tmp_path / ".cache" / "fastmlp"


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_has_no_cache_and_needs_none(monkeypatch, tmp_path):
    assert user_cache() is None
    assert cache_folder() is None
    assert default_store().folder is None
    monkeypatch.setenv("FASTMLP_DATA", str(tmp_path / "sets"))
    monkeypatch.setattr("fastmlp.datasets.load.WORKING_COPY", tmp_path)
    assert dataset_places("mnist") == [tmp_path / "sets" / "mnist"]
    with pytest.raises(
        InputError, match=r"can't be stored, since no home folder is known: set HOME, or XDG_CACHE_HOME"
    ):
        fetch_dataset("mnist")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("homeless")
def test_a_path_with_a_tilde_is_refused_without_a_home(monkeypatch):
    for call in (without_tilde, lambda path: monkeypatch.setenv("FASTMLP_DATA", path) or dataset_places("mnist")):
        with pytest.raises(InputError, match=r"'~/sets' needs a home folder, and none is known: pass the full path"):
            call("~/sets")
    assert without_tilde("sets/~") == Path("sets/~")


@pytest.mark.usefixtures("homeless")
def test_places_of_data_sets_without_any(fastmlp, monkeypatch, tmp_path):
    monkeypatch.delenv("FASTMLP_DATA", raising=False)
    monkeypatch.setattr("fastmlp.datasets.load.WORKING_COPY", tmp_path)
    status, out, err = fastmlp("data", "where")
    assert (status, out) == (2, "")
    assert err.startswith("fastmlp: There is no folder for data sets, since no home folder is known: set HOME")
