"""Columns of points: shared blocks never let one version see another's points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loss_monitor.series import columns
from loss_monitor.series.columns import Column
from loss_monitor.series.pieces import Points, points_of


@pytest.fixture
def _small_blocks(monkeypatch):
    monkeypatch.setattr(columns, "BLOCK_POINTS_MAX", 8)
    monkeypatch.setattr(columns, "_BLOCK_POINTS_MIN", 2)


def points(first, size, value_type):
    steps = np.arange(first, first + size)
    return Points(steps, steps / 2.0, (steps / 4.0).astype(value_type))


@pytest.mark.usefixtures("_small_blocks")
@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 20), st.sampled_from([np.float32, np.float64])),
        max_size=15,
    )
)
def test_every_version_keeps_its_own_points(appends):
    """Appending to any older version, again and again, changes none of the others."""
    versions = [(Column(), [])]
    for which, size, value_type in appends:
        column, steps = versions[which % len(versions)]
        first = 1000 * len(versions)
        fresh = points(first, size, value_type)
        versions.append((column.append(fresh), steps + fresh.steps.tolist()))
    for column, steps in versions:
        found = points_of(column.pieces())
        assert len(column) == len(steps)
        assert found.steps.tolist() == steps
        assert found.wall_times.tolist() == [step / 2 for step in steps]
        assert found.values.tolist() == [step / 4 for step in steps]


def test_a_column_costs_little_more_than_its_points():
    """20 bytes a point and half of one block at most."""
    column = Column()
    for first in range(0, 100_000, 1000):
        column = column.append(points(first, 1000, np.float32))
    room = sum(len(block.steps) for block in (*column.full, column.last))
    assert room <= 100_000 + columns.BLOCK_POINTS_MAX // 2
    assert {block.values.dtype for block in column.full} == {np.dtype(np.float32)}


def test_one_double_makes_the_whole_column_double():
    """One type a tag: nothing is rounded, whichever came first."""
    column = (
        Column()
        .append(points(0, 3, np.float32))
        .append(Points(np.array([9]), np.zeros(1), np.array([0.1])))
    )
    found = points_of(column.pieces())
    assert found.values.dtype == np.float64
    assert found.values[-1] == 0.1
