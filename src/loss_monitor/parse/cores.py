"""The table of the hot functions: the compiled ones, and their twins in Python.

A parser calls `cores.chosen.read_numbers(...)` and so on. The twins are the reference: a test
runs against both, and finds no difference. A function that is compiled as well gets a field
here, a value in either row, and a stub that says the same as its twin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loss_monitor._native import CORE, CoreName
from loss_monitor.parse import decimal_text
from loss_monitor.types import Floats


@dataclass(frozen=True, slots=True)
class Core:
    """One way of doing what is done millions of times."""

    name: CoreName
    count_newlines: Callable[[bytes], int]
    """How many newlines a text holds."""
    read_numbers: Callable[[bytes, int, Floats], tuple[int, int, int]]
    """Lines of one number each into an array: `decimal_text.read_numbers`."""


def _count_newlines(text: bytes) -> int:
    return text.count(b"\n")


PYTHON = Core("python", _count_newlines, decimal_text.read_numbers)


def _native() -> Core | None:
    if CORE != "native":
        return None
    from loss_monitor._native import _lines, _text  # noqa: PLC0415 - where they were built

    return Core("native", _lines.count_newlines, _text.read_numbers)


NATIVE = _native()
"""The compiled core; None where it was not built or not wanted."""

chosen = NATIVE or PYTHON
"""What parsers use."""
