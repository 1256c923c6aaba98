"""X."""

from typing import Any


def write_report(*a: Any) -> None:
    """X."""
