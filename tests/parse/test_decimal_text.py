"""Which bytes are a number, and that both ways of reading them agree."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.decimal_text import number_of, numbers_of


@pytest.mark.parametrize(
    ("token", "number"),
    [
        (b"0.08741236478090286", 0.08741236478090286),
        (b"1e-07", 1e-07),
        (b"+1.", 1.0),
        (b".5", 0.5),
        (b"-0", -0.0),
        (b"007", 7.0),
        (b"Infinity", math.inf),
        (b"-INF", -math.inf),
        (b"1e400", math.inf),
        (b"1e-400", 0.0),
    ],
)
def test_decimal_text_is_a_number(token: bytes, number: float) -> None:
    """Every spelling that Python, Fortran-free C or numpy print is taken, sign included."""
    read = number_of(token)
    assert read == number
    assert math.copysign(1, number) == math.copysign(1, read)


@pytest.mark.parametrize("token", [b"nan", b"NaN", b"-nan"])
def test_nan_is_a_number(token: bytes) -> None:
    """A loss that is not a number is data, not a refused line."""
    read = number_of(token)
    assert read is not None
    assert math.isnan(read)


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b"1_0",
        b"0x1p3",
        b"true",
        b"null",
        b"1,2",
        b"1 2",
        b"1e",
        b"-",
        b".",
        b"nanx",
        b"1\x00",
        b" 1",
        "\u0661".encode(),
        b"\xff",
    ],
)
def test_other_text_is_no_number(token: bytes) -> None:
    """What Python's float takes beyond decimal text, and other languages' words, are none."""
    assert number_of(token) is None


@given(st.lists(st.floats(width=32), min_size=1, max_size=50))
def test_a_float32_printed_as_double_comes_back_whole(losses: list[float]) -> None:
    """`str(float(x))` of each float32, NaN and infinity included, is read to the bit."""
    for loss in losses:
        read = number_of(str(loss).encode())
        assert read is not None
        assert struct.pack("<d", read) == struct.pack("<d", loss) or math.isnan(loss)


_TOKENS = st.one_of(
    st.floats().map(str),
    st.floats(width=32).map(repr),
    st.integers().map(str),
    st.text("0123456789+-.eEnaulif_ ", max_size=8),
    st.sampled_from(["-0", "nan", "null", "", "1e400", "1.", "+1", "-0.0"]),
).map(str.encode)


@given(st.lists(_TOKENS, min_size=1, max_size=20))
def test_the_fast_reader_takes_only_what_the_slow_one_takes(tokens: list[bytes]) -> None:
    """Joined reading gives each line's own number to the bit, or gives up."""
    together = numbers_of(b"".join(token + b"\n" for token in tokens))
    if together is None:
        return
    alone = [number_of(token) for token in tokens]
    assert None not in alone
    np.testing.assert_array_equal(together, np.array(alone, dtype=np.float64))
    finite = ~np.isnan(together)
    assert (np.signbit(together)[finite] == np.signbit(np.array(alone, float))[finite]).all()


def test_plain_losses_and_nan_take_the_fast_way() -> None:
    """The two forms that fill large files are not left to the slow reader."""
    numbers = numbers_of(b"0.08741236478090286\n3.4e-05\nnan\n")
    assert numbers is not None
    np.testing.assert_array_equal(numbers, [0.08741236478090286, 3.4e-05, np.nan])


@pytest.mark.parametrize("lines", [b"\n", b"1\n\n2\n", b"inf\n", b"null\nnan\n", b"-0\n"])
def test_the_fast_reader_gives_up_where_lines_need_a_closer_look(lines: bytes) -> None:
    """Blank lines and spellings that JSON lacks are for the slow reader."""
    assert numbers_of(lines) is None
