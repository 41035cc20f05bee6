"""A growing file, and what is opened of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from growing_file import Writer


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "file")


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """Paths that were opened."""
    paths: list[str] = []
    real = os.open

    def counted(path, *args, **more):
        paths.append(str(path))
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", counted)
    return paths
