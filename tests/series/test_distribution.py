"""Distribution of a run's losses: all of them, none twice."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loss_monitor.series.distribution import distribution
from loss_monitor.series.run import Run

LOSSES = st.lists(st.floats(-5, 10, width=32) | st.sampled_from([math.nan, 0.0]), max_size=9)


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(
    st.lists(LOSSES, min_size=1, max_size=20),
    st.integers(1, 30),
    st.sampled_from(["linear", "log"]),
    st.none() | st.integers(0, 100),
)
def test_counts_sum_to_the_finite_values(run_of, lists, bins, scale, last):
    """What a log scale cannot show is told; the newest `last` are batches."""
    run = run_of(lists)
    found = distribution(run, bins, scale, last)
    values = run.values()
    values = values if last is None else values[max(0, values.size - last) :]
    finite = values[np.isfinite(values)]
    assert found.non_finite == values.size - finite.size
    assert found.counts.sum() + found.left_out == finite.size
    assert found.left_out == ((finite <= 0).sum() if scale == "log" else 0)
    shown = finite[finite > 0] if scale == "log" else finite
    if shown.size:
        assert len(found.edges) == bins + 1
        assert found.edges[0] <= shown.min()
        assert found.edges[-1] >= shown.max()
    else:
        assert found.edges.size == found.counts.size == 0


def test_an_empty_run_has_an_empty_distribution():
    """No edges, no counts."""
    found = distribution(Run.empty("run", ""), 20)
    assert (found.edges.size, found.counts.size, found.non_finite) == (0, 0, 0)
