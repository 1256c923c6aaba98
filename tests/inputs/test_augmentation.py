"""Augmentation, the samples of an epoch, training on them, and the commands that know of them."""

import contextlib
import json

import numpy as np
import pytest
import scipy.sparse
from helpers.threads import no_thread_is_left, start_no_more_than

from fastmlp import Augmentation, InputError, Network, Trainer, kernels
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.inputs import augmented
from fastmlp.inputs.augmented import AugmentedSamples
from fastmlp.inputs.packed import FirstLayer
from fastmlp.system.threads import Team

EVERYTHING = Augmentation(shift=1.5, rotation=10, scale=0.1, shear=0.1, elastic=20, sigma=4)


@pytest.fixture(scope="module")
def drawn():
    return draw_digits(1200)


def unpacked(inputs, shape, threads=1):
    """Samples as the kernels take them, made dense again; checks what packed ones must keep to."""
    if isinstance(inputs, np.ndarray):
        return inputs.copy()
    X = np.zeros(shape, inputs.values.dtype)
    assert np.array_equal(inputs.splits[:, 0], inputs.starts[:-1])
    assert np.array_equal(inputs.splits[:, -1], inputs.starts[1:])
    assert inputs.splits.shape == (len(X), threads + 1)
    for i, row in enumerate(inputs.splits):
        columns = inputs.columns[row[0] : row[-1]]
        assert np.all(np.diff(columns.astype(int)) > 0)
        for t in range(threads):
            part = inputs.columns[row[t] : row[t + 1]]
            assert np.all((part >= inputs.bounds[t]) & (part < inputs.bounds[t + 1]))
        X[i, columns] = inputs.values[row[0] : row[-1]]
    return X


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shift": -1}, "shift of the augmentation is -1: pass a number of at least 0"),
        ({"shift": "wide"}, "shift of the augmentation is 'wide'"),
        ({"rotation": 181}, "up to 180 degrees"),
        ({"scale": 1}, "below 1"),
        ({"shear": float("nan")}, "shear of the augmentation is nan"),
        ({"elastic": float("inf")}, "elastic of the augmentation is inf"),
        ({"elastic": True}, "elastic of the augmentation is True"),
        ({"sigma": 0}, "sigma of the augmentation is 0: pass a positive number"),
        ({"shape": 28}, "shape of the augmentation is 28"),
        ({"shape": (0, 5)}, "shape of the augmentation is 0"),
    ],
)
def test_bad_settings_get_one_sentence(settings, words):
    with pytest.raises(InputError) as error:
        Augmentation(**settings)
    assert words in str(error.value)
    assert str(error.value).endswith(".")


def test_text_and_back():
    augmentation = Augmentation.from_text(" shift=2, rotation=7.5,elastic=34 ,sigma=5")
    assert augmentation == Augmentation(shift=2, rotation=7.5, elastic=34, sigma=5)
    assert Augmentation.from_text(str(augmentation)) == augmentation
    assert Augmentation.from_text("none") == Augmentation()
    assert str(Augmentation()) == ""
    assert not Augmentation(sigma=3).is_on
    assert str(Augmentation(sigma=3, shift=1)) == "shift=1"
    exact = Augmentation(rotation=12.3456789, elastic=1e-7, sigma=1 / 3)
    assert Augmentation.from_text(str(exact)) == exact


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shift", "augmentation has 'shift'"),
        ("shfit=1", "did you mean"),
        ("shift=1,shift=2", "twice"),
        ("scale=x", "'x'"),
        ("sigma=9", "add elastic=34"),
        ("shift=1,sigma=4", "add elastic=34"),
    ],
)
def test_bad_text_gets_one_sentence(text, words):
    with pytest.raises(InputError) as error:
        Augmentation.from_text(text)
    assert words in str(error.value).lower()


def test_the_shape_of_an_image():
    assert Augmentation(shift=1).image_shape(49) == (7, 7)
    assert Augmentation(shift=1, shape=(5, 4)).image_shape(20) == (5, 4)
    with pytest.raises(InputError, match="are not a square of pixels"):
        Augmentation(shift=1).image_shape(20)
    with pytest.raises(InputError, match="are not 5 x 5 pixels"):
        Augmentation(shift=1, shape=(5, 5)).image_shape(20)
    with pytest.raises(InputError, match="sigma of the augmentation is 9"):
        Augmentation(elastic=1, sigma=9).image_shape(49)


