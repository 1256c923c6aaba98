"""Figures as files: the same bytes, written whole or not at all."""

import base64

import pytest

from fastmlp.errors import InputError
from fastmlp.plots.curves import learning_curve
from fastmlp.plots.save import inline_image, png, save_figure


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        save_figure(learning_curve([1, 2], [0.5, 0.4], [0.8, 0.9]), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_figure_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "curve.png"
    path.write_bytes(b"the old one")
    figure = learning_curve([1], [0.5], [0.8])

    def fails(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(InputError, match="No space left"):
        save_figure(figure, path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_save_figure_refuses_other_names_and_folders_that_are_not_there(tmp_path):
    figure = learning_curve([1], [0.5], [0.8])
    with pytest.raises(InputError, match=r"ends in \.png"):
        save_figure(figure, tmp_path / "curve.pdf")
    with pytest.raises(InputError, match="No such file or directory"):
        save_figure(figure, tmp_path / "nowhere" / "curve.png")
    assert list(tmp_path.iterdir()) == []


def test_an_inline_image_holds_the_file_and_escapes_its_text():
    content = png(learning_curve([1], [0.5], [0.8]))
    assert content.startswith(b"\x89PNG")
    shown = inline_image(content, 'a < "b"')
    assert shown.startswith('<img alt="a &lt; &quot;b&quot;" ')
    assert base64.b64decode(shown.split("base64,")[1].removesuffix('">')) == content
