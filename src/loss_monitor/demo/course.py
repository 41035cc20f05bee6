"""What the demo does at which timestep: spikes, NaN, a stall, a restart.

Enters: the option `--inject` and the number of a timestep. Leaves: events to act on.
"""

from __future__ import annotations

from typing import Literal

Event = Literal["spike", "nan", "stall", "restart"]
RESTART_BACK = 12
"""Timesteps that a restart goes back: those since the last checkpoint."""
STALL_S = 45.0

_FIRST = 20
"""With one chosen event, it comes early, so that a show or a test need not wait."""
_SHOW: dict[int, Event] = {130: "spike", 165: "nan", 205: "restart"}
_SHOW_LENGTH = 240


def event_at(timestep: int, inject: str | None) -> Event | None:
    """Return what happens at `timestep`, from 1; None for an ordinary one.

    With `inject` None the show runs: from the second minute on, at two timesteps a second,
    a spike, a NaN and a restart, again and again.
    """
    if inject is None:
        return _SHOW.get((timestep - 1) % _SHOW_LENGTH + 1)
    if inject == "none" or timestep < _FIRST:
        return None
    if (timestep - _FIRST) % 60 == 0:
        return inject  # type: ignore[return-value]
    return None
