"""Figures of what a later attempt did again."""

from __future__ import annotations

import math

import pytest

from loss_monitor.series import superseded
from loss_monitor.series.superseded import Superseded


def test_figures_are_those_of_the_timesteps(timestep):
    """Over finite values; of none there is no mean. Attempts come one after the other."""
    found = Superseded().with_timesteps(
        [
            timestep(2, [math.nan], attempt=0),
            timestep(1, [1.0, math.inf, 3.0], attempt=0),
            timestep(1, [5.0], attempt=1),
            timestep(3, []),
        ]
    )
    assert (found.count, found.finite, found.attempt) == ((3, 1, 0, 1), (2, 0, 0, 1), (0, 0, 0, 1))
    assert found.mean == pytest.approx((2.0, math.nan, math.nan, 5.0), nan_ok=True)
    assert (found.min[0], found.max[0], len(found)) == (1.0, 3.0, 4)


def test_only_the_newest_are_kept(timestep, monkeypatch):
    """A training that fails all night must not fill the memory."""
    monkeypatch.setattr(superseded, "KEPT_MAX", 3)
    found = Superseded().with_timesteps(timestep(n, [1.0 * n]) for n in range(1, 6))
    assert found.mean == (3.0, 4.0, 5.0)
    assert found.with_timesteps([]) is found
    assert found.with_timesteps([timestep(9, [9.0])]).mean == (4.0, 5.0, 9.0)