def test_images_are_those_of_an_epoch_of_a_seed(drawn):
    X = drawn[0][:50]
    new = EVERYTHING.images(X, seed=3, epoch=2)
    assert new.dtype == np.uint8
    np.testing.assert_array_equal(EVERYTHING.images(X, seed=3, epoch=2), new)
    np.testing.assert_array_equal(EVERYTHING.images(X[:20], seed=3, epoch=2), new[:20])
    others = [EVERYTHING.images(X, seed=3, epoch=3), EVERYTHING.images(X, seed=4, epoch=2)]
    assert all(np.mean(other != new) > 0.05 for other in others)
    floats = EVERYTHING.images(X / 255, seed=3, epoch=2)
    assert floats.dtype == np.float64
    np.testing.assert_allclose(floats * 255, new, atol=0.51)
    np.testing.assert_array_equal(Augmentation().images(X), X)


def test_elastic_distortions_are_as_strong_as_said():
    field = Augmentation(elastic=34, sigma=4).distortion((28, 28), 0, 1).field
    assert field.std() == pytest.approx(0.163 * 34 / 4, rel=0.1)
    assert abs(field.mean()) < 0.2


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("augmentation", [EVERYTHING, Augmentation(shift=2)], ids=str)
@pytest.mark.parametrize("may_pack", [True, False])
def test_the_samples_of_an_epoch_are_the_same_however_they_are_made(drawn, augmentation, may_pack, dtype, monkeypatch):
    monkeypatch.setattr(augmented, "ROWS_AT_A_TIME", 100)
    monkeypatch.setattr(augmented, "cores", lambda: 2)
    X = drawn[0] if dtype == np.uint8 else (drawn[0] / 255).astype(np.float32)
    layer = FirstLayer(784, 16, np.dtype(np.float32), 10)
    for candidates, beside in (((1,), False), ((1, 3), False), ((1, 2), True)):
        samples = AugmentedSamples(augmentation, X, layer, 5, 4, candidates, may_pack)
        with no_thread_is_left(), Team(max(candidates)) as team, contextlib.closing(samples):
            assert all(isinstance(made, kernels.PackedSamples) == may_pack for made in samples.inputs.values())
            for epoch in (1, 2, 4):  # 3 is begun beside 2, and not asked for
                inputs = samples.epoch(epoch, team)
                if beside:
                    samples.make_beside(1)
                    while epoch < 4 and samples._next.segments[0].made < 300:
                        pass
                    samples.make_beside(2)
                for threads in candidates:
                    new = unpacked(inputs[threads], X.shape, threads)
                    np.testing.assert_array_equal(new, augmentation.images(X, 5, epoch))
            assert (samples._helper is not None) == beside


def test_a_thread_works_beside_only_where_a_core_is_free(drawn, monkeypatch):
    monkeypatch.setattr(augmented, "cores", lambda: 2)
    fit = (FirstLayer(784, 16, np.dtype(np.float32), 10), 5, 1, (1, 2))
    with Team(2) as team, contextlib.closing(AugmentedSamples(EVERYTHING, drawn[0], *fit)) as samples:
        samples.make_beside(2)
        assert samples._helper is None
        samples.epoch(1, team)
        samples.make_beside(1)
        assert samples._helper is None  # no epoch will follow


def test_no_thread_works_beside_where_none_can_be_started(drawn, monkeypatch):
    monkeypatch.setattr(augmented, "cores", lambda: 2)
    start_no_more_than(monkeypatch, 0)
    fit = (FirstLayer(784, 16, np.dtype(np.float32), 10), 5, 3, (1,))
    with Team(1) as team, contextlib.closing(AugmentedSamples(EVERYTHING, drawn[0], *fit)) as samples:
        for epoch in (1, 2, 3):
            inputs = samples.epoch(epoch, team)
            samples.make_beside(1)
            np.testing.assert_array_equal(unpacked(inputs[1], drawn[0].shape, 1), EVERYTHING.images(drawn[0], 5, epoch))


