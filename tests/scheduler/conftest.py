"""A folder for commands that stand in for Slurm's."""

from __future__ import annotations

from pathlib import Path

import pytest

from slurm_commands import Commands


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """A folder that a test writes commands into."""
    return Commands(tmp_path / "bin")
