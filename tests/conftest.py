"""What all tests share: how property tests run."""

from __future__ import annotations

from hypothesis import settings

# A busy machine makes single examples slow, which says nothing about the code; every test
# has a time limit of its own.
settings.register_profile("loss-monitor", deadline=None)
settings.load_profile("loss-monitor")
