"""Histograms of many steps over common bins: nothing lost, quantiles where they belong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from histogram_points import histogram
from loss_monitor.series.histogram_map import QUANTILES, choose_steps, map_histograms
from loss_monitor.series.histograms import Histogram


def test_no_value_is_lost():
    """Bins, and what lies beyond them, hold all values of each step."""
    steps = [histogram(n, edges=[-n - 1, 0, 2, 2 + n], counts=[n, 5.5, 1]) for n in range(1, 9)]
    mapped = map_histograms(steps, 30)
    total = mapped.counts.sum(axis=1) + mapped.below + mapped.above
    assert total == pytest.approx([n + 6.5 for n in range(1, 9)])
    assert mapped.counts.shape == (8, 30)


def test_a_bucket_is_split_where_a_bin_ends_inside_it():
    """Values are taken to lie evenly within a bucket."""
    one = histogram(0, edges=[0, 1], counts=[8])
    assert map_histograms([one], 4).counts.tolist() == [[2, 2, 2, 2]]
    assert map_histograms([one], 4).edges.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_quantiles_are_those_of_the_values():
    """Within the width of a bucket."""
    values = np.random.default_rng(5).normal(0, 1, 20_000)
    counts, edges = np.histogram(values, 400)
    one = Histogram(0, 1.0, edges[0], edges[-1], 2e4, 0.0, 0.0, edges, counts.astype(float))
    found = map_histograms([one], 10).quantiles[0]
    assert found == pytest.approx(np.quantile(values, QUANTILES), abs=edges[1] - edges[0])


def test_all_values_in_one_place_are_one_bin():
    """A bucket without width."""
    same = Histogram(0, 1.0, 2.0, 2.0, 7.0, 14.0, 28.0, np.array([2.0, 2.0]), np.array([7.0]))
    mapped = map_histograms([same], 4)
    assert sorted(mapped.counts[0].tolist()) == [0, 0, 0, 7]
    assert mapped.quantiles[0].tolist() == [2.0] * len(QUANTILES)


def test_buckets_that_reach_to_infinity_end_at_the_extremes():
    """TensorFlow's outer buckets reach to the largest double."""
    largest = float(np.finfo(np.float64).max)
    edges = np.array([-largest, 0.0, 1.0, largest])
    one = Histogram(0, 1.0, -1.0, 3.0, 30.0, 0.0, 0.0, edges, np.array([10.0, 10.0, 10.0]))
    mapped = map_histograms([one], 8, "all")
    assert mapped.edges[[0, -1]].tolist() == [-1, 3]
    assert mapped.counts[0].sum() == 30
    assert mapped.counts[0, :2].sum() == pytest.approx(10)


def test_one_outburst_does_not_flatten_the_others():
    """The central span passes it over, and counts what lies beyond; `all` has it."""
    calm = [replace(histogram(n, edges=[-1, 0, 1], counts=[50, 50]), min=-1) for n in range(99)]
    wild = replace(histogram(99, edges=[-1e6, 0, 1e6], counts=[50, 50]), min=-1e6, max=1e6)
    central = map_histograms([*calm, wild], 20)
    assert central.edges[-1] < 10
    assert central.below[-1] + central.above[-1] > 99
    assert map_histograms([*calm, wild], 20, "all").edges[-1] == 1e6


def test_a_histogram_of_nothing_has_no_quantiles():
    """And takes no part in the choice of the bins."""
    nothing = Histogram(0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, np.array([0.0, 1.0]), np.array([0.0]))
    mapped = map_histograms([nothing, histogram(1, edges=[4, 6], counts=[2])], 2)
    assert np.isnan(mapped.quantiles[0]).all()
    assert mapped.counts.tolist() == [[0, 0], [1, 1]]
    assert map_histograms([nothing], 3).counts.tolist() == [[0, 0, 0]]


def test_no_histograms_make_an_empty_map():
    """Of the right shapes."""
    mapped = map_histograms([], 5)
    assert mapped.counts.shape == (0, 5)
    assert mapped.quantiles.shape == (0, len(QUANTILES))


@pytest.mark.parametrize(("total", "most"), [(0, 5), (5, 5), (1000, 7), (3, 1), (100, 99)])
def test_chosen_steps_are_evenly_apart_and_end_with_the_newest(total, most):
    """Each once, never more than asked for."""
    chosen = choose_steps(total, most)
    assert len(chosen) == min(total, most)
    assert chosen == sorted(set(chosen))
    assert not total or chosen[-1] == total - 1
    gaps = np.diff(chosen)
    assert not gaps.size or gaps.max() - gaps.min() <= 1
