"""The run: whatever happens in whatever order, it equals a plain sorted dictionary.

Figures, ranges, distributions and deltas are compared to the last bit with those of a run
that was put together at once.
"""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loss_monitor.errors import UnknownNameError
from loss_monitor.series import packing
from loss_monitor.series.delta import delta
from loss_monitor.series.distribution import distribution
from loss_monitor.series.figures import figures
from loss_monitor.series.leaf import FLOAT_COLUMNS, INT_COLUMNS
from loss_monitor.series.ranges import reduce_range
from loss_monitor.series.run import Run
from loss_monitor.types import Attempt, Mark, Timestep

LOSSES = st.lists(
    st.floats(-10, 10, width=32) | st.floats(0, 1) | st.sampled_from([math.nan, math.inf]),
    max_size=9,
)
NUMBERS = st.integers(0, 24)
TIMESTEPS = st.builds(
    lambda number, losses, wall, attempt: Timestep(
        (number,),
        f"step {number}",
        np.array(losses, dtype=np.float64),
        wall_time=wall,
        attempt=attempt,
        summary=(("Mean Loss", 0.5),) if attempt else (),
        model_fields=(1979, 2, 1 + number, 0, 0, 0, 0) if number else (),
    ),
    NUMBERS,
    LOSSES,
    st.integers(0, 2).map(float),
    st.integers(0, 1),
)
CHANGES = st.lists(
    st.tuples(st.just("put"), st.lists(TIMESTEPS, max_size=8))
    | st.tuples(st.just("drop"), st.lists(NUMBERS, max_size=6))
    | st.tuples(st.just("extend"), st.tuples(NUMBERS, LOSSES)),
    max_size=12,
)


def bits(array):
    return (array.dtype.str, array.shape, np.ascontiguousarray(array).tobytes())


def applied(run, plain, change, content):
    """Return the run after one change, which is made to `plain` as well."""
    if change == "put":
        plain.update({timestep.key: timestep for timestep in content})
        return run.put(content)
    if change == "drop":
        for number in content:
            plain.pop((number,), None)
        return run.drop([(number,) for number in content])
    number, losses = content
    if (number,) not in plain:
        with pytest.raises(UnknownNameError, match="no timestep"):
            run.extend((number,), np.array(losses))
        return run
    old = plain[(number,)]
    plain[(number,)] = old._replace(values=np.concatenate([old.values, losses]))
    return run.extend((number,), np.array(losses, dtype=np.float64))


def assert_equals_plain(run, plain):
    """The run holds the timesteps of the plain dictionary, in order of their keys."""
    wanted = [plain[key] for key in sorted(plain)]
    assert run.keys == tuple(sorted(plain))
    assert run.labels() == [timestep.label for timestep in wanted]
    assert run.n_timesteps == len(wanted)
    assert run.n_values == sum(len(timestep.values) for timestep in wanted)
    for index, timestep in enumerate(wanted):
        found = run.timestep(index)
        assert bits(found.values) == bits(timestep.values)
        assert found._replace(values=()) == timestep._replace(values=())
        assert run.index_of(timestep.key) == index
    values = [timestep.values for timestep in wanted]
    assert bits(run.values()) == bits(np.concatenate([np.zeros(0), *values]))
    assert run.table.start.tolist() == np.cumsum([0, *map(len, values)])[:-1].tolist()


def assert_leaves_are_sound(run):
    for leaf in run.leaves:
        assert 1 <= len(leaf) <= packing.LEAF_TIMESTEPS_MAX
        assert leaf.values.size <= packing.LEAF_VALUES_MAX or len(leaf) == 1
        assert leaf.offsets[-1] == leaf.values.size
    for left, right in zip(run.leaves[:-1], run.leaves[1:], strict=True):
        assert left.facts.last_key < right.facts.first_key


def answers(run):
    """All that can be asked, as text and bytes: equal to the last bit or not."""
    size = run.n_values
    asked = [
        repr(figures(run)),
        repr(figures(run, last=3)),
        *(distribution(run, 7, scale, last) for scale in ("linear", "log") for last in (None, 9)),
        reduce_range(run, points=3),
        reduce_range(run, 3, size - 2, points=5),
        reduce_range(run, points=1000),
        reduce_range(run, points=4, axis="timestep"),
        reduce_range(run, points=4, axis="model_time"),
    ]
    return [
        answer
        if isinstance(answer, str)
        else [bits(part) if isinstance(part, np.ndarray) else part for part in parts_of(answer)]
        for answer in asked
    ]


