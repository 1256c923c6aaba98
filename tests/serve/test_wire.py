import json

import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.serve.wire import Scaled, as_int8, packed, read_drawing, read_text, unpacked


def test_arrays_come_back_and_start_where_they_need_not_be_copied():
    rng = np.random.default_rng(0)
    arrays = {
        "a": rng.integers(0, 256, (3, 5), np.uint8),
        "b": rng.standard_normal((2, 3)).astype(np.float32),
        "c": Scaled(rng.integers(-127, 128, (2, 2), np.int8), [0.5, 2.0]),
        "d": np.zeros((0, 28, 28), np.uint8),
    }
    message = packed({"type": "x", "word": "ä"}, arrays)
    header, found = unpacked(message)
    assert header["type"] == "x"
    assert header["word"] == "ä"
    assert header["arrays"]["c"]["scale"] == [0.5, 2.0]
    assert "scale" not in header["arrays"]["a"]
    n = int.from_bytes(message[:4], "little")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array.values if isinstance(array, Scaled) else array)
        assert (4 + n + header["arrays"][name]["offset"]) % 8 == 0


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        packed({"x": float("nan")}, {})


def test_int8_keeps_the_largest_and_half_a_step_of_the_others():
    values = np.random.default_rng(0).standard_normal((4, 6, 6))
    one = as_int8(values)
    assert np.abs(one.values).max() == 127
    assert np.abs(one.values * one.scale - values).max() <= one.scale / 2 + 1e-6
    each = as_int8(values, each=True)
    scales = np.array(each.scale)
    assert (np.abs(each.values).max(axis=(1, 2)) == 127).all()
    assert (np.abs(each.values * scales[:, None, None] - values).max(axis=(1, 2)) <= scales / 2 + 1e-6).all()


def test_int8_of_zeros_and_of_nothing_has_a_scale():
    assert as_int8(np.zeros((2, 2))).scale > 0
    assert as_int8(np.zeros((0, 2))).values.shape == (0, 2)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "null", '"type"', '{"type": 3}', '{"type": null}', '{"type": "set", "x": NaN}', "[" * 5000,
     '{"a": ' * 3000, "\x00", '{"type": Infinity}', "9" * 6000],
)  # fmt: skip
def test_what_is_no_message_is_one_sentence(text):
    with pytest.raises(InputError) as error:
        read_text(text)
    assert len(str(error.value)) <= 300
    assert str(error.value).endswith(".")


def test_a_message_is_an_object_with_a_type():
    assert read_text(json.dumps({"type": "set", "settings": {}})) == {"type": "set", "settings": {}}


@pytest.mark.parametrize("message", [b"", b"\x01", b"\x01\x08\x00", b"\x02" + bytes(67), b"\x01\x08" + bytes(65),
                                     b"\x01\x07\x00\x00" + bytes(49), b"\x01\xff" + bytes(2 + 255 * 255)])  # fmt: skip
def test_what_is_no_drawing_is_one_sentence(message):
    with pytest.raises(InputError, match="drawing"):
        read_drawing(message)


def test_a_drawing_has_a_number_and_pixels():
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    drawing = read_drawing(b"\x01\x08" + (513).to_bytes(2, "little") + pixels.tobytes())
    assert drawing.seq == 513
    np.testing.assert_array_equal(drawing.pixels, pixels)
