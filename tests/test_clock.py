"""Wall times as text: also those that no calendar of this machine holds."""

from __future__ import annotations

from datetime import datetime

import pytest

from loss_monitor.clock import iso_time


def test_a_wall_time_is_told_with_milliseconds_and_an_offset() -> None:
    """Read back, it is the same moment."""
    text = iso_time(1_000_000_000.25)
    assert ".250" in text
    assert datetime.fromisoformat(text).timestamp() == 1_000_000_000.25


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("wall_s", [1e300, -1e300, float("inf"), float("nan"), 4e11, -1e12])
def test_a_wall_time_that_no_date_can_hold_is_told_as_the_nearest(
    wall_s: float, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged event file holds any number, and none of them may cost an answer."""
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        year = datetime.fromisoformat(iso_time(wall_s)).year
    finally:
        monkeypatch.undo()
        time.tzset()
    assert year in (1, 9999)