def parts_of(record):
    return [getattr(record, field.name) for field in fields(record)]


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(CHANGES)
def test_any_sequence_of_changes_equals_a_sorted_dictionary(changes):
    """Contents, figures, ranges and distributions, to the last bit, after every change."""
    run, plain = Run.empty("run", "a run"), {}
    for change, content in changes:
        run = applied(run, plain, change, content)
        assert_leaves_are_sound(run)
        # Asking in between fills what versions share; it must not go stale.
        figures(run)
    assert_equals_plain(run, plain)
    whole = Run.empty("run", "a run").put(plain.values())
    assert answers(run) == answers(whole)
    for name in (*INT_COLUMNS[1:], *FLOAT_COLUMNS):
        assert bits(run.table.column(name)) == bits(whole.table.column(name))


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(CHANGES)
def test_a_delta_says_from_where_on_two_versions_differ(changes):
    """Before `first` all is as it was; at `first` something changed, came or went."""
    run, plain = Run.empty("run", "a run"), {}
    for change, content in changes:
        old, new = run, applied(run, plain, change, content)
        found = delta(old, new)
        assert found is not None
        assert (found.old_timesteps, found.new_timesteps) == (old.n_timesteps, new.n_timesteps)
        before = [old.timestep(i) for i in range(old.n_timesteps)]
        after = [new.timestep(i) for i in range(new.n_timesteps)]
        same = [
            one._replace(values=()) == other._replace(values=())
            and bits(one.values) == bits(other.values)
            for one, other in zip(before, after, strict=False)
        ]
        expected = same.index(False) if False in same else len(same)
        assert found.first == expected
        assert found.empty == (
            before == after if not before else expected == len(after) == len(before)
        )
        if expected < len(same) and before[expected].key == after[expected].key:
            kept = found.kept_values
            assert bits(before[expected].values[:kept]) == bits(after[expected].values[:kept])
        run = new


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(st.lists(TIMESTEPS, unique_by=lambda t: t.key, max_size=25), st.randoms())
def test_the_order_of_arrival_does_not_matter(timesteps, random):
    """One by one in any order gives what all at once gives."""
    whole = Run.empty("run", "a run").put(timesteps)
    shuffled = list(timesteps)
    random.shuffle(shuffled)
    run = Run.empty("run", "a run")
    for timestep in shuffled:
        run = run.put([timestep])
    assert_leaves_are_sound(run)
    assert answers(run) == answers(whole)


def test_an_older_version_stays_as_it_was(run_of, timestep):
    """A snapshot that somebody holds never changes."""
    old = run_of([[1.0, 2.0], [3.0]])
    new = old.put([timestep(1, [9.0])]).drop([(0,)])
    assert old.values().tolist() == [1.0, 2.0, 3.0]
    assert new.values().tolist() == [9.0]
    with pytest.raises(ValueError, match="read-only"):
        old.values()[0] = 5.0


def test_putting_what_is_there_already_changes_nothing(run_of, timestep):
    """A file that was read again with the same content is no new version."""
    run = run_of([[1.0, math.nan], [3.0]])
    assert run.put([timestep(0, [1.0, math.nan])]) is run
    assert run.drop([(77,)]) is run
    assert run.put([timestep(0, [1.0, math.nan], wall_time=5.0)]) is not run


def test_values_are_copied_from_the_caller(run_of):
    """The reader may go on using its buffer."""
    buffer = np.array([1.0, 2.0])
    run = Run.empty("run", "").put([Timestep((0,), "step 0", buffer)])
    buffer[0] = 7.0
    assert run.values().tolist() == [1.0, 2.0]


def test_leaves_that_did_not_change_are_the_same_objects(run_of, timestep):
    """An append rebuilds one leaf of many: this is what makes a version cheap."""
    run = run_of([np.arange(1000.0)] * 300)
    new = run.put([timestep(300, np.arange(1000.0))])
    assert len(run.leaves) == 5
    assert all(a is b for a, b in zip(run.leaves[:-1], new.leaves[:-1], strict=True))


@pytest.mark.parametrize("order", ["append", "prepend", "newest first, then live"])
def test_leaves_end_up_full_whichever_way_a_run_grows(order, timestep):
    """153 leaves of ten million values, not thousands."""
    timesteps = [timestep(i, np.arange(1000.0)) for i in range(400)]
    run = Run.empty("run", "")
    if order == "append":
        for one in timesteps:
            run = run.put([one])
    elif order == "prepend":
        for one in reversed(timesteps):
            run = run.put([one])
    else:
        for start in range(280, -20, -20):
            run = run.put(timesteps[max(0, start) : start + 20])
        for one in timesteps[300:]:
            run = run.put([one])
    assert run.n_timesteps == 400
    assert len(run.leaves) <= 9


