"""The command `warmup`."""

import json

import pytest

from fastmlp import kernels


@pytest.fixture
def compiled(monkeypatch):
    """The forms that the command asks for, none of which is compiled."""
    forms = []
    monkeypatch.setattr("fastmlp.training.warm_up.compile_form", forms.append)
    return forms


def test_every_form_is_compiled_with_a_line_for_each(fastmlp, compiled):
    status, out, err = fastmlp("warmup")
    assert status == 0
    assert len(compiled) == 25
    assert [line.split(":")[0] for line in err.splitlines()] == [f"{n} of 25" for n in range(1, 26)]
    assert out.startswith(f"The kernels are in {kernels.cache_folder()}: ")


def test_json_has_the_folder_and_its_size(fastmlp, compiled, tmp_path, monkeypatch):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "kernel").write_bytes(bytes(1000))
    monkeypatch.setattr(kernels, "cache_folder", lambda: tmp_path)
    status, out, _ = fastmlp("warmup", "--json")
    found = json.loads(out.splitlines()[-1])
    assert status == 0
    assert (found["folder"], found["bytes"], found["forms"]) == (str(tmp_path), 1000, len(compiled))


def test_a_cache_that_keeps_nothing_is_refused_before_anything_is_compiled(fastmlp, compiled, monkeypatch):
    monkeypatch.setattr(kernels, "why_not_kept", lambda: "/cache can't be written (Read-only file system)")
    status, out, err = fastmlp("warmup")
    assert (status, out, compiled) == (2, "", [])
    assert "can't be kept, since /cache can't be written (Read-only file system): set NUMBA_CACHE_DIR" in err
