"""Small leaves, so that a few values make many of them; and timesteps from plain lists."""

from __future__ import annotations

import numpy as np
import pytest

from loss_monitor.series import blocked, leaf, packing, run
from loss_monitor.statistics import reduction
from loss_monitor.types import Timestep


@pytest.fixture
def small_leaves(monkeypatch):
    """Leaves of at most 16 values or 4 timesteps, blocks of at most 4 values."""
    monkeypatch.setattr(packing, "LEAF_VALUES_MAX", 16)
    monkeypatch.setattr(packing, "LEAF_TIMESTEPS_MAX", 4)
    monkeypatch.setattr(packing, "_JOIN_VALUES_MAX", 12)
    monkeypatch.setattr(packing, "_JOIN_TIMESTEPS_MAX", 3)
    monkeypatch.setattr(leaf, "BLOCK_VALUES", 4)
    monkeypatch.setattr(blocked, "BLOCK_VALUES", 4)
    monkeypatch.setattr(reduction, "BLOCK_VALUES", 4)


@pytest.fixture(scope="session")
def timestep():
    """A function that makes a timestep of a number and its losses."""

    def make(number, losses, **others):
        values = np.array(losses, dtype=np.float64)
        return Timestep((number,), f"step {number}", values, **others)

    return make


@pytest.fixture(scope="session")
def run_of(timestep):
    """A function that makes a run of lists of losses, numbered from 0."""

    def make(lists):
        numbered = [timestep(number, losses) for number, losses in enumerate(lists)]
        return run.Run.empty("run", "a run").put(numbered)

    return make
