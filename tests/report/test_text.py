"""Numbers and times as people read them."""

from __future__ import annotations

import re

import pytest

from loss_monitor.report.text import power_text, tick_text, time_text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.25, 2, "0.25"),
        (0.0, 3, "0"),
        (12_000.0, 0, "12,000"),
        (-0.5, 1, "−0.5"),
        (1e-7, 7, "10⁻⁷"),
        (-2.5e-8, 9, "−2.5×10⁻⁸"),
        (6e14, 0, "6×10¹⁴"),
    ],
)
def test_ticks_are_round_numbers(value, digits, text):
    """With a true minus, and as powers of ten where zeros would be counted."""
    assert tick_text(value, digits) == text


def test_powers_and_times():
    """An unknown time is nothing; a known one has its zone."""
    assert power_text(12) == "10¹²"
    assert time_text(0.0) == ""
    assert re.fullmatch(r"2001-09-09 \d\d:\d\d:\d\d [+-]\d\d:\d\d", time_text(1_000_000_000.4))
