"""The store of tags: files joined in name order, versions that share what did not change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from histogram_points import histogram, packed
from loss_monitor.errors import UnknownNameError
from loss_monitor.series.tags import TagStore


@dataclass(frozen=True)
class Scalars:
    """What a reader of event files hands over."""

    tag: np.ndarray
    step: np.ndarray
    wall_time: np.ndarray
    value: np.ndarray
    doubles: frozenset[int] = frozenset()

    @classmethod
    def of(cls, points, doubles=()):
        """Of (tag, step, wall time, value)."""
        tag, step, wall_time, value = zip(*sorted(points, key=lambda one: one[0]), strict=True)
        return cls(
            np.array(tag, dtype=np.uint32),
            np.array(step, dtype=np.int64),
            np.array(wall_time, dtype=np.float64),
            np.array(value, dtype=np.float64),
            frozenset(doubles),
        )


NAMES = ["Loss/batch", "lr"]


def test_points_come_back_by_tag_in_file_order():
    """Tags of one file are interleaved; each keeps the order it was written in."""
    store = TagStore().put_scalars(
        "run", "a", NAMES, Scalars.of([(0, 1, 10.0, 0.5), (1, 1, 10.0, 0.1), (0, 2, 11.0, 0.25)])
    )
    store = store.put_scalars("run", "a", NAMES, Scalars.of([(0, 3, 12.0, 0.125)]))
    series = store.series("run", "Loss/batch")
    assert series.steps.tolist() == [1, 2, 3]
    assert series.values.tolist() == [0.5, 0.25, 0.125]
    assert series.wall_times.tolist() == [10.0, 11.0, 12.0]
    assert store.scalars("run") == ("Loss/batch", "lr")
    assert (store.runs(), store.n_points) == (("run",), 4)


def test_values_stay_float32_unless_the_tag_had_doubles():
    """A float32 is told as the double it is; a double is not rounded."""
    store = TagStore().put_scalars(
        "run", "a", NAMES, Scalars.of([(0, 1, 0.0, 0.1), (1, 1, 0.0, 0.1)], doubles={1})
    )
    assert store.series("run", "Loss/batch").values.tolist() == [float(np.float32(0.1))]
    assert store.series("run", "lr").values.tolist() == [0.1]


def test_a_tag_that_turns_double_is_double_over_all_files():
    """One type a tag."""
    store = TagStore().put_scalars("run", "a", NAMES, Scalars.of([(0, 1, 0.0, 0.5)]))
    store = store.put_scalars("run", "b", NAMES, Scalars.of([(0, 2, 0.0, 0.1)], doubles={0}))
    assert store.series("run", "Loss/batch").values.tolist() == [0.5, 0.1]


def test_files_are_joined_in_name_order_whatever_order_they_are_read_in():
    """The newest file is often read first."""
    later = Scalars.of([(0, 2, 20.0, 0.3), (0, 3, 21.0, 0.2)])
    earlier = Scalars.of([(0, 1, 10.0, 0.9), (0, 2, 11.0, 0.8)])
    store = TagStore().put_scalars("run", "b", NAMES, later)
    store = store.put_scalars("run", "a", NAMES, earlier)
    latest = store.series("run", "Loss/batch")
    assert (latest.steps.tolist(), latest.dropped) == ([1, 2, 3], 1)
    assert latest.values.tolist() == np.float32([0.9, 0.3, 0.2]).tolist()
    every = store.series("run", "Loss/batch", attempts="all")
    assert (every.steps.tolist(), every.dropped) == ([1, 2, 2, 3], 0)


def test_a_file_that_is_gone_takes_its_points_with_it():
    """A replaced file is read again: its points are never doubled."""
    store = TagStore().put_scalars("run", "a", NAMES, Scalars.of([(0, 1, 0.0, 0.5)]))
    both = store.put_scalars("run", "b", ["other"], Scalars.of([(0, 1, 0.0, 0.5)]))
    less = both.without_file("run", "a")
    assert (less.scalars("run"), less.n_points) == (("other",), 1)
    assert both.scalars("run") == ("Loss/batch", "other")
    assert less.without_file("run", "b").runs() == ()
    assert less.without_file("run", "unknown") is less
    assert both.without_all().n_points == 0


def test_an_older_version_sees_what_it_saw():
    """Both lie in the same memory, but not in each other's way."""
    old = TagStore().put_scalars("run", "a", NAMES, Scalars.of([(0, 1, 0.0, 0.5)]))
    one = old.put_scalars("run", "a", NAMES, Scalars.of([(0, 2, 0.0, 1.0)]))
    other = old.put_scalars("run", "a", NAMES, Scalars.of([(0, 3, 0.0, 2.0)]))
    steps = [store.series("run", "Loss/batch").steps.tolist() for store in (old, one, other)]
    assert steps == [[1], [1, 2], [1, 3]]


