"""The compiled core and its Python twins find the same, whatever a log holds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loss_monitor.parse import cores
from loss_monitor.parse.job_log import JobLogParser
from loss_monitor.parse.job_messages import MESSAGE_WORDS

pytestmark = pytest.mark.skipif(
    cores.NATIVE is None, reason="the compiled core was not built, or is not wanted"
)


def rows_of(core, literals, text, begin=0):
    """Return the lines that a core leaves to its caller, and the number of newlines."""
    others, lines = [], 0
    scanner = core.job_log_scanner(literals)
    while begin < len(text):
        steps, icons, some, newlines, begin = scanner.scan(text, begin, 1 + lines)
        assert (steps, icons) == ([], [])
        others += some
        lines += newlines
    return others, lines


NEVER = (b"\x01never", b"\x02never")
"""In the place of the literals that the compiled scanner reads itself."""


@given(
    st.lists(st.text("abc", min_size=3, max_size=5).map(str.encode), min_size=1, max_size=30),
    st.lists(st.text("abc ", max_size=90).map(str.encode), max_size=30),
    st.booleans(),
)
@example([b"abc"], [b"", b"x" * 61 + b"abc", b"abc" + b"x" * 64 + b"abc"], False)
def test_the_same_lines_hold_the_same_literals(literals, rows, ended):
    """Many literals that overlap, and lines across the 64 bytes looked at together."""
    text = b"\n".join(rows) + (b"\n" if ended else b"")
    found = [rows_of(core, (*NEVER, *literals), text) for core in (cores.NATIVE, cores.PYTHON)]
    assert found[0] == found[1]


def test_many_lines_are_handed_over_in_pieces():
    """Memory stays bounded, and no line is lost or told twice."""
    text = b"a literal\nnothing\n" * 40_000 + b"a literal"
    literals = (*NEVER, b"literal")
    _, _, some, lines, end = cores.NATIVE.job_log_scanner(literals).scan(text, 0, 1)
    assert len(some) == 16_384
    assert text.count(b"\n", 0, end) == lines
    assert rows_of(cores.NATIVE, literals, text) == rows_of(cores.PYTHON, literals, text)


_KEYS = ("loss", "grad_norm", "a", "_", "a.b-c/d", "9a", "é", "loss ", "k" * 70)
_VALUES = (
    *("0.5", "nan", "-inf", "1e-05", "True", "False", "x", "1_0", "", "1.5.3", "0x1", "TrueX"),
    *("0." + "123456789" * 3, "9" * 70, "1979-01-01", "(due=19)", "nan,", "'0.5'"),
)


def with_one_odd_part(*parts):
    """Return the first of each part's choices joined, and this with each other choice."""
    plain = [choices[0] for choices in parts]
    return [
        "".join([*plain[:at], choice, *plain[at + 1 :]]).encode()
        for at, choices in enumerate(parts)
        for choice in choices
    ]


