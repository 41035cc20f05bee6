"""Pieces of a tag: what a restarted training leaves of them, and figures made once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.series.columns import BLOCK_POINTS_MAX, Column
from loss_monitor.series.pieces import Piece, Points, latest_attempt, latest_pieces

STEPS = st.lists(st.integers(-3, 12), max_size=30)


def kept_one_by_one(steps):
    """Return the indices that remain, by the rule as it is written."""
    kept = []
    for i, step in enumerate(steps):
        if kept and step <= steps[kept[-1]]:
            kept = [j for j in kept if steps[j] < step]
        kept.append(i)
    return kept


def piece_of(steps):
    numbers = np.array(steps, dtype=np.int64)
    return Piece(Points(numbers, np.ones(len(steps)), numbers.astype(np.float32)))


@given(STEPS)
def test_the_latest_attempt_follows_the_rule_point_by_point(steps):
    """A point whose step is not above the last kept one drops all kept at or above it."""
    found = np.flatnonzero(latest_attempt(np.array(steps, dtype=np.int64))).tolist()
    assert found == kept_one_by_one(steps)


@given(st.lists(STEPS, max_size=6))
def test_pieces_leave_what_all_points_together_leave(lists):
    """Wherever they are cut."""
    steps = [step for one in lists for step in one]
    found = latest_pieces([piece_of(one) for one in lists]).pieces
    assert [step for piece in found for step in piece.points.steps.tolist()] == [
        steps[i] for i in kept_one_by_one(steps)
    ]
    assert all(len(piece) for piece in found)


@given(st.lists(STEPS, max_size=6))
def test_an_attempt_begins_wherever_points_between_were_dropped(lists):
    """However the points are cut into pieces."""
    steps = [step for one in lists for step in one]
    found = latest_pieces([piece_of(one) for one in lists])
    kept = kept_one_by_one(steps)
    gaps = [at for at in range(1, len(kept)) if kept[at] - kept[at - 1] > 1]
    assert found.begins.tolist() == gaps
    assert len(found.sizes) == len(lists)
    assert sum(found.sizes) == len(kept)


def test_full_blocks_are_the_same_pieces_in_each_version():
    """So that their figures are worked out once, however the tag grows."""

    def points(first, size):
        steps = np.arange(first, first + size)
        return Points(steps, steps + 1.0, steps.astype(np.float32))

    old = Column().append(points(0, 2 * BLOCK_POINTS_MAX + 5))
    new = old.append(points(10**6, 3))
    assert [one is other for one, other in zip(old.pieces(), new.pieces(), strict=True)] == [
        True,
        True,
        False,
    ]
    assert latest_pieces(new.pieces()).pieces[0] is new.pieces()[0]


@given(STEPS, st.none() | st.integers(-5, 14), st.none() | st.integers(-5, 14))
def test_a_range_of_steps_is_the_points_within(steps, start, stop):
    """Whether the steps rise, which is found by halving, or go back."""
    for one in (steps, sorted(set(steps))):
        low, high = -np.inf if start is None else start, np.inf if stop is None else stop
        found = piece_of(one).between(start, stop)
        assert found.steps.tolist() == [step for step in one if low <= step < high]
        assert found.values.tolist() == found.steps.tolist()
        assert len(found.wall_times) == len(found)
