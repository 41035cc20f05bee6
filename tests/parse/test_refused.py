"""Counting and sampling of refused lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.refused import SAMPLES_MAX, RefusedLines, printable, sample_of
from loss_monitor.types import REFUSAL_SAMPLE_MAX


@given(st.binary(max_size=300))
def test_a_sample_is_short_and_prints(raw: bytes) -> None:
    """No byte of a file can break a terminal, a page or the encoding of an answer."""
    sample = sample_of(raw)
    assert len(sample) <= REFUSAL_SAMPLE_MAX
    assert sample.isprintable()
    sample.encode("utf-8")


def test_all_refusals_are_counted_and_the_first_kept() -> None:
    """Memory stays bounded for a file of nothing but rubbish."""
    refused = RefusedLines()
    for line in range(1, 1001):
        refused.refuse("not a number", b"x", line)
    samples, count = refused.drain()
    assert count == 1000
    assert [sample.line for sample in samples] == list(range(1, SAMPLES_MAX + 1))


def test_draining_returns_each_refusal_once() -> None:
    """Each piece has its own samples: where lines were refused there is one to show."""
    refused = RefusedLines()
    for line in range(1, 13):
        refused.refuse("not a number", b"x", line)
        samples, count = refused.drain()
        assert ([sample.line for sample in samples], count) == ([line], 1)
    assert refused.drain() == ((), 0)


def test_text_that_prints_stays_as_it_is() -> None:
    """Letters of any script are not escaped."""
    assert printable("Über 例") == "Über 例"
