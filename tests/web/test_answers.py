"""Answers: JSON without NaN, versions, pieces, and errors in one form."""

from __future__ import annotations

import asyncio
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import StreamingResponse

from loss_monitor.web import answers

# At, below and above one and two pieces.
LENGTHS = (0, 1, 8191, 8192, 8193, 16_384, 16_385)


def _request(**headers: str) -> Request:
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": pairs})


def test_what_is_not_finite_is_null() -> None:
    """JSON knows no NaN: browsers refuse the whole answer."""
    content = {"a": float("nan"), "b": np.array([np.inf, 1.5, -np.inf]), "c": np.float32(0.1)}
    assert json.loads(answers.encode(content)) == {
        "a": None,
        "b": [None, 1.5, None],
        "c": pytest.approx(0.1, rel=1e-6),
    }


async def _joined(content: dict[str, object]) -> bytes:
    return b"".join([piece async for piece in answers.in_pieces(content)])


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.one_of(
            st.none(),
            st.integers(-5, 5),
            st.text(max_size=5),
            st.sampled_from(LENGTHS).map(lambda n: np.arange(n) / 3),
            st.sampled_from(LENGTHS).map(lambda n: [f"step {i}" for i in range(n)]),
        ),
        max_size=3,
    )
)
def test_an_answer_in_pieces_is_the_answer(content: dict[str, object]) -> None:
    """Cutting long columns changes no byte."""
    assert asyncio.run(_joined(content)) == answers.encode(content)


@pytest.mark.parametrize("size", LENGTHS)
def test_a_column_made_slice_by_slice_is_the_column(size: int) -> None:
    """Whole in a short answer, in pieces in a long one."""
    whole = np.arange(size, dtype=np.float32) / 3
    sliced = answers.Sliced(size, lambda start, stop: whole[start:stop])
    expected = {"a": whole.astype(np.float64).tolist()}
    assert json.loads(asyncio.run(_joined({"a": sliced}))) == expected
    answer = answers.versioned(_request(), "v", lambda: {"a": sliced})
    assert isinstance(answer, StreamingResponse) == (size > 2000)
    if size <= 2000:
        assert json.loads(answer.body) == expected


def test_a_long_answer_takes_no_memory_of_its_length() -> None:
    """A column of a million entries is never there as a whole."""
    size = 1_000_000
    sliced = answers.Sliced(size, lambda start, stop: np.arange(start, stop) / 3)

    async def sent_bytes() -> int:
        return sum([len(piece) async for piece in answers.in_pieces({"a": sliced})])

    tracemalloc.start()
    try:
        sent = asyncio.run(sent_bytes())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent > 10 * size
    assert peak < 2_000_000


def test_others_are_served_between_the_pieces_of_an_answer() -> None:
    """Each piece gives the event loop back, also to a client that takes all at once."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def read_all() -> int:
        beside = asyncio.create_task(others())
        pieces = [piece async for piece in answers.in_pieces({"a": np.arange(100_000)})]
        beside.cancel()
        return len(pieces)

    assert turns <= asyncio.run(read_all()) <= turns + 5


def test_only_long_answers_are_cut() -> None:
    """A short answer has a length; a long one is streamed."""
    short = answers.versioned(_request(), "v", lambda: {"a": list(range(2000))})
    long = answers.versioned(_request(), "v", lambda: {"a": list(range(2001))})
    assert "content-length" in short.headers
    assert isinstance(long, StreamingResponse)


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ('"v-1"', True),
        ('W/"v-1"', True),
        ('"x", "v-1"', True),
        ("*", True),
        ("", False),
        ("v-1", False),
        ('"v-10"', False),
        ('"v-1', False),
    ],
)
def test_a_version_that_is_known_is_not_sent_again(sent: str, known: bool) -> None:
    """`If-None-Match` names one or more versions; nothing is worked out for a known one."""
    worked_out = []
    answer = answers.versioned(
        _request(if_none_match=sent), "v-1", lambda: worked_out.append(1) or {}
    )
    assert answer.status_code == (304 if known else 200)
    assert bool(worked_out) != known
    assert answer.headers["etag"] == '"v-1"'
