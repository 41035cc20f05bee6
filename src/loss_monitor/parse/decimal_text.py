"""Decimal text: the one place that says which bytes are a number.

Enters: a token. Leaves: float64, or None. Python's `float` alone takes too much (`1_0`,
digits of other scripts) and `orjson` too little (`nan`, `1.`, `+1`), so the pattern is
explicit and ASCII: decimal digits with an optional point and exponent, `nan`, `inf`,
`infinity` in any case, each with an optional sign. A number beyond float64 is infinite.
"""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import orjson

from loss_monitor.types import Floats

_NUMBER = re.compile(
    rb"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf(?:inity)?)",
    re.IGNORECASE,
)
_JSON_NUMBER_BYTES = b"0123456789+-.eE\n"
_BLANKS = b" \t\r"
_FIRST_BLOCK_BYTES = 4096


def number_of(token: bytes) -> float | None:
    """Return the number that `token` is in whole, or None if it is none.

    >>> number_of(b"1e-07"), number_of(b"1_0")
    (1e-07, None)
    """
    return float(token) if _NUMBER.fullmatch(token) else None


def numbers_of(lines: bytes) -> Floats | None:
    """Return one number a line, or None where a closer look at each line is needed.

    `lines` ends with a newline; the result is float64 of shape (lines,). Takes exactly what
    `number_of` takes, with the same result, but gives up (None) on input that JSON does not
    know: blank lines, `inf`, `+1`. Costs a seventh of `float` on each line.
    """
    if b"nan\n" in lines and b"u" not in lines:
        # NaN comes in long runs; JSON's null becomes NaN in a float64 array.
        lines = lines.replace(b"nan\n", b"null\n")
        allowed = _JSON_NUMBER_BYTES + b"nul"
    else:
        allowed = _JSON_NUMBER_BYTES
    # JSON reads the integer -0 as 0 and would lose the sign.
    if lines.translate(None, allowed) or b"-0\n" in lines:
        return None
    try:
        numbers = orjson.loads(b"[" + lines[:-1].replace(b"\n", b",") + b"]")
    except orjson.JSONDecodeError:
        return None
    # A single blank line makes an empty list, without an error.
    return np.array(numbers, dtype=np.float64) if numbers else None


def read_numbers(text: bytes, begin: int, numbers: Floats) -> tuple[int, int, int]:
    r"""Read lines of one number each, or of blanks, from the offset `begin` on.

    Stops in front of the first other line. `numbers` is float64 of shape (room,); room for
    half as many values as `text` has bytes, and one more, is always enough. Returns the number
    of values, the number of lines, and the offset behind the last line taken. The compiled
    core has the same function.

    >>> room = np.empty(4)
    >>> read_numbers(b"1.5\n\n-inf\nloss\n2\n", 0, room), room[:2].tolist()
    ((2, 3, 10), [1.5, -inf])
    """
    count = lines = 0
    size = _FIRST_BLOCK_BYTES
    while begin < len(text):
        end = text.find(b"\n", begin + size) + 1 or len(text)
        block = text[begin:end]
        plain = block.replace(b"\r\n", b"\n") if b"\r" in block else block
        together = numbers_of(plain) if plain.endswith(b"\n") else None
        if together is not None and count + len(together) <= len(numbers):
            numbers[count : count + len(together)] = together
            count += len(together)
            lines += len(together)
            begin = end
            # The next one may be larger: a failure costs a look at each of its lines.
            size *= 2
            continue
        size = _FIRST_BLOCK_BYTES
        for row in BytesIO(block):
            token = row.strip(_BLANKS + b"\n")
            if token:
                number = number_of(token)
                if number is None or count == len(numbers):
                    return count, lines, begin
                numbers[count] = number
                count += 1
            lines += 1
            begin += len(row)
    return count, lines, begin
