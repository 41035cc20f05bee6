"""The model's own `monitor_status.json`, which is overwritten in place while it runs.

Enters: the bytes of the file at one moment. Leaves: a dictionary that any JSON writer takes,
or None where the bytes are not (yet) one JSON object; the caller keeps the last that was.
The plugin's JSON writer prints bare `NaN` and `Infinity`, which JSON does not have.
"""

from __future__ import annotations

import json
import math

_INT_DIGITS_MAX = 18
"""Longer integers do not fit into 64 bits, which is what JSON readers take."""


def parse_status(data: bytes) -> dict[str, object] | None:
    """Return the status, None in place of each number that is not finite.

    Returns None for a half-written, empty or foreign file. Text that is not UTF-8 is
    shown with escapes. Never raises.

    >>> parse_status(b'{"training": {"avg_loss": NaN}}')
    {'training': {'avg_loss': None}}
    """
    text = data.decode("utf-8-sig", "surrogateescape")
    try:
        status = json.loads(
            text,
            strict=False,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_bounded,
        )
        return _shown(status) if isinstance(status, dict) else None
    except (ValueError, RecursionError):
        return None


def _no_number(_: str) -> None:
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _bounded(text: str) -> int | float | None:
    return int(text) if len(text) <= _INT_DIGITS_MAX else _finite(text)


def _shown(status: dict[object, object]) -> dict[str, object]:
    """Return `status` with every text encodable as UTF-8."""
    return {_text(str(name)): _value(value) for name, value in status.items()}


def _value(value: object) -> object:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return _shown(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
