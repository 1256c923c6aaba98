"""Random changes of images, dense and packed, against SciPy."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from fastmlp.inputs.packed import pack_if_sparse
from fastmlp.kernels.images.augment import PackedOutput, augment_and_pack, augment_images, sample_field, shift_packed
from fastmlp.kernels.images.warp import Distortion, new_augmentation_scratch
from fastmlp.kernels.rng import random_uniform

KEY = np.uint64(0x1234567890ABCDEF)
NO_FIELD = np.empty((0, 0), np.float32)


def images(n, height, width, dtype=np.uint8, seed=0):
    """Random images with ink in a random range of rows; some have ink up to an edge."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 256, (n, height, width)) * (rng.random((n, height, width)) < 0.6)
    for k in range(n):
        first, last = sorted(rng.integers(0, height + 1, 2))
        X[k, :first], X[k, last:] = 0, 0
    X = X.reshape(n, -1)
    return X.astype(np.uint8) if dtype == np.uint8 else (X / 255).astype(dtype)


def augmented(X, shape, reach, field=NO_FIELD, first=0, n=None, key=KEY):
    new = np.full((len(X) if n is None else n, X.shape[1]), 7, X.dtype)
    scratch = new_augmentation_scratch(*shape, X.dtype)
    for array in scratch[3:]:
        array[:] = 99  # the contents of scratch must not matter
    bend = float(np.abs(field).max(initial=0))
    augment_images(X, shape, first, Distortion(key, np.array(reach, float), field, bend), scratch, new)
    return new


def places(sample, shape, reach, field=None):
    """The point of the old image that each pixel of a sample's new image takes, step by step, in NumPy."""
    height, width = shape

    def uniform(number):
        return random_uniform(KEY, 16 * sample + number)

    def symmetric(number, limit):
        return (2 * uniform(number) - 1) * limit

    turn, shear = symmetric(2, reach[1]), symmetric(5, reach[3])
    slant = np.array([[1, shear], [0, 1]])
    stretch = np.diag([1 + symmetric(3, reach[2]), 1 + symmetric(4, reach[2])])
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    forward = rotate @ stretch @ slant
    y, x = np.mgrid[:height, :width]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = np.array([symmetric(0, reach[0]), symmetric(1, reach[0])])
    from_middle = np.stack([x.ravel(), y.ravel()], axis=1) - middle - shift
    looked_up = from_middle @ np.linalg.inv(forward).T + middle
    if field is not None:
        room = np.array(field.shape) - shape + 1
        for axis in range(2):
            top, left = (int(uniform(6 + 2 * axis + k) * room[k]) for k in range(2))
            sign = 2 * int(2 * uniform(10 + axis)) - 1
            looked_up[:, axis] += sign * field[top : top + height, left : left + width].ravel()
    return looked_up[:, ::-1].T  # SciPy has rows first


def from_scipy(image, coordinates, shape):
    """Bilinear interpolation, with zeros around the image."""
    old = image.reshape(shape).astype(np.float64)
    return map_coordinates(old, coordinates.reshape(2, *shape), order=1, mode="grid-constant").ravel()


REACHES = {
    "shift": (3.3, 0, 0, 0, 0),
    "rotation": (0, np.pi, 0, 0, 0),
    "scale": (0, 0, 0.5, 0, 0),
    "shear": (0, 0, 0, 0.7, 0),
    "all": (2, 0.5, 0.3, 0.4, 0),
}


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", [(28, 28), (9, 17), (16, 5), (1, 6), (6, 1), (1, 1)], ids=str)
@pytest.mark.parametrize("name", REACHES)
def test_affine_maps_agree_with_scipy(name, shape, dtype):
    X, reach = images(12, *shape, dtype), REACHES[name]
    new = augmented(X, shape, reach)
    for k in range(len(X)):
        expected = from_scipy(X[k], places(k, shape, reach), shape)
        np.testing.assert_allclose(new[k], expected, rtol=0, atol=0.51 if dtype == np.uint8 else 1e-4)
    assert min(shape) == 1 or not np.array_equal(new, X)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("reach", [(0, 0, 0, 0, 0), REACHES["all"]], ids=["elastic only", "with all others"])
def test_elastic_distortions_agree_with_scipy(reach, dtype):
    shape = (20, 13)
    field = (3 * gaussian_filter(np.random.default_rng(1).normal(size=(60, 50)), 2)).astype(np.float32)
    X = images(12, *shape, dtype)
    new = augmented(X, shape, reach, field)
    for k in range(len(X)):
        expected = from_scipy(X[k], places(k, shape, reach, field), shape)
        np.testing.assert_allclose(new[k], expected, rtol=0, atol=0.51 if dtype == np.uint8 else 1e-4)


def test_a_displacement_field_may_be_as_small_as_the_image():
    X = images(5, 6, 7)
    field = np.full((6, 7), 0.25, np.float32)
    for k, new in enumerate(augmented(X, (6, 7), (0, 0, 0, 0, 0), field)):
        expected = from_scipy(X[k], places(k, (6, 7), (0, 0, 0, 0), field), (6, 7))
        np.testing.assert_allclose(new, expected, atol=0.51)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])
