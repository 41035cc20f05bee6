"""Where ICON says that its experiment ends."""

from __future__ import annotations

import pytest

from loss_monitor.parse.model_end import model_end_in


@pytest.mark.parametrize(
    ("line", "label"),
    [
        (" 0: Experiment stop date     : 1979-02-01T00:00:00.000", "1979-02-01 00:00:00"),
        ("Experiment stop date: 2100-02-30T06:15:00.000Z", "2100-02-30 06:15:00"),
        (" 0: Experiment start date    : 1979-01-01T00:00:00.000", None),
        (" 0: Experiment stop date     : 1979-13-01T00:00:00.000", None),
        (" 0: Experiment stop date     : unknown", None),
        ("", None),
    ],
)
def test_the_end_is_found_or_there_is_none(line: str, label: str | None) -> None:
    """With and without the task's number in front; a date of no calendar is none."""
    found = model_end_in(f"something else\n{line}\nmore\n".encode())
    assert (found and found.label) == label
