"""Lines of one number each, read into an array by either core."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse import cores
from loss_monitor.parse.decimal_text import number_of


def read(core, text, begin=0, room=None):
    """Return the values and what the core says about the rest."""
    numbers = np.empty(len(text) // 2 + 1 if room is None else room)
    values, lines, end = core.read_numbers(text, begin, numbers)
    return numbers[:values].tolist(), lines, end


def bits(numbers):
    """Return numbers so that equal means equal to the bit; each NaN with its sign."""
    return [
        math.copysign(1, number) if math.isnan(number) else struct.pack("<d", number)
        for number in numbers
    ]


@pytest.mark.parametrize(
    ("text", "begin", "expected"),
    [
        (b"", 0, ([], 0, 0)),
        (b"1\n2.5\n", 0, ([1.0, 2.5], 2, 6)),
        (b"1\r\n 2 \t\r\n\n \n-3", 0, ([1.0, 2.0, -3.0], 5, 14)),
        (b"1\nloss\n2\n", 0, ([1.0], 1, 2)),
        (b"1\nloss\n2\n", 7, ([2.0], 1, 9)),
        (b"1\n2 3\n", 0, ([1.0], 1, 2)),
        (b"1\n2\r3\n", 0, ([1.0], 1, 2)),
        (b"1\n1e\n", 0, ([1.0], 1, 2)),
        (b"1\n.\n", 0, ([1.0], 1, 2)),
        (b"1\n2\0\n", 0, ([1.0], 1, 2)),
        (b"+1.\n.5\n1E+3\n", 0, ([1.0, 0.5, 1000.0], 3, 12)),
        (b"1e400\n-1e400\n1e-400\n", 0, ([math.inf, -math.inf, 0.0], 3, 20)),
    ],
)
def test_reading_stops_in_front_of_the_first_other_line(core, text, begin, expected):
    """Values, lines and where the next one begins are told; nothing behind it is touched."""
    assert read(core, text, begin) == expected


def test_reading_stops_where_the_room_ends(core):
    """Blank lines need no room."""
    assert read(core, b"1\n\n2\n\n3\n", room=2) == ([1.0, 2.0], 4, 6)
    assert read(core, b"\n\n", room=0)[0] == []


def test_the_rest_of_a_long_text_is_read_behind_a_bad_line(core):
    """A file with one bad line is read in three calls, whatever its length."""
    good = b"0.08741236478090286\n" * 5000
    text = good + b"bad\n" + good
    first = read(core, text)
    assert (len(first[0]), first[2]) == (5000, len(good))
    second = read(core, text, first[2] + 4)
    assert (len(second[0]), second[1], second[2]) == (5000, 5000, len(text))
    assert set(first[0]) | set(second[0]) == {0.08741236478090286}


HARD = [
    "9007199254740993", "9007199254740992.99999999999999999", "4503599627370497.5",
    "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9406564584124654e-324",
    "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308",
    "1.7976931348623159e308", "179769313486231580793728971405301e277", "0e999999999999999999999",
    "0." + "0" * 400 + "1e401", "1" + "0" * 400 + "e-400", "9" * 19, "9" * 20, "1" * 800,
    "1e23", "562949953421312.0625", "562949953421312.1875", "-9007199254740993e20",
    "0.3", "123456789012345678e-17", "-0.0", "-0", "00000000000000000000001",
    "1e99999999999999999999", "1e-99999999999999999999", "8.5e-323", "6.0221408e+23",
]  # fmt: skip


def test_hard_numbers_are_rounded_correctly(core):
    """Halfway cases, both ends of the range, more digits than fit: as Python reads them."""
    for text in HARD:
        line = text.encode() + b"\n"
        values, _, end = read(core, line)
        if end:
            assert bits(values) == bits([float(text)]), text
        else:
            assert core is cores.NATIVE, text


_DIGITS = st.text("0123456789", max_size=25)
_DECIMAL = st.builds(
    lambda sign, whole, fraction, exponent: f"{sign}{whole}{fraction}{exponent}",
    st.sampled_from(["", "-", "+"]),
    _DIGITS,
    st.one_of(st.just(""), _DIGITS.map(lambda digits: "." + digits)),
    st.one_of(st.just(""), st.integers(-400, 400).map(lambda power: f"e{power}")),
)
_TOKENS = st.one_of(
    st.floats().map(str),
    st.floats(width=32).map(str),
    st.floats().map(lambda number: f"{number:.17e}"),
    _DECIMAL,
    st.text("0123456789+-.eEnaifty_ \t\r", max_size=10),
    st.sampled_from(["", " ", "nan", "-NaN", "Infinity", "-inf", "infinit", "1_0", "0x1"]),
).map(str.encode)


@given(st.lists(_TOKENS, max_size=12), st.booleans())
def test_each_line_has_the_number_that_it_is_in_whole(core, tokens, ended):
    """Against `number_of` line by line, to the bit; a line that is left out is left alone."""
    text = b"\n".join(tokens) + (b"\n" if ended else b"")
    begin = 0
    while begin < len(text):
        values, lines, end = read(core, text, begin)
        rows = text[begin:end].split(b"\n")[:lines]
        expected = [number_of(row.strip(b" \t\r")) for row in rows if row.strip(b" \t\r")]
        assert None not in expected
        assert bits(values) == bits(expected)
        left, _, _ = text[end:].partition(b"\n")
        number = number_of(left.strip(b" \t\r")) if end < len(text) else None
        # Only a number of more digits than fit may be left to the twin.
        assert number is None or (core is cores.NATIVE and len(left) > 19)
        begin = end + len(left) + 1
