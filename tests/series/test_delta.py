"""Differences of two versions of a run: the usual cases by hand.

Any sequence of changes is tested beside the run itself.
"""

from __future__ import annotations

import math

import numpy as np

from loss_monitor.series.delta import delta


def test_an_append_begins_behind_the_old_end(run_of, timestep):
    """The usual change."""
    old = run_of([[1.0], [2.0]])
    found = delta(old, old.put([timestep(2, [3.0])]))
    assert (found.first, found.old_timesteps, found.new_timesteps) == (2, 2, 3)
    assert (found.kept_values, found.empty) == (0, False)


def test_a_growing_timestep_keeps_its_first_values(run_of):
    """Only the new batches of the current timestep need to be told."""
    old = run_of([[1.0], [2.0, math.nan]])
    found = delta(old, old.extend((1,), np.array([5.0])))
    assert (found.first, found.kept_values) == (1, 2)


def test_a_rewritten_timestep_keeps_what_is_equal(run_of, timestep):
    """The first differing batch is found."""
    old = run_of([[1.0, 2.0, 3.0, 4.0]])
    assert delta(old, old.put([timestep(0, [1.0, 2.0, 9.0])])).kept_values == 2


def test_a_prepend_changes_everything(run_of, timestep):
    """Positions move: the page takes a snapshot."""
    old = run_of([[1.0], [2.0]])
    assert delta(old, old.put([timestep(-1, [3.0])])).first == 0


def test_a_change_in_many_leaves_is_found_at_its_place(run_of, timestep):
    """Shared leaves are passed over, the others compared."""
    old = run_of([np.arange(1000.0)] * 300)
    new = old.put([timestep(123, [1.0]), timestep(280, [1.0])])
    assert delta(old, new).first == 123
    assert delta(old, old.renamed("other")).empty
