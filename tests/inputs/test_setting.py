"""Settings: declarations of hyperparameters, which read, check and name values."""

import dataclasses
import math

import pytest

from fastmlp.errors import InputError
from fastmlp.inputs.checks import as_layers, known_name, not_negative, positive_float, positive_int
from fastmlp.inputs.setting import Setting, check_settings, flag_of, setting, settings_of


def shape(name, value):
    return known_name(name, value, ("round", "square"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """A dataclass that declares one setting of each kind, and one field that is none."""

    layers: tuple = setting("layers", "Widths.", as_layers)
    batch_size: int = setting("whole", "Samples in a step.", positive_int, default=10)
    rate: float = setting("number", "Step.", positive_float, default=1)
    decay: float | None = setting("number", "Decay.", not_negative, default=None, optional=True, flag="weight-decay")
    shape: str = setting("name", "Shape.", shape, default="round")
    note: str = ""

    def __post_init__(self):
        check_settings(self)


SETTINGS = settings_of(Options)


def test_declarations_are_found_in_the_order_of_the_fields():
    assert list(SETTINGS) == ["layers", "batch_size", "rate", "decay", "shape"]
    assert SETTINGS["decay"] == Setting("number", "Decay.", not_negative, True, "weight-decay")


def test_a_field_without_a_default_must_be_given():
    with pytest.raises(TypeError, match="layers"):
        Options()


def test_values_are_checked_and_get_their_proper_type():
    options = Options(layers=[16, 16], rate=3, note=5)
    assert options == Options(layers=(16, 16), batch_size=10, rate=3.0, decay=None, shape="round", note=5)
    assert type(options.rate) is float
    assert type(options.layers) is tuple


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": [0]}, "layers is .* pass positive widths"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": None}, "batch_size is None"),
        ({"rate": "x"}, "rate is 'x'"),
        ({"decay": -1}, "decay is -1"),
        ({"shape": "rond"}, "Unknown shape 'rond': did you mean 'round'"),
    ],
)
def test_wrong_values_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Options(**{"layers": (1,)} | changes)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("layers", "16,8", (16, 8)),
        ("layers", "none", ()),
        ("batch_size", " 12 ", 12),
        ("rate", "1e-3", 0.001),
        ("decay", "0", 0.0),
        ("decay", " None", None),
        ("shape", "square", "square"),
        ("batch_size", 12, 12),  # no text: as it is
        ("decay", None, None),
    ],
)
def test_texts_are_read(name, text, value):
    read = SETTINGS[name].read(name, text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("batch_size", "1.5"),
        ("batch_size", "0"),
        ("batch_size", "9" * 19),
        ("batch_size", "none"),
        ("rate", "x"),
        ("rate", "inf"),
        ("rate", "none"),
        ("decay", "x"),
        ("shape", "none"),
        ("rate", math.nan),
    ],
)
def test_wrong_texts_are_refused(name, text):
    with pytest.raises(InputError, match=rf"{name} (is )?'?{text}"):
        SETTINGS[name].read(name, text)


def test_flags_are_made_from_names():
    assert flag_of("batch_size", SETTINGS["batch_size"]) == "--batch-size"
    assert flag_of("decay", SETTINGS["decay"]) == "--weight-decay"
