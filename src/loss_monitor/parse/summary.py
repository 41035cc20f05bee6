"""Summary files: `Name: value` lines that the plugin writes beside a batch log.

Enters: the bytes of one `summary_*.txt`. Leaves: pairs with the file's own names, refusals,
and the fields in which the summary and the losses disagree. The plugin prints six decimals,
the population standard deviation and figures over all losses (so one NaN makes them NaN).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from loss_monitor.parse.decimal_text import number_of
from loss_monitor.parse.refused import RefusedLines, printable
from loss_monitor.types import Floats, Refusal, SummaryValue

PAIRS_MAX = 200
"""The plugin writes 7 pairs and may write more; rubbish must not fill the memory."""
TEXT_MAX = 200
"""Characters of a name or of a text value that are kept."""
_INT_DIGITS_MAX = 18
"""Longer integers do not fit into 64 bits, which is what JSON readers take."""
_HALF_PLACE = 0.5e-6
"""Half a unit in the sixth decimal, the last one printed."""


@dataclass(frozen=True, slots=True)
class ParsedSummary:
    """The pairs of one summary file."""

    pairs: tuple[tuple[str, SummaryValue], ...]
    """In the file's order; of a repeated name the last value."""
    refusals: tuple[Refusal, ...] = ()
    """At most ten samples."""
    refused: int = 0


def pair_value(text: str) -> SummaryValue:
    """Return the value of a pair: an int or float where it is a number, else the text.

    >>> pair_value("136"), pair_value("0.0412"), pair_value("adam")
    (136, 0.0412, 'adam')
    """
    token = text.encode("utf-8", "backslashreplace")
    digits = token[1:] if token[:1] in (b"+", b"-") else token
    if digits.isdigit() and len(digits) <= _INT_DIGITS_MAX:
        return int(token)
    number = number_of(token)
    return printable(text)[:TEXT_MAX] if number is None else number


def parse_summary(data: bytes) -> ParsedSummary:
    """Return all pairs of `data`, whole lines of one summary file; never raises.

    A line without colon, or without a name before it, is refused; a name that is not known
    here is kept like any other.
    """
    pairs: dict[str, SummaryValue] = {}
    refused = RefusedLines()
    for line, raw in enumerate(data.split(b"\n"), start=1):
        if not raw.strip():
            continue
        name_raw, colon, value_raw = raw.partition(b":")
        name = printable(name_raw.decode("utf-8", "backslashreplace").strip())[:TEXT_MAX]
        if b"\0" in raw:
            refused.refuse("a block of zero bytes; expected 'Name: value'", raw, line)
        elif not colon:
            refused.refuse("a line without colon; expected 'Name: value'", raw, line)
        elif not name:
            refused.refuse("no name before the colon; expected 'Name: value'", raw, line)
        elif len(pairs) >= PAIRS_MAX and name not in pairs:
            refused.refuse(f"more than {PAIRS_MAX} names in a summary", raw, line)
        else:
            pairs[name] = pair_value(value_raw.decode("utf-8", "backslashreplace").strip())
    refusals, count = refused.drain()
    return ParsedSummary(tuple(pairs.items()), refusals, count)


def mismatches(pairs: tuple[tuple[str, SummaryValue], ...], values: Floats) -> tuple[str, ...]:
    """Return the names of `pairs` that disagree with `values` beyond the printed precision.

    `values` is float64 of shape (losses,), NaN and infinity included. A figure that is not
    finite in the summary agrees with losses that are not all finite. Names without a
    counterpart in the losses are not compared.
    """
    finite = values[np.isfinite(values)]
    expected: dict[str, float] = {"Number of Batches": float(values.size)}
    if finite.size:
        # Losses up to 1e308 may overflow here; infinity is then the figure.
        with np.errstate(over="ignore", invalid="ignore"):
            expected |= {
                "Mean Loss": float(finite.mean()),
                "Std Loss": float(finite.std()),
                "Min Loss": float(finite.min()),
                "Max Loss": float(finite.max()),
            }
    all_finite = finite.size == values.size
    return tuple(
        name
        for name, value in pairs
        if name in expected and not _agrees(value, expected[name], all_finite=all_finite)
    )


def _agrees(printed: SummaryValue, figure: float, *, all_finite: bool) -> bool:
    if isinstance(printed, str):
        return False
    if not math.isfinite(printed):
        return not all_finite
    # The slack is for the order of summation, which the plugin chooses.
    return abs(printed - figure) <= _HALF_PLACE + 1e-9 * abs(figure)
