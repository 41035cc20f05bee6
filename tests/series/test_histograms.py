"""Histograms of a tag: bounded in number and in memory, the older ones rarer."""

from __future__ import annotations

import numpy as np
import pytest

from histogram_points import histogram, packed
from loss_monitor.series.histograms import (
    NEWEST_KEPT,
    HistogramColumn,
    by_tag,
    pack,
    step_of,
    unpacked,
)
from loss_monitor.series.tags import HISTOGRAM_BYTES_MAX, TagStore


def some(steps):
    return [pack(histogram(step)) for step in steps]


def steps_of(column):
    return list(map(step_of, column.packed))


def test_the_newest_are_whole_and_the_older_ones_thinned():
    """However many come, a tag keeps its newest 512 and a bounded rest back to the first."""
    column = HistogramColumn()
    for start in range(0, 20_000, 50):
        column = column.append(some(range(start, start + 50)))
    steps = steps_of(column)
    assert column.thinned
    assert len(steps) <= 2 * NEWEST_KEPT
    assert steps[-NEWEST_KEPT:] == list(range(20_000 - NEWEST_KEPT, 20_000))
    assert steps == sorted(set(steps))
    assert steps[0] == 0
    assert column.n_bytes == HistogramColumn().append(column.packed).n_bytes


def test_an_older_version_sees_what_it_saw():
    """Versions share their memory, and two of them may grow from one."""
    first = HistogramColumn().append(some(range(3)))
    one, other = first.append(some([10])), first.append(some([20, 21]))
    assert steps_of(first) == [0, 1, 2]
    assert steps_of(one) == [0, 1, 2, 10]
    assert steps_of(other) == [0, 1, 2, 20, 21]
    assert (len(one), len(other)) == (4, 5)


def test_a_bound_of_bytes_leaves_the_newest_half_whole_at_first():
    """Then less and less, at last the first one and the newest."""
    column = HistogramColumn().append(some(range(100)))
    each = column.n_bytes // 100
    once = column.within(80 * each)
    assert once.thinned
    assert once.n_bytes <= 80 * each
    assert steps_of(once) == [*range(0, 50, 2), *range(50, 100)]
    assert steps_of(column.within(0)) == [0, 99]
    assert column.within(column.n_bytes) is column


def test_packed_histograms_come_back_as_they_were():
    """Each with its own tag, edges and counts."""
    one, other = histogram(-5, 2.0, [0.0, 0.5, 1.0], [1.0, 0.5]), histogram(7, 3.0)
    found = by_tag(packed([(3, one), (1, other), (3, other)]))
    assert {tag: len(parts) for tag, parts in found.items()} == {3: 2, 1: 1}
    first, second = map(unpacked, found[3])
    assert (first.step, first.wall_time, first.num, first.sum_squares) == (-5, 2.0, 3.0, 1.1)
    assert (first.min, first.max, first.sum) == (0.0, 1.0, 1.5)
    assert first.edges.tolist() == [0.0, 0.5, 1.0]
    assert first.counts.tolist() == [1.0, 0.5]
    assert (second.step, second.counts.tolist()) == (7, [1.0, 2.0])


@pytest.mark.parametrize(
    ("count", "dtype"),
    [(3.0, "f4"), (16_777_216.0, "f4"), (0.1, "f8"), (16_777_217.0, "f8"), (1e300, "f8")],
)
def test_counts_take_four_bytes_only_where_these_hold_them(count, dtype):
    """Whole numbers do; a share, or more than 16 million values, may not."""
    counts = unpacked(pack(histogram(1, counts=[count, 1.0]))).counts
    assert (counts.tolist(), counts.dtype) == ([count, 1.0], np.dtype(dtype))


def test_a_thousand_tags_stay_within_the_bound():
    """What torch writes of a large network, step after step, for hours."""
    counts = np.tile([1.0, 2.0, 0.0], 40)
    edges = np.arange(121.0)
    names = [f"Parameters/{number}" for number in range(1000)]
    store = TagStore()
    for step in range(60):
        found = [(tag, histogram(step, 1.0, edges, counts)) for tag in range(1000)]
        store = store.put_histograms("run", "file", names, packed(found))
        assert store.histogram_bytes <= HISTOGRAM_BYTES_MAX
    for name in (names[0], names[-1]):
        series = store.histograms("run", name)
        steps = [point.step for point in series.points]
        assert series.thinned
        assert (steps[0], steps[-1]) == (0, 59)
        assert len(steps) > 8
    emptied = store.without_file("run", "file")
    assert emptied.histogram_bytes == 0


def test_a_small_tag_is_not_thinned_for_the_sake_of_a_large_one():
    """All share alike, and who needs less than a share keeps everything."""
    edges, counts = np.arange(40_001.0), np.ones(40_000)
    store = TagStore()
    for step in range(200):
        found = [(0, histogram(step, 1.0, edges, counts)), (1, histogram(step))]
        store = store.put_histograms("run", "file", ["wide", "narrow"], packed(found))
    assert store.histogram_bytes <= HISTOGRAM_BYTES_MAX
    assert store.histograms("run", "wide").thinned
    assert not store.histograms("run", "narrow").thinned
    assert len(store.histograms("run", "narrow").points) == 200


def test_tags_beyond_what_the_bound_could_hold_keep_their_first_and_newest():
    """Then the bound gives way, and thinning does not run at every reading."""
    wide = histogram(1, 1.0, np.arange(300_001.0), np.ones(300_000))
    names = [str(tag) for tag in range(12)]
    store = TagStore()
    for _ in range(3):
        store = store.put_histograms("run", "file", names, packed([(n, wide) for n in range(12)]))
    assert store.histogram_bytes > HISTOGRAM_BYTES_MAX
    for name in names:
        assert len(store.histograms("run", name, attempts="all").points) >= 2
