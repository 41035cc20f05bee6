"""The activity log keeps what went wrong and counts what went as usual."""

from __future__ import annotations

from loss_monitor.activity import ActivityLog, counted
from loss_monitor.clock import ManualClock


def test_entries_of_one_row_replace_each_other_and_move_to_the_end() -> None:
    """A counting row stays one row, newest last, under a new id."""
    log = ActivityLog(ManualClock(), 10)
    log.tell("info", "timestep", "1 timestep", row="timesteps")
    log.tell("ok", "checkpoint", "saved")
    log.tell("info", "timestep", "2 timesteps", row="timesteps")
    assert [(entry.id, entry.message) for entry in log.entries] == [
        (2, "saved"),
        (3, "2 timesteps"),
    ]


def test_a_night_of_routine_pushes_no_incident_out() -> None:
    """Ten thousand timesteps and checkpoints later the NaN is still listed."""
    log = ActivityLog(ManualClock(), 5)
    log.tell("warning", "non_finite", "1 NaN", incident=True)
    for number in range(10_000):
        log.tell("info", "timestep", f"{number} timesteps", row="timesteps")
        log.tell("ok", "checkpoint", f"checkpoint {number}")
    assert log.entries[0].message == "1 NaN"
    assert len(log.entries) == 5


def test_a_row_counts_as_one_incident_however_often_it_is_told() -> None:
    """The number of incidents is that of things that went wrong, not of tellings."""
    log = ActivityLog(ManualClock(), 5)
    log.tell("warning", "refused", "1 line refused", row="refused:a", incident=True)
    log.tell("warning", "refused", "2 lines refused", row="refused:a", incident=True)
    log.tell("warning", "refused", "1 line refused", row="refused:b", incident=True)
    assert log.incidents == 2


def test_entries_hold_the_time_they_were_told() -> None:
    """Times come from the injected clock."""
    clock = ManualClock(100.0)
    log = ActivityLog(clock, 5)
    clock.advance(7)
    log.tell("info", "x", "y", file="f", line=3)
    (entry,) = log.entries
    assert (entry.time, entry.file, entry.line) == (107.0, "f", 3)


def test_one_is_told_in_the_singular() -> None:
    """A log for people says "1 loss", and no "0 loss"."""
    told = [counted(number, "loss", "losses") for number in (0, 1, 2, 12_000)]
    assert told == ["0 losses", "1 loss", "2 losses", "12,000 losses"]
