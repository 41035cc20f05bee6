"""Episodes: where they begin and end, and that pieces give what the whole gives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.health.episodes import Episode, episodes
from loss_monitor.health.rule import Judged


def _judged(signs: str) -> Judged:
    """`x` bad, `.` good, `-` neither; the score is the position."""
    return Judged(
        np.array([sign == "x" for sign in signs], dtype=bool),
        np.array([sign == "." for sign in signs], dtype=bool),
        np.arange(len(signs), dtype=float),
    )


def _found(signs: str, calm: int = 2) -> list[tuple[int, int | None, int]]:
    return [(one.start, one.stop, one.worst) for one in episodes(_judged(signs), 0, calm)]


def test_an_episode_lasts_until_things_are_good_for_a_while() -> None:
    """One good timestep between two bad ones ends nothing: no alert flickers."""
    assert _found("..x.x..x") == [(2, 6, 4), (7, None, 7)]
    assert _found("x.-.x..") == [(0, 6, 4)]
    assert _found("....") == []
    assert _found("-x---") == [(1, None, 1)]


def _slowly(signs: str, calm: int) -> list[tuple[int, int | None]]:
    found: list[tuple[int, int | None]] = []
    start, good = None, 0
    for index, sign in enumerate(signs):
        good = good + 1 if sign == "." else 0
        if start is None and sign == "x":
            start = index
        elif start is not None and good >= calm:
            found.append((start, index))
            start = None
    return [*found, (start, None)] if start is not None else found


@given(st.text("x.-", max_size=40), st.integers(1, 4))
def test_it_is_what_a_plain_loop_says(signs: str, calm: int) -> None:
    """The definition, timestep by timestep."""
    assert [(start, stop) for start, stop, _ in _found(signs, calm)] == _slowly(signs, calm)


@given(st.text("x.-", max_size=40), st.integers(1, 3), st.lists(st.integers(0, 40), max_size=5))
def test_judged_in_pieces_it_is_the_same(signs: str, calm: int, cuts: list[int]) -> None:
    """A held episode is all that one piece has to know of those before it."""
    judged = _judged(signs)
    edges = [0, *sorted(min(cut, len(signs)) for cut in cuts), len(signs)]
    held: Episode | None = None
    found: list[Episode] = []
    for start, stop in pairwise(edges):
        part = Judged(judged.bad[start:stop], judged.good[start:stop], judged.score[start:stop])
        piece = list(episodes(part, start, calm, held))
        held = piece[-1] if piece and piece[-1].stop is None else None
        found += [one for one in piece if one.stop is not None]
    found += [held] if held else []
    assert found == list(episodes(judged, 0, calm))