def test_a_reach_of_zero_changes_nothing(dtype):
    X = images(20, 11, 7, dtype)
    np.testing.assert_array_equal(augmented(X, (11, 7), (0, 0, 0, 0, 0)), X)
    np.testing.assert_array_equal(augmented(X, (11, 7), (0, 0, 0, 0, 1)), X)


@pytest.mark.parametrize("far", [1e6, 40.0])
def test_pixels_shifted_out_of_the_image_are_gone(far):
    X = np.full((50, 12), 200, np.uint8)
    new = augmented(X, (3, 4), (far, 0, 0, 0, 0))
    assert (new == 0).mean() > 0.9


@pytest.mark.parametrize("far", [np.nan, np.inf, 1e300, 1e30])
def test_places_are_in_the_image_for_any_numbers(far):
    X, scratch = images(5, 9, 7), new_augmentation_scratch(9, 7, np.dtype(np.uint8))
    for reach in np.vstack([np.diag([far, far, far, far]), np.full((1, 4), far)]):
        distortion = Distortion(KEY, np.append(reach, 0.0), NO_FIELD, 0.0)
        augment_images(X, (9, 7), 0, distortion, scratch, np.empty_like(X))
        assert scratch.at.max() <= (9 + 1) * (7 + 3) + 7 + 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_packed_samples_equal_the_dense_ones(dtype):
    shape, X = (28, 28), images(300, 28, 28, dtype)
    field = (3 * gaussian_filter(np.random.default_rng(1).normal(size=(90, 80)), 2)).astype(np.float32)
    expected = augmented(X, shape, REACHES["all"], field)
    room = 5 + X.size
    ends, columns, values = np.empty(len(X), np.int64), np.empty(room, np.uint16), np.empty(room, dtype)
    scratch = new_augmentation_scratch(*shape, dtype)
    distortion = Distortion(KEY, np.array(REACHES["all"]), field, float(np.abs(field).max()))
    assert augment_and_pack(X, shape, 0, distortion, scratch, 5, PackedOutput(ends, columns, values)) == ends[-1]
    for k, (start, end) in enumerate(zip([5, *ends], ends, strict=False)):
        np.testing.assert_array_equal(columns[start:end], np.flatnonzero(expected[k]))
        np.testing.assert_array_equal(values[start:end], expected[k][expected[k] != 0])


@pytest.mark.parametrize("shape", [(28, 28), (5, 31), (33, 4), (1, 20), (20, 1)], ids=str)
@pytest.mark.parametrize("limit", [1, 3, 40])
def test_packed_shifts_equal_the_dense_ones(shape, limit):
    X = images(200, *shape)
    X[np.random.default_rng(2).random(X.shape) < 0.8] = 0
    packed, reach = pack_if_sparse(X, 16), np.array([limit, 0, 0, 0, 1.0])
    expected = augmented(X, shape, reach)
    ends, columns, values = np.empty(len(X), np.int64), np.empty(X.size + 1, np.uint16), np.empty(X.size + 1, np.uint8)
    x = new_augmentation_scratch(*shape, X.dtype).x
    distortion, out = Distortion(KEY, reach, NO_FIELD, 0.0), PackedOutput(ends, columns, values)
    shift_packed(packed, shape, 0, distortion, x, 0, out)
    new = np.zeros_like(X)
    for k, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        assert np.all(np.diff(columns[start:end].astype(int)) > 0)
        new[k, columns[start:end]] = values[start:end]
    np.testing.assert_array_equal(new, expected)


def test_a_sample_does_not_depend_on_the_others_of_the_call():
    X = images(60, 14, 10)
    whole = augmented(X, (14, 10), REACHES["all"])
    for first, n in ((0, 1), (7, 20), (59, 1), (33, 27)):
        np.testing.assert_array_equal(
            augmented(X, (14, 10), REACHES["all"], first=first, n=n), whole[first : first + n]
        )
    assert not np.array_equal(augmented(X, (14, 10), REACHES["all"], key=KEY + np.uint64(1)), whole)


def test_whole_shifts_are_evenly_distributed():
    X = np.zeros((20000, 25), np.uint8)
    X[:, 12] = 1
    counts = augmented(X, (5, 5), (1, 0, 0, 0, 1)).sum(axis=0).reshape(5, 5)[1:4, 1:4]
    assert counts.sum() == 20000
    assert np.all(np.abs(counts / 20000 - 1 / 9) < 5 * np.sqrt(1 / 9 / 20000))


def test_the_displacement_field_is_smoothed_noise():
    radius, shape = 8, (120, 90)
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / 2.0) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    noise, smoothed = np.empty(90 + 16, np.float32), np.full((120 + 16, 90), np.nan, np.float32)
    field = np.full(shape, np.nan, np.float32)
    sample_field(KEY, taps, 5.0, noise, smoothed, field)
    even = np.array([random_uniform(KEY, k) for k in range(136 * 106)]).reshape(136, 106) * 2 - 1
    expected = 5 * gaussian_filter(even, 2.0, truncate=4)[radius:-radius, radius:-radius]
    np.testing.assert_allclose(field, expected, atol=1e-5)
