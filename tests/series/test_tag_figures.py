"""Figures of a tag: those of numpy over all of its finite points, however it is cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.series.figures import PERCENTILES
from loss_monitor.series.pieces import Piece, Points
from loss_monitor.series.tag_figures import tag_figures

VALUES = st.floats(-10, 10, width=32) | st.sampled_from([math.nan, math.inf, -math.inf])


@given(st.lists(st.lists(VALUES, min_size=1, max_size=9), max_size=5))
def test_figures_are_over_all_finite_points(lists):
    """First, last, least and where, moments, percentiles."""
    values = np.array([value for one in lists for value in one], dtype=np.float32)
    pieces, first = [], 0
    for one in lists:
        steps = np.arange(first, first + len(one))
        walls = np.where(steps == 0, 0.0, steps + 100.0)
        pieces.append(Piece(Points(steps, walls, np.array(one, dtype=np.float32))))
        first += len(one)
    found = tag_figures(pieces)
    finite = values[np.isfinite(values)].astype(np.float64)
    assert (found.points, found.finite) == (values.size, finite.size)
    assert found.wall_times == ((101.0, 99.0 + first) if first > 1 else (0.0, 0.0))
    if not finite.size:
        assert np.isnan([found.first, found.best, found.mean, *found.percentiles]).all()
        assert found.best_step is None
        return
    assert (found.first, found.latest) == (finite[0], finite[-1])
    assert (found.best, found.max) == (finite.min(), finite.max())
    assert found.best_step == int(np.flatnonzero(values == finite.min())[0])
    assert found.mean == pytest.approx(finite.mean(), rel=1e-9, abs=1e-9)
    assert found.std == pytest.approx(finite.std(), rel=1e-6, abs=1e-6)
    np.testing.assert_array_equal(found.percentiles, np.percentile(finite + 0.0, PERCENTILES))
