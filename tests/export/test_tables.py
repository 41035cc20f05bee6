"""Tables of runs and tags: every row of the part that is asked for, in pieces of any size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.export import tables
from loss_monitor.export.tables import (
    batches_table,
    facts_table,
    marks_table,
    scalars_table,
    timesteps_table,
)
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Mark, Timestep


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of 4 rows."""
    monkeypatch.setattr(tables, "PIECE_ROWS", 4)


def run_of(lists):
    steps = [
        Timestep((n,), f"step {n}", np.array(values, dtype=np.float64), source=f"log {n}")
        for n, values in enumerate(lists)
    ]
    return Run.empty("run", "a run").put(steps)


def rows_of(table):
    return [row for piece in table.pieces for row in zip(*map(list, piece), strict=True)]


@pytest.mark.usefixtures("small_pieces")
@given(
    st.lists(st.lists(st.floats(-9, 9), max_size=11), min_size=1, max_size=9),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_every_batch_of_a_range_is_a_row(lists, first, stop):
    """In order, with its place in the run and in its timestep, no piece larger than it may be."""
    run = run_of(lists)
    wanted = [
        (n, f"step {n}", i, value) for n, one in enumerate(lists) for i, value in enumerate(one)
    ]
    wanted = [(at, *row) for at, row in enumerate(wanted)][first:stop]
    table = batches_table(run, np.arange(len(lists)), first, stop)
    pieces = list(table.pieces)
    assert all(len(piece[0]) <= 4 for piece in pieces)
    found = [row for piece in pieces for row in zip(*map(list, piece), strict=True)]
    assert found == wanted


def test_batches_of_timesteps_in_any_order():
    """As they follow each other on the axis that was asked for."""
    run = run_of([[1.0, 2.0], [3.0], [4.0]])
    found = rows_of(batches_table(run, np.array([2, 0])))
    assert [row[-1] for row in found] == [4.0, 1.0, 2.0]


def test_timesteps_tell_their_figures_and_where_they_come_from():
    """One row each; times that are not known are empty."""
    run = run_of([[1.0, 3.0, np.nan], []])
    table = timesteps_table(run, np.arange(2))
    first, second = (dict(zip(table.columns, row, strict=True)) for row in rows_of(table))
    assert (first["timestep"], first["batches"], first["nan"]) == ("step 0", 3, 1)
    assert (first["mean"], first["std"], first["first"]) == (2.0, 1.0, 1.0)
    assert (first["source"], first["wall_time"]) == ("log 0", "")
    assert (second["batches"], np.isnan(second["mean"])) == (0, True)


def test_scalars_tell_run_and_tag():
    """Several tags in one table, each in file order; a range is on the axis asked for."""
    points = {"x": ([1, 2], [0.5, 0.25]), "y": ([1], [9.0])}
    store = TagStore().put_points("a", "f", points, 7.0)
    found = rows_of(scalars_table(store, [("a", "x"), ("a", "y")]))
    assert found == [("a", "x", 1, 7.0, 0.5), ("a", "x", 2, 7.0, 0.25), ("a", "y", 1, 7.0, 9.0)]
    assert [row[2] for row in rows_of(scalars_table(store, [("a", "x")], start=2))] == [2]


def test_marks_stand_at_the_timestep_at_or_before_them():
    """In order; what has no place, line or time is told so."""
    run = run_of([[1.0], [2.0], [3.0]])
    marks = (
        Mark("note", (1,), 60.0, "lr halved"),
        Mark("rollback", (9,), 0.0, "back", "LOG", 7),
        Mark("end", None, 90.0, "done"),
    )
    table = marks_table(run.with_marks(marks))
    (piece,) = table.pieces
    rows = dict(zip(table.columns, piece, strict=True))
    assert list(rows["kind"]) == ["note", "rollback", "end"]
    assert list(rows["timestep_index"]) == [1, 2, -1]
    assert list(rows["timestep"]) == ["step 1", "step 2", ""]
    assert list(rows["line"]) == [0, 7, 0]
    times = ["1970-01-01T00:01:00.000+00:00", "", "1970-01-01T00:01:30.000+00:00"]
    assert list(rows["wall_time"]) == times
    assert list(marks_table(run).pieces) == []


def test_facts_of_a_run_are_names_and_values():
    """Label, what is given, sizes, each parameter."""
    run = run_of([[1.0, 2.0]])
    table = facts_table(replace(run, params=(("lr", "3e-4"),)), {"directory": "/d\udcff"})
    (piece,) = table.pieces
    facts = dict(zip(*piece, strict=True))
    assert facts["label"] == "a run"
    assert facts["directory"] == "/d\\xff"
    assert (facts["losses"], facts["param.lr"]) == ("2", "3e-4")
