"""What the tests of the report share: snapshots made by hand."""

from __future__ import annotations

import pytest

from building import Build


@pytest.fixture(scope="session")
def build() -> type[Build]:
    """Makes runs and snapshots."""
    return Build
