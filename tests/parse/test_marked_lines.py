"""Search for the few lines of interest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.marked_lines import marked_lines

LITERALS = (b"ab", b"b", b"ccc")


@given(st.lists(st.text("abc ", max_size=8).map(str.encode), max_size=30), st.booleans())
def test_exactly_the_lines_with_a_literal_are_found(rows: list[bytes], ended: bool) -> None:
    """Against a plain look at each line: same lines, same literals, each line once."""
    lines = b"\n".join(rows) + (b"\n" if ended else b"")
    expected = []
    start = 0
    for row in lines.split(b"\n"):
        which = {index for index, literal in enumerate(LITERALS) if literal in row}
        if which:
            expected.append((start, start + len(row), which))
        start += len(row) + 1
    found = [(start, end, set(which)) for start, end, which in marked_lines(lines, LITERALS)]
    assert found == expected


def test_each_literal_is_named_once_a_line() -> None:
    """Many occurrences in one line are one find."""
    assert list(marked_lines(b"b b b\n", LITERALS)) == [(0, 5, (1,))]
