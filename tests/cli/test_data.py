"""The commands `data list`, `fetch`, `where` and `show`."""

from PIL import Image


def test_the_places_and_the_list_of_data_sets(fastmlp, monkeypatch, tmp_path):
    monkeypatch.setenv("FASTMLP_DATA", str(tmp_path / "sets"))
    status, out, _ = fastmlp("data", "where")
    assert status == 0
    assert out.splitlines()[0] == str(tmp_path / "sets" / "mnist")
    status, out, _ = fastmlp("data", "list")
    assert status == 0
    assert {line.split()[0] for line in out.splitlines()[::2]} == {
        *("mnist", "fashion-mnist", "kmnist", "emnist-digits", "qmnist", "drawn")
    }
    assert "fastmlp data fetch kmnist" in out


def test_fetch_prints_the_folder_of_a_data_set_that_is_here(fastmlp, monkeypatch, digits, tmp_path):
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "kmnist").symlink_to(digits, target_is_directory=True)
    monkeypatch.setenv("FASTMLP_DATA", str(tmp_path / "sets"))
    assert fastmlp("data", "fetch", "kmnist") == (0, f"{tmp_path / 'sets' / 'kmnist'}\n", "")


def test_show_draws_samples_as_they_are_and_augmented(fastmlp, digits):
    for options in (["--out", "plain.png"], ["--augment", "rotation=20", "--seed", 3]):
        status, out, err = fastmlp("data", "show", digits, *options)
        assert status == 0, err
        with Image.open(out.strip()) as image:
            assert min(image.size) > 300
    assert out == "sheet.png\n"
    assert fastmlp("data", "show", digits, "--augment", "rotate=20")[0] == 2
