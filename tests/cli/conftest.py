"""A state directory of its own for each test of the command line."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    """Keep the tests away from the user's own monitor, settings and log."""
    for name in list(os.environ):
        if name.startswith("LOSS_MONITOR_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOSS_MONITOR_LOG_DIR", str(tmp_path))
    return tmp_path / "state" / "loss-monitor"
