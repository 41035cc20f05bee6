"""Event files against the losses whose figures they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from judged_runs import BEGAN_S, INTERVAL_S, healthy, now, run_of, timestep
from loss_monitor.health.watch import HealthWatch
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Floats

Steps = Callable[[int, Sequence[Floats]], int]
NAME = "mismatch-events"


def float32(losses: Sequence[Floats]) -> list[Floats]:
    """Losses as a plugin has and prints them."""
    return [values.astype(np.float32).astype(np.float64) for values in losses]


def by_number(index: int, losses: Sequence[Floats]) -> int:
    """The step of a plugin that counts timesteps from 1."""
    del losses
    return index + 1


def by_batches(index: int, losses: Sequence[Floats]) -> int:
    """The step of a plugin that counts batches, at the end of the timestep."""
    return sum(map(len, losses[: index + 1]))


def figures(values: Floats) -> dict[str, float]:
    """What the plugin writes of a timestep, added up one by one in float32."""
    with np.errstate(invalid="ignore"):
        total = np.add.accumulate(values.astype(np.float32))[-1]
        return {
            "mean": float(total / np.float32(len(values))),
            "min": float(values.min()),
            "max": float(values.max()),
        }


def events(
    losses: Sequence[Floats], step_of: Steps = by_number, first: int = 0, **wrong: Any
) -> TagStore:
    """Event files with the figures of timesteps from `first` on; `wrong` ones by name."""
    tags = TagStore()
    for index in range(first, len(losses)):
        row = {**figures(losses[index]), **wrong.get(f"at_{index}", {})}
        points = {
            f"Loss/{name}_per_timestep": ([step_of(index, losses)], [float(np.float32(value))])
            for name, value in row.items()
        }
        tags = tags.put_points("experiment", "events", points, BEGAN_S + INTERVAL_S * index + 2)
    return tags


def judged(run: Run, tags: TagStore) -> HealthWatch:
    """A watch that has seen a run and its event files."""
    watch = HealthWatch({})
    watch.look(replace(now(run), tags=tags))
    return watch


def alerts(run: Run, tags: TagStore) -> list[Any]:
    """Alerts of the rule."""
    return [alert for alert in judged(run, tags).alerts if alert.rule == NAME]


@pytest.mark.parametrize("step_of", [by_number, by_batches])
def test_event_files_that_agree_raise_nothing(step_of: Steps) -> None:
    """Whatever their steps count, and though their mean is a sum in float32."""
    losses = float32(healthy(60, batches=997))
    assert alerts(run_of(losses), events(losses, step_of)) == []


@pytest.mark.parametrize("step_of", [by_number, by_batches])
def test_a_figure_that_is_off_is_told_with_tag_and_step(step_of: Steps) -> None:
    """Its value in both, the timestep and its file; closed after three that agree."""
    losses = float32(healthy(60))
    tags = events(losses, step_of, at_40={"mean": 0.5, "max": figures(losses[40])["max"] * 1.001})
    (alert,) = alerts(run_of(losses), tags)
    evidence = alert.evidence
    assert (evidence.tag, evidence.step) == ("Loss/mean_per_timestep", step_of(40, losses))
    assert evidence.values == (0.5, pytest.approx(losses[40].mean()))
    assert evidence.timestamp == "1979-01-01 10:00:00"
    assert evidence.file == "/data/log_1979-01-01 10:00:00.txt"
    assert "Loss/mean_per_timestep is 0.5 in the event files" in alert.message
    assert alert.level == "warning"
    assert alert.closed_s == alert.opened_s + 3 * INTERVAL_S


@pytest.mark.parametrize("name", ["min", "max"])
def test_an_extreme_beyond_its_rounding_is_told(name: str) -> None:
    """A thousandth is; the last bit of a float32 is not."""
    losses = float32(healthy(60))
    value = figures(losses[30])[name]
    nearly = float(np.nextafter(np.float32(value), np.float32(9)))
    assert alerts(run_of(losses), events(losses, at_30={name: nearly})) == []
    (alert,) = alerts(run_of(losses), events(losses, at_30={name: value * 1.001}))
    assert alert.evidence.tag == f"Loss/{name}_per_timestep"


def test_a_loss_that_the_log_lacks_is_told() -> None:
    """Its event file has the mean of all."""
    losses = float32(healthy(60))
    lost = [*losses[:20], losses[20][:-1], *losses[21:]]
    (alert,) = alerts(run_of(lost), events(losses))
    assert alert.evidence.timestamp == "1979-01-01 05:00:00"


def test_points_that_come_late_are_judged_and_one_incident_is_told_once() -> None:
    """Event files are flushed after the log is closed."""
    losses = float32(healthy(60))
    watch, changes = HealthWatch({}), []
    run, wrong = Run.empty("run", "run"), {"at_50": {"mean": 9.0}, "at_51": {"mean": 8.0}}
    for index, values in enumerate(losses):
        run = run.put([timestep(index, values)])
        for stop in (index, index + 1):
            told = watch.look(replace(now(run), tags=events(losses[:stop], **wrong)))
            changes += [(one.what, one.alert.rule) for one in told]
    assert [change for change in changes if change[1] == NAME] == [
        ("opened", NAME),
        ("closed", NAME),
    ]


def test_a_timestep_that_is_written_again_is_judged_again() -> None:
    """Its points are as before; now they disagree."""
    losses = float32(healthy(60))
    tags, run = events(losses), run_of(losses)
    watch = judged(run, tags)
    assert [alert for alert in watch.alerts if alert.rule == NAME] == []
    watch.look(replace(now(run.put([timestep(40, losses[40] * 2)])), tags=tags))
    (alert,) = [alert for alert in watch.alerts if alert.rule == NAME]
    assert alert.evidence.timestamp == "1979-01-01 10:00:00"


@pytest.mark.parametrize("events_are_read_first", [True, False])
def test_an_attempt_of_which_one_half_is_read_raises_nothing(events_are_read_first: bool) -> None:
    """A restart writes timesteps again: for a moment the other half is that of the one before."""
    losses = float32(healthy(60))
    run, tags = run_of(losses), events(losses)
    later_s = BEGAN_S + INTERVAL_S * 64
    new_run = run.put([timestep(55, losses[55] * 2, wall_time=later_s)])
    points = {
        f"Loss/{name}_per_timestep": ([56], [float(np.float32(value))])
        for name, value in figures(losses[55] * 2).items()
    }
    new_tags = tags.put_points("experiment", "events", points, later_s + 2)
    halves = (run, new_tags) if events_are_read_first else (new_run, tags)
    assert alerts(*halves) == []
    assert alerts(new_run, new_tags) == []


@pytest.mark.parametrize("written_again", [range(49, 57), range(49, 64)])
def test_points_of_a_new_attempt_are_not_held_against_losses_that_are_not_read_yet(
    written_again: range,
) -> None:
    """Many timesteps may be written again between two looks; what is before them counts."""
    losses = float32(healthy(60))
    run, tags = run_of(losses), events(losses[:49], at_40={"mean": 9.0})
    later_s = BEGAN_S + INTERVAL_S * 64
    for index in written_again:
        again = {
            f"Loss/{name}_per_timestep": ([index + 1], [float(np.float32(value))])
            for name, value in figures(losses[index % 60] * 2).items()
        }
        tags = tags.put_points("experiment", "events", again, later_s + index)
    (alert,) = alerts(run, tags)
    assert alert.evidence.step == 41


def test_runs_whose_older_files_were_purged_still_have_their_steps() -> None:
    """The steps of the newest timesteps go on to be counted from the first of all."""
    losses = float32(healthy(90))
    steps = [timestep(index, losses[index]) for index in range(30, 90)]
    run = Run.empty("run", "run").put(steps)
    assert alerts(run, events(losses)) == []
    (alert,) = alerts(run, events(losses, at_70={"mean": 9.0}))
    assert alert.evidence.step == 71


def test_event_files_of_another_training_say_nothing() -> None:
    """Where nothing agrees, nothing is known of which timestep a step is."""
    losses = float32(healthy(60))
    assert alerts(run_of(losses), events(float32(healthy(60, seed=7)))) == []


def test_what_cannot_be_compared_is_left_alone() -> None:
    """NaN, timesteps that still grow, files with nothing but their mean, and ranks."""
    losses = float32(healthy(60))
    losses[20][3] = np.nan
    tags = events(losses, at_59={"mean": 9.0})
    growing = run_of(losses).put([timestep(59, losses[59], complete=False)])
    assert alerts(growing, tags) == []
    means = [np.array([float(np.float32(values.mean()))]) for values in float32(healthy(60))]
    assert alerts(run_of(means), events(float32(healthy(60)))) == []
    wrong = events(losses, at_30={"mean": 9.0})
    assert alerts(run_of(losses, unit="rank"), wrong) == []
    assert len(alerts(run_of(losses), wrong)) == 1