STEPS = with_one_odd_part(
    (" 0:  INFO(messe): ", "", "\x1b[1m", "[rank=x] ", "[rank=1] ", "step=1 "),
    ("[rank=0]", "[rank=11]", "[rank=123456789]", "[rank=1234567890]", "[rank=]", "rank=0"),
    (" ", "", "\t ", "  x"),
    ("step=15", "step=15x", "step=1.5", "step=" + "9" * 18, "step=" + "9" * 19, "step=", "step=3_"),
    (" loss=0.5", *(f" {key}={value}" for key in _KEYS for value in _VALUES)),
    (" grad_norm=0.8", "", " grad_norm=0.8=0.9", "grad_norm=0.8", " loss=nan", " loss=x", " =1"),
    (" skipped=False", " skipped=True", " a=", "=", "\r", " a=[rank=1] step=2 loss=0.1", "[rank="),
    ("", " Time step", " oom_kill", " NaN detected"),
)
TIMES = with_one_odd_part(
    (" 0:  ", "", "Time step: "),
    ("Time step", "Time  step"),
    (":      15", " 15", "15", ":", ": x", ":" + "9" * 18, ":" + "9" * 19, "::15"),
    (", ", " ", ",", ",, ", ";"),
    ("model time", "model  time"),
    (": ", " ", ":", "", ":\t"),
    ("1979-01-01", "1-2-30", "1979-13-01", "1979-02-31", "123456789-1-1", "1234567890-1-1"),
    (" ", "T", "  ", "_"),
    ("03:45:00", "3:45:00", "23:59:59", "24:00:00", "03:60:00", "03:45:60", "03:45", "03-45-00"),
    (".000", "", ".", ".1", ".123456789", ".1234567890", ".000.", ":", "1"),
    (
        " forecast time 0d 03:45:00",
        "",
        "x",
        "\r",
        " Time step: 2, model time: 1979-01-02 00:00:00",
        " step=3",
    ),
)
_LINES = st.lists(
    st.one_of(
        st.sampled_from(STEPS),
        st.sampled_from(TIMES),
        st.sampled_from([b"", b"nothing", b"timestep length: 900 s", b"MPI_ABORT", *MESSAGE_WORDS]),
        st.sampled_from([b"NaN detected", b"[rank=0] Restored, resuming from step=2"]),
        st.binary(max_size=9).map(lambda raw: raw.replace(b"\n", b"") + b"step=1"),
    ),
    max_size=20,
)


def facts_of(core, pieces):
    """Return all that a parser tells of a log, as text: NaN is unequal to itself."""
    before, cores.chosen = cores.chosen, core
    try:
        parser = JobLogParser()
        return [repr(parser.feed(piece)) for piece in pieces], parser.line, parser.outcome
    finally:
        cores.chosen = before


@pytest.mark.parametrize("lines", [STEPS, TIMES], ids=["steps", "times"])
def test_every_odd_line_has_the_same_facts(lines):
    """Each part of a plain line in all its spellings, right and wrong."""
    for line in lines:
        native, python = (facts_of(core, [line]) for core in (cores.NATIVE, cores.PYTHON))
        assert native == python, line


@given(_LINES, st.booleans())
def test_a_log_has_the_same_facts(rows, ended):
    """Steps, times, messages, refusals and their lines, of plain, odd and torn lines."""
    text = b"\n".join(rows) + (b"\n" if ended else b"")
    native, python = (facts_of(core, [text]) for core in (cores.NATIVE, cores.PYTHON))
    assert native == python


@given(st.binary(max_size=200), _LINES)
def test_rubbish_gives_the_same_facts(rubbish, rows):
    """Any bytes, and lines that begin or end with them."""
    text = rubbish.join(rows)
    native, python = (facts_of(core, [text, text]) for core in (cores.NATIVE, cores.PYTHON))
    assert native == python


def test_plain_lines_are_read_by_the_compiled_scanner():
    """Nothing of a log as the plugins write it is left to the slower reader."""
    text = (
        b" 0:  INFO(messe): [rank=0] step=15 loss=0.041200 grad_norm=0.8123 skipped=False\n"
        b" 0:  Time step:       15, model time: 1979-01-01 03:45:00.000 forecast time 0d\n"
        b" 0:  dtime=900 step=3\n"
    )
    scanner = cores.NATIVE.job_log_scanner((b"step=", b"Time step"))
    assert scanner.scan(text, 0, 1) == (
        [(0, 15, 0.0412, ("grad_norm", "skipped"), (0.8123, 0.0), 1)],
        [(15, (1979, 1, 1, 3, 45, 0, 0), 2)],
        [],
        3,
        len(text),
    )


@pytest.mark.parametrize("literals", [[b"ab"], [b"abc"] * 33, ["abc"]])
def test_literals_that_cannot_be_searched_are_refused(literals):
    """Too short, too many, or text."""
    with pytest.raises(ValueError, match=r"literals|bytes a literal"):
        cores.NATIVE.job_log_scanner(literals)


def test_no_offset_outside_of_the_text_is_taken():
    """Bounds are checked before anything is read."""
    scanner = cores.NATIVE.job_log_scanner(NEVER)
    for begin in (-1, 4):
        with pytest.raises(ValueError, match="begin is"):
            scanner.scan(b"abc", begin, 1)
