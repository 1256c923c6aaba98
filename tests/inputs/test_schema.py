"""Schemas: the scales, their way through JSON, and how samples of any type become the same inputs."""

import json

import numpy as np
import pytest

from fastmlp.inputs.arrays import as_inputs
from fastmlp.inputs.schema import Column, Schema, make_schema

F32, F64 = np.dtype("float32"), np.dtype("float64")
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (50, 64), np.uint8)
TABLE = RNG.normal((5.0, -300.0, 0.001), (1.0, 50.0, 0.0001), (200, 3))


def schema_of(X, image_shape=None, *, is_picture=False, standardize=None, **more) -> Schema:
    return make_schema(X, image_shape=image_shape, is_picture=is_picture, standardize=standardize, **more)


PIXELS = schema_of(IMAGES, (8, 8))


@pytest.mark.parametrize(
    ("X", "image_shape", "is_picture", "scale"),
    [
        (IMAGES, (8, 8), False, "pixels"),
        (IMAGES / 255, (8, 8), False, "pixels"),
        (IMAGES.astype(np.float32), (8, 8), False, "pixels"),
        (IMAGES // 16, (8, 8), False, "standardized"),
        (IMAGES // 16, (8, 8), True, "standardized"),
        (IMAGES // 200, (8, 8), True, "as it is"),
        (IMAGES[:, :9], (3, 3), True, "pixels"),
        (IMAGES[:, :9], None, False, "standardized"),
        (IMAGES / 255 - 0.5, (8, 8), True, "as it is"),
        (IMAGES / 255 - 0.5, (8, 8), False, "standardized"),
        (TABLE, None, False, "standardized"),
    ],
)
def test_the_scale_that_is_chosen(X, image_shape, is_picture, scale):
    assert schema_of(X, image_shape, is_picture=is_picture).scale == scale
    assert schema_of(X, image_shape, is_picture=is_picture, standardize=True).scale == "standardized"
    assert schema_of(X, image_shape, is_picture=is_picture, standardize=False).scale != "standardized"


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("trained", [PIXELS, schema_of(IMAGES / 255, (8, 8))])
def test_pixels_of_any_type_become_the_same_bytes(dtype, trained):
    np.testing.assert_array_equal(trained.scaled(IMAGES.astype(dtype), F32), IMAGES, strict=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("trained", [PIXELS, schema_of(IMAGES / 255, (8, 8))])
def test_light_is_light(dtype, trained):
    light = (IMAGES / 255).astype(dtype)
    np.testing.assert_array_equal(trained.scaled(light, F32), light.astype(np.float32), strict=True)


@pytest.mark.parametrize("odd", [256, 17.5, -1])
def test_an_odd_pixel_changes_no_other(odd):
    X = IMAGES.astype(np.float64)
    X[3, 5] = odd
    np.testing.assert_allclose(PIXELS.scaled(X, F32), X / 255, rtol=1e-6)


def test_whole_numbers_of_a_network_of_light():
    light = schema_of(IMAGES / 255, (8, 8))
    for dtype in (np.uint8, np.int64, np.float32):
        np.testing.assert_array_equal(light.scaled((IMAGES > 99).astype(dtype), F32), IMAGES > 99)


@pytest.mark.parametrize("change", [(-0.1307, 0.3081), (-0.5, 0.5), (0, 0.4)])
def test_pictures_that_were_normalized_elsewhere_give_a_warning(change):
    shift, scale = change
    with pytest.warns(UserWarning, match="check that they are in the same units"):
        PIXELS.warn_if_far((IMAGES / 255 + shift) / scale, "X")
    PIXELS.warn_if_far(IMAGES.astype(np.float64), "X")
    PIXELS.warn_if_far(IMAGES / 255, "X")


def test_standardized_columns_have_mean_0_and_deviation_1():
    schema = schema_of(TABLE)
    scaled = schema.scaled(TABLE, F64)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-10)
    other = RNG.normal(size=(7, 3))
    np.testing.assert_allclose(schema.scaled(other, F64), (other - TABLE.mean(axis=0)) / TABLE.std(axis=0), rtol=1e-9)
    assert schema.scaled(other, F32).dtype == np.float32


def test_a_constant_column_becomes_0():
    X = np.column_stack([TABLE, np.full(200, 0.1)])
    np.testing.assert_allclose(schema_of(X).scaled(X, F64)[:, 3], 0, atol=1e-12)


def test_inputs_of_texts_are_not_standardized():
    X = np.column_stack([TABLE[:, 0], np.eye(2)[np.arange(200) % 2]])
    columns = (Column("a"), Column("b", ("x", "y")))
    scaled = schema_of(X, columns=columns).scaled(X, F64)
    np.testing.assert_array_equal(scaled[:, 1:], X[:, 1:])
    assert abs(scaled[:, 0].mean()) < 1e-10


def test_bytes_as_they_are():
    schema = schema_of(TABLE, standardize=False)
    np.testing.assert_array_equal(schema.scaled(np.uint8([[1, 2, 255]]), F32), np.float32([[1, 2, 255]]), strict=True)


@pytest.mark.parametrize(
    "schema",
    [
        PIXELS,
        schema_of(TABLE, labels=("y",), columns=(Column("a"), Column("b"), Column("c", ("x",)))),
        schema_of(IMAGES[:, :48], (3, 4, 4), is_picture=True, from_files=True),
        Schema(scale="as it is", low=-1.5, high=2.0, target_mean=(3.0,), target_deviation=(0.5,)),
    ],
)
def test_a_schema_comes_back_from_json(schema):
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@pytest.mark.parametrize(
    "change",
    [
        {"scale": "none"},
        {"low": "0"},
        {"high": float("nan")},
        {"mean": [0.0]},
        {"scale": "standardized"},
        {"scale": "standardized", "mean": [0.0], "deviation": [0.0]},
        {"target_mean": [1.0]},
        {"surprise": 1},
        {"columns": [1]},
    ],
)
def test_a_damaged_schema_is_refused(change):
    with pytest.raises((ValueError, TypeError)):
        Schema.from_json(PIXELS.to_json() | change)


def test_targets_are_scaled_and_back():
    schema = Schema(scale="as it is", low=0, high=1, target_mean=(100.0, 5.0), target_deviation=(20.0, 0.5))
    y = np.array([[120.0, 5.0], [100.0, 4.0]])
    np.testing.assert_allclose(schema.scaled_targets(y), [[1, 0], [0, -2]])
    np.testing.assert_allclose(schema.unscaled_targets(schema.scaled_targets(y)), y)
    one = Schema(scale="as it is", low=0, high=1, target_mean=(100.0,), target_deviation=(20.0,))
    np.testing.assert_allclose(one.scaled_targets(np.array([120.0, 80.0])), [1, -1])


LIGHT = np.full((80, 8, 8), 250, np.uint8)
LIGHT[:, 3:5, 3:5] = 0
LIGHT = LIGHT.reshape(80, 64)


def test_dark_ink_on_light_paper_is_inverted():
    dark = schema_of(LIGHT, (8, 8))
    assert dark.is_dark_on_light
    assert not schema_of(255 - LIGHT, (8, 8)).is_dark_on_light
    assert schema_of(LIGHT / 255, (8, 8)).is_dark_on_light
    for X in (LIGHT, LIGHT.astype(np.float64), LIGHT.astype(np.int16)):
        np.testing.assert_array_equal(dark.scaled(X, F32), 255 - LIGHT, strict=True)
    np.testing.assert_allclose(dark.scaled(LIGHT / 255, F32), 1 - LIGHT / 255, rtol=1e-6)
    assert not schema_of(np.stack([LIGHT] * 3, axis=1).reshape(80, 192), (3, 8, 8), is_picture=True).is_dark_on_light


def test_pictures_with_the_other_ink_give_a_warning():
    dark, light = schema_of(LIGHT, (8, 8)), schema_of(255 - LIGHT, (8, 8))
    for schema, X, new in ((dark, 255 - LIGHT, "light"), (light, LIGHT, "dark")):
        for form in (X, X / 255):
            with pytest.warns(UserWarning, match=f"X seems to show {new} ink, and the network was trained on"):
                as_inputs(form, 64, F32, schema=schema)
            as_inputs(form[:20], 64, F32, schema=schema)
    as_inputs(LIGHT, 64, F32, schema=dark)
    as_inputs(255 - LIGHT, 64, F32, schema=light)


def test_the_name_of_an_input():
    schema = schema_of(np.zeros((2, 4)), columns=(Column("a"), Column("b", ("x", "y")), Column("c")))
    assert [schema.input_name(k) for k in range(4)] == ["Column 'a'", "Column 'b'", "Column 'b'", "Column 'c'"]


def test_words():
    assert str(PIXELS) == "8x8 pixels"
    assert str(schema_of(TABLE, columns=(Column("a"),) * 3)) == "table of 3 columns, standardized"
    assert str(schema_of(TABLE)) == "samples, standardized"