def test_the_run_that_last_changed_is_taken_by_default():
    """By the wall time of the points, so that the order of reading does not decide."""
    store = TagStore().put_scalars("new", "a", NAMES, Scalars.of([(0, 1, 200.0, 0.5)]))
    store = store.put_scalars("old", "a", NAMES, Scalars.of([(0, 1, 100.0, 0.5)]))
    assert store.run_of("Loss/batch") == "new"
    store = store.put_scalars("old", "a", NAMES, Scalars.of([(1, 2, 300.0, 0.5)]))
    assert store.run_of("Loss/batch") == "old"
    assert store.run_of("unknown") is None


def test_without_wall_times_the_run_read_last_is_the_last_changed():
    """Some writers leave them out."""
    store = TagStore().put_scalars("one", "a", NAMES, Scalars.of([(0, 1, 0.0, 0.5)]))
    store = store.put_scalars("two", "a", NAMES, Scalars.of([(0, 1, 0.0, 0.5)]))
    assert store.run_of("Loss/batch") == "two"


def test_points_of_a_job_log_keep_their_decimals():
    """They are written as text, not as float32."""
    points = {"job/grad_norm": ([1, 2], [0.8123, 0.7]), "job/skipped": ([1], [0.0])}
    store = TagStore().put_points("rank 0", "log", points, 50.0)
    series = store.series("rank 0", "job/grad_norm")
    assert (series.values.tolist(), series.wall_times.tolist()) == ([0.8123, 0.7], [50.0, 50.0])
    assert store.n_points == 3


def test_histograms_follow_the_same_rules():
    """Name order, restarts, newest `last`."""
    names = ["Gradients/w"]
    store = TagStore().put_histograms(
        "run", "b", names, packed([(0, histogram(2)), (0, histogram(3))])
    )
    store = store.put_histograms("run", "a", names, packed([(0, histogram(1)), (0, histogram(2))]))
    latest = store.histograms("run", "Gradients/w")
    assert [point.step for point in latest.points] == [1, 2, 3]
    assert (latest.dropped, latest.thinned) == (1, False)
    assert [point.step for point in store.histograms("run", "Gradients/w", last=1).points] == [3]
    every = store.histograms("run", "Gradients/w", attempts="all")
    assert [point.step for point in every.points] == [1, 2, 2, 3]
    assert store.histogram_tags("run") == ("Gradients/w",)
    assert store.run_of("Gradients/w") == "run"
    assert latest.points[0].counts.tolist() == [1.0, 2.0]


def test_unknown_names_are_told():
    """The API turns this into its 404."""
    store = TagStore().put_scalars("run", "a", NAMES, Scalars.of([(0, 1, 0.0, 0.5)]))
    with pytest.raises(UnknownNameError, match="no scalar tag 'x'"):
        store.series("run", "x")
    with pytest.raises(UnknownNameError, match="no histogram tag"):
        store.histograms("elsewhere", "Loss/batch")
    assert store.scalars("elsewhere") == store.histogram_tags("elsewhere") == ()


def test_each_job_of_a_job_log_s_tag_is_an_attempt_event_files_may_go_on():
    """A job that goes on where the last one ended left nothing out; its line begins anew."""
    store = TagStore()
    for tag in ("job/lr", "lr"):
        store = store.put_points("a", "1", {tag: ([1, 2, 3], [0.0] * 3)}, 7.0)
        store = store.put_points("a", "2", {tag: ([3, 4], [0.0] * 2)}, 8.0)
        store = store.put_points("a", "3", {tag: ([5, 6], [0.0] * 2)}, 9.0)
    _, dropped, begins = store.stretches("a", "job/lr")
    assert (dropped, begins.tolist()) == (1, [2, 4])
    assert store.stretches("a", "lr")[2].tolist() == [2]
    assert store.stretches("a", "job/lr", "all")[2].tolist() == [3, 5]
