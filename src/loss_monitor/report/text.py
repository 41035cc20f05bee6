"""Numbers and times as people read them: four digits, powers of ten, a true minus.

Enters: floats. Leaves: texts for sentences, tables and ticks.
"""

from __future__ import annotations

from math import isfinite

from loss_monitor.clock import iso_time

MINUS = "\N{MINUS SIGN}"
_TIMES = "\N{MULTIPLICATION SIGN}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN_MIN, _PLAIN_MAX = 1e-3, 1e5
_TICK_MIN, _TICK_MAX = 1e-4, 1e6


def number_text(value: float) -> str:
    """Return a number as people read it: four digits, powers of ten where it needs them.

    >>> number_text(0.0412), number_text(12.5), number_text(0.0)
    ('0.04120', '12.50', '0')
    """
    if value == 0:
        return "0"
    if not isfinite(value):
        return "not finite"
    sign, size = MINUS if value < 0 else "", abs(value)
    mantissa, _, digits = f"{size:.3e}".partition("e")
    exponent = int(digits)
    rounded = float(f"{size:.3e}")
    # Rounding may carry into the next power of ten, at either end.
    if rounded >= _PLAIN_MIN and size < _PLAIN_MAX:
        fixed = f"{size:.{max(0, 3 - exponent)}f}"
        if float(fixed) < _PLAIN_MAX:
            return sign + fixed
    return f"{sign}{mantissa}{_TIMES}10{str(exponent).translate(_SUPERSCRIPTS)}"


def power_text(exponent: int) -> str:
    """Return a power of ten.

    >>> power_text(-7)
    '10⁻⁷'
    """
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def tick_text(value: float, digits: int) -> str:
    """Return a round number with `digits` behind the point, or as a power of ten.

    >>> tick_text(0.25, 2), tick_text(1e-7, 7), tick_text(12_000.0, 0)
    ('0.25', '10⁻⁷', '12,000')
    """
    if not value:
        return "0"
    if _TICK_MIN <= abs(value) < _TICK_MAX:
        return f"{value:,.{digits}f}".replace("-", MINUS)
    mantissa, _, digits_text = f"{abs(value):.3e}".partition("e")
    power = power_text(int(digits_text))
    short = mantissa.rstrip("0").rstrip(".")
    sign = MINUS if value < 0 else ""
    return sign + (power if short == "1" else f"{short}{_TIMES}{power}")


def duration_text(seconds: float) -> str:
    """Return a time span in its largest unit, or two of them.

    >>> duration_text(4), duration_text(90), duration_text(9000), duration_text(180_000)
    ('4 s', '1.5 min', '2 h 30 min', '2 d 2 h')
    """
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{seconds / 60:.3g} min"
    if seconds < 86_400:
        return _two_units(round(seconds / 60), 60, "h", "min")
    return _two_units(round(seconds / 3600), 24, "d", "h")


def _two_units(small: int, of_large: int, large_name: str, small_name: str) -> str:
    large, rest = divmod(small, of_large)
    return f"{large:,} {large_name}" + (f" {rest} {small_name}" if rest else "")


def time_text(wall_s: float) -> str:
    """Return a wall time to the second, with the offset of this machine's zone; '' for 0."""
    if not wall_s:
        return ""
    text = iso_time(wall_s)
    return f"{text[:10]} {text[11:19]} {text[23:]}"