def test_a_large_timestep_is_a_leaf_of_its_own(timestep):
    """And growing it copies that leaf only."""
    run = Run.empty("run", "").put(
        [timestep(0, [1.0]), timestep(1, np.ones(70_000)), timestep(2, [2.0])]
    )
    assert [len(leaf) for leaf in run.leaves] == [1, 1, 1]
    grown = run.extend((1,), np.full(1000, 3.0), complete=True, wall_time=9.0)
    assert [leaf.values.size for leaf in grown.leaves] == [1, 71_000, 1]
    assert grown.leaves[0] is run.leaves[0]
    assert grown.leaves[2] is run.leaves[2]
    assert grown.timestep(1).wall_time == 9.0
    assert grown.values_of(1)[-1] == 3.0


def test_many_small_timesteps_do_not_fill_one_leaf(timestep):
    """A job log has four values a timestep; a leaf is full at 2,048 timesteps."""
    run = Run.empty("run", "").put([timestep(i, [1.0, 2.0, 3.0, 4.0]) for i in range(5000)])
    assert [len(leaf) for leaf in run.leaves] == [2048, 2048, 904]


def test_ranges_of_values_and_labels_cross_leaves(run_of):
    """Positions count over the run, whatever leaf they are in."""
    run = run_of([np.arange(50_000.0) + 50_000 * i for i in range(4)])
    assert len(run.leaves) == 4
    assert run.values(49_999, 100_001).tolist() == list(map(float, range(49_999, 100_001)))
    assert run.values(-5, 2).tolist() == [0.0, 1.0]
    assert run.values(199_999, 10**9).tolist() == [199_999.0]
    assert run.values(5, 5).size == 0
    assert run.labels(1, 3) == ["step 1", "step 2"]
    assert run.labels(3) == ["step 3"]
    assert run.labels(4) == []
    assert run.label_of(-1) == "step 3"
    assert run.values_at(np.array([0, 49_999, 50_000, 199_999])).tolist() == [
        0.0, 49_999.0, 50_000.0, 199_999.0,
    ]  # fmt: skip
    with pytest.raises(IndexError):
        run.timestep(4)


def test_an_empty_run_answers_everything():
    """Before the first timestep there is nothing, and nothing fails."""
    run = Run.empty("run", "a run")
    assert (run.n_timesteps, run.n_values, run.unit, run.keys) == (0, 0, "batch", ())
    assert run.values().size == run.table.start.size == len(run.labels()) == 0
    assert run.model_seconds is None
    assert run.index_of((1,)) is None
    assert run.put([]) is run
    assert delta(run, run).empty


def test_changes_beside_the_timesteps_share_them():
    """Attempts, marks and the label belong to a version, too."""
    run = Run.empty("run", "a run").put([Timestep((0,), "step 0", np.ones(1), unit="rank")])
    other = (
        run.with_attempts([Attempt("1234", 5.0)], dropped=7)
        .with_marks([Mark("end", (0,), 6.0, "finished")])
        .renamed("renamed")
    )
    assert other.table is run.table
    assert (other.dropped, other.label, other.unit) == (7, "renamed", "rank")
    assert (other.attempts[0].label, other.marks[0].kind) == ("1234", "end")


def test_prepared_leaves_have_their_sorted_copies(run_of):
    """After `prepared` no answer has to sort."""
    run = run_of([np.arange(1000.0)] * 100)
    assert not any(leaf.is_sorted for leaf in run.leaves)
    assert run.prepared() is run
    assert all(leaf.is_sorted for leaf in run.leaves)


def test_different_runs_have_no_delta():
    """A page that follows a new run takes a snapshot."""
    assert delta(Run.empty("one", ""), Run.empty("two", "")) is None


@pytest.mark.usefixtures("small_leaves")
@given(st.lists(LOSSES, min_size=1, max_size=20), st.data())
def test_the_newest_values_know_their_places(run_of, lists, data):
    """Without a look at the leaves before them."""
    run = run_of(lists)
    places = [(i, j) for i, losses in enumerate(lists) for j in range(len(losses))]
    filled = [i for i, losses in enumerate(lists) if losses]
    assert run.latest_filled == (filled[-1] if filled else None)
    if places:
        start = data.draw(st.integers(0, len(places) - 1))
        timesteps, within = run.places(start)
        found = list(zip(timesteps.tolist(), within.tolist(), strict=True))
        assert found == places[start:]
    for index in range(len(lists)):
        np.testing.assert_array_equal(run.entry("mean", index), run.table.mean[index])
