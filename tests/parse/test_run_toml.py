"""`run.toml`: what is understood, and how what is not is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.run_toml import BYTES_MAX, parse_run_toml
from loss_monitor.settings.params import PARAMS_MAX

WHOLE = b"""\
label = "wide net"

[params]
lr = 3e-4
seed = 1
amsgrad = true
layers = [64, 64, 1]
begun = 1979-05-27

[params.optimizer]
name = "adam"
"""


def test_label_and_parameters_are_read_as_texts() -> None:
    """Tables within the table have joined names; all values are texts."""
    found = parse_run_toml(WHOLE)
    assert found.label == "wide net"
    assert dict(found.params) == {
        "lr": "0.0003", "seed": "1", "amsgrad": "true", "layers": "64, 64, 1",
        "begun": "1979-05-27", "optimizer.name": "adam",
    }  # fmt: skip
    assert found.refusals == ()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (b"label = 'a'\nlr == 3\n", 2, "is no TOML"),
        (b"label = 'a'\n[params\n", 2, "is no TOML"),
        (b'label = "a', 1, "is no TOML"),
        (b"label = 'a'\nlabel = 'b'\n", 2, "is no TOML"),
        (b"label = 'a'\n\xff\n", 2, "is no text in UTF-8"),
        (b"\nlabel = 3\n", 2, "label is not understood; expected a text of 1 to 120"),
        (b"label = '\\u202e'\nlabl = 'x'\n", 2, "labl is not understood; expected lines such as"),
        (b"params = 3\n", 1, "params is no table"),
        (b"[params]\nx = [[1]]\n", 2, "x is not understood; expected a text or a number"),
    ],
)
def test_what_is_not_understood_is_told_with_line_and_remedy(
    text: bytes, line: int, reason: str
) -> None:
    """Where, what was expected, and that the file is read again."""
    (refusal,) = parse_run_toml(text).refusals
    assert refusal.line == line
    assert refusal.reason.startswith(reason)
    assert "it is read again when it changes" in refusal.reason


def test_the_rest_of_a_file_counts() -> None:
    """One entry that is not understood costs no other."""
    found = parse_run_toml(b"label = 'a'\nx = 1\n[params]\nlr = 1\nbad = [{}]\nseed = 2\n")
    assert (found.label, dict(found.params)) == ("a", {"lr": "1", "seed": "2"})
    assert [one.line for one in found.refusals] == [2, 5]


def test_sizes_are_bounded() -> None:
    """A description is for lists and legends: no file makes them grow without end."""
    many = "".join(f"p{number} = {number}\n" for number in range(PARAMS_MAX + 5))
    found = parse_run_toml(f"[params]\n{many}".encode())
    assert len(found.params) == PARAMS_MAX
    assert "the others are left out" in found.refusals[0].reason
    long = parse_run_toml(b"label = '" + b"x" * 121 + b"'\n[params]\nv = '" + b"x" * 201 + b"'\n")
    assert (long.label, long.params, len(long.refusals)) == ("", (), 2)
    huge = parse_run_toml(b"# " + b"x" * BYTES_MAX)
    assert "is longer than 65,536 bytes" in huge.refusals[0].reason
    deep = parse_run_toml(b"label = " + b"[" * 20_000)
    assert len(deep.refusals) == 1


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    """Whoever may write into the directory writes what they like."""
    found = parse_run_toml(data)
    assert len(found.params) <= PARAMS_MAX
    assert found.label.isprintable()
