"""Setting: the declaration of one hyperparameter, as a field of a dataclass.

A field declared with `setting(...)` carries the help text of its flag, the form of its values and the check of their
range, so that flags, files, sweeps and constructors all read and refuse the same values.
"""

import dataclasses
import re
from collections.abc import Callable
from typing import Any, Literal

from fastmlp.inputs.checks import DIGITS

Kind = Literal["layers", "whole", "number", "name"]


@dataclasses.dataclass(frozen=True)
class Setting:
    """The declaration of one hyperparameter.

    Attributes
    ----------
    kind : {"layers", "whole", "number", "name"}
        Form of the values: widths of layers, a whole number, a number, or a text.
    help : str
        Help text of the flag.
    check : function of (name, value)
        Returns the value in its proper type, or raises InputError.
    optional : bool
        True if None is a value; in a text it is "none".
    flag : str
        Name of the flag, without dashes; if empty, the flag is made from the setting's name.
    """

    kind: Kind
    help: str
    check: Callable[[str, Any], Any]
    optional: bool = False
    flag: str = ""

    def checked(self, name: str, value: object) -> Any:
        """Return `value` in its proper type; raise InputError if this setting can't have it."""
        return None if value is None and self.optional else self.check(name, value)

    def read(self, name: str, value: object) -> Any:
        """Return `value`, which may be a text from a flag or a file, in its proper type, or raise InputError."""
        if isinstance(value, str):
            if self.optional and value.strip().lower() == "none":
                return None
            if self.kind == "whole" and re.fullmatch(DIGITS, value):
                return self.checked(name, int(value))
            if self.kind == "number":
                return self.checked(name, as_float(value))
        return self.checked(name, value)


def setting(
    kind: Kind,
    help: str,  # noqa: A002 (the word of every command-line library)
    check: Callable[[str, Any], Any],
    *,
    default: Any = dataclasses.MISSING,
    optional: bool = False,
    flag: str = "",
) -> Any:
    """Return a dataclass field that carries its declaration; without `default`, the constructor requires the field."""
    declared = Setting(kind, help, check, optional, flag)
    return dataclasses.field(default=default, metadata={"setting": declared})


def settings_of(declaring: type) -> dict[str, Setting]:
    """Return the declared settings of a dataclass by name, in the order of its fields."""
    fields = dataclasses.fields(declaring)
    return {field.name: field.metadata["setting"] for field in fields if "setting" in field.metadata}


def check_settings(instance: Any) -> None:
    """Check every declared field of a frozen dataclass, and convert each value to its proper type."""
    for name, declared in settings_of(type(instance)).items():
        object.__setattr__(instance, name, declared.checked(name, getattr(instance, name)))


def flag_of(name: str, declared: Setting) -> str:
    """Return the command line's flag of a setting: --learning-rate."""
    return f"--{declared.flag or name.replace('_', '-')}"


def as_float(text: str) -> float | str:
    """Return the number in `text`, or `text` itself, which the setting's check then refuses."""
    try:
        return float(text)
    except ValueError:
        return text