@pytest.mark.parametrize("augmentation", [EVERYTHING, Augmentation(shift=1)], ids=str)
@pytest.mark.parametrize("n_hidden", [8, 40], ids=["dense", "packed"])
def test_training_is_the_same_bits_for_any_number_of_threads(drawn, augmentation, n_hidden):
    params = []
    for threads in (1, 2, None):
        network = Network((784, n_hidden, 10), seed=1)
        Trainer(network, batch_size=40, seed=2, threads=threads, augmentation=augmentation).fit(*drawn, epochs=3)
        params.append(network.params)
    np.testing.assert_array_equal(params[1], params[0])
    np.testing.assert_array_equal(params[2], params[0])


def test_training_is_on_the_augmented_images(drawn):
    X, y = drawn
    network, twin = (Network((784, 20, 10), seed=1) for _ in range(2))
    Trainer(network, seed=2, augmentation=EVERYTHING).fit(X, y, epochs=2)
    trainer = Trainer(twin, seed=2)
    for epoch in (1, 2):
        trainer.fit(EVERYTHING.images(X, 2, epoch), y)
    np.testing.assert_allclose(network.params, twin.params, atol=1e-4)  # one may be packed, the other not


def test_fits_that_go_on_are_as_one(drawn):
    whole, parts = (Network((784, 20, 10), seed=1) for _ in range(2))
    Trainer(whole, seed=2, augmentation=EVERYTHING).fit(*drawn, epochs=3)
    trainer = Trainer(parts, seed=2, augmentation=EVERYTHING)
    trainer.fit(*drawn, epochs=1)
    trainer.fit(*drawn, epochs=2)
    np.testing.assert_array_equal(parts.params, whole.params)


def test_no_augmentation_is_none(drawn):
    params = []
    for augmentation in (None, Augmentation()):
        network = Network((784, 20, 10), seed=1)
        Trainer(network, augmentation=augmentation).fit(*drawn)
        params.append(network.params)
    np.testing.assert_array_equal(*params)


def test_sparse_matrices_are_shifted_and_no_more(drawn):
    X, y = drawn
    params = []
    for samples in (X, scipy.sparse.csr_matrix(X)):
        network = Network((784, 20, 10), seed=1)
        Trainer(network, augmentation=Augmentation(shift=1)).fit(samples, y, epochs=2)
        params.append(network.params)
    np.testing.assert_array_equal(*params)
    with pytest.raises(InputError, match="by whole pixels, and no more"):
        Trainer(Network((784, 20, 10)), augmentation=EVERYTHING).fit(scipy.sparse.csr_matrix(X), y)


def test_it_must_fit_the_network():
    with pytest.raises(InputError, match=r"pass shape=\(height, width\)"):
        Trainer(Network((20, 5, 2)), augmentation=Augmentation(shift=1))
    with pytest.raises(InputError, match=r"pass a fastmlp.Augmentation"):
        Trainer(Network((25, 5, 2)), augmentation="shift=1")
    Trainer(Network((20, 5, 2)), augmentation=Augmentation(shift=1, shape=(4, 5)))


def test_the_commands(fastmlp, digits, tmp_path):
    options = ["--data", digits, "--epochs", 2, "--out", tmp_path / "run", "--json"]
    status, out, _ = fastmlp("train", *options, "--augment", "shift=1,rotation=10")
    assert status == 0
    assert json.loads(out.splitlines()[-1])["augmentation"] == "shift=1,rotation=10"
    assert (tmp_path / "run" / "augmented.png").stat().st_size > 10_000
    for settings in ([], ["--augment", "elastic=34"]):
        status, out, _ = fastmlp("data", "show", digits, *settings, "--out", tmp_path / "sheet.png")
        assert (status, out) == (0, f"{tmp_path / 'sheet.png'}\n")
        assert (tmp_path / "sheet.png").stat().st_size > 10_000
    status, _, err = fastmlp("train", "--data", digits, "--augment", "turn=3")
    assert status == 2
    assert "turn" in err


def test_what_is_no_image_is_refused(fastmlp, tmp_path):
    (tmp_path / "table.csv").write_text("label,a,b\n" + "".join(f"{k % 2},{k},{k * k}\n" for k in range(40)))
    for command in (["train", "--data"], ["data", "show"]):
        status, _, err = fastmlp(*command, tmp_path / "table.csv", "--augment", "shift=1")
        assert status == 2
        assert "are not images" in err
