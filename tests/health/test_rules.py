"""Each rule finds its planted fault, says where, and leaves healthy runs alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judged_runs import BEGAN_S, INTERVAL_S, healthy, now, run_of, timestep
from loss_monitor.health.rule import Judged
from loss_monitor.health.table import RULES, SERIES_RULES
from loss_monitor.series.run import Run
from loss_monitor.types import Mark

Follow = Callable[..., Any]


def test_a_healthy_run_raises_nothing(follow: Follow) -> None:
    """The falling loss of every training, its noise included."""
    assert follow(healthy(300)).names() == []


def test_a_nan_is_told_with_its_place_and_closed_after_a_while(follow: Follow) -> None:
    """File and line lead to it; three clean timesteps later it is over."""
    losses = healthy(60)
    losses[40][[7, 9]] = np.nan
    followed = follow(losses)
    (alert,) = followed.of("non-finite")
    assert alert.message == "2 of 40 losses are NaN"
    assert (alert.evidence.batch, alert.evidence.line) == (7, 8)
    assert alert.evidence.timestamp == "1979-01-01 10:00:00"
    assert alert.evidence.file == "/data/log_1979-01-01 10:00:00.txt"
    assert alert.closed_s == alert.opened_s + 3 * INTERVAL_S
    assert followed.changes == [("opened", "non-finite"), ("closed", "non-finite")]


def test_a_run_of_nans_is_one_incident(follow: Follow) -> None:
    """Opened once, however long it lasts, and an error while no loss is a number."""
    losses = healthy(40) + [np.full(40, np.nan) for _ in range(60)]
    followed = follow(losses)
    (alert,) = followed.of("non-finite")
    assert alert.closed_s is None
    assert alert.level == "error"
    assert followed.changes == [("opened", "non-finite")]


@pytest.mark.parametrize("level", [1e-8, 0.05, 300.0])
def test_one_batch_far_above_the_others_is_a_spike(follow: Follow, level: float) -> None:
    """At any magnitude; its batch and what is usual are told."""
    losses = [level * values for values in healthy(100)]
    losses[80][11] *= 200
    (alert,) = follow(losses).of("spike")
    assert alert.evidence.batch == 11
    assert alert.evidence.values[0] == losses[80][11]
    assert alert.evidence.timestamp == "1979-01-01 20:00:00"
    assert "times the usual greatest" in alert.message


def test_a_loss_that_rises_for_good_has_diverged(follow: Follow) -> None:
    """A tenfold level is told; while it lasts it is one incident."""
    losses = healthy(150)
    for index in range(100, 150):
        losses[index] *= 1.3 ** (index - 100)
    (alert,) = follow(losses).of("diverged")
    assert alert.closed_s is None
    assert alert.level == "error"
    assert "times its best level" in alert.message


def test_a_loss_that_comes_back_is_over(follow: Follow) -> None:
    """The alert closes once the level is near its best again."""
    losses = healthy(200)
    for index in range(100, 120):
        losses[index] *= 40
    (alert,) = follow(losses).of("diverged")
    assert alert.closed_s is not None


def test_a_jump_at_a_timesteps_beginning_is_told_with_both_losses(follow: Follow) -> None:
    """Data changed, not the training."""
    losses = healthy(100, noise=0.2)
    losses[70][0] = losses[69][-1] * 60
    (alert,) = follow(losses).of("boundary-jump")
    assert alert.evidence.values == (losses[70][0], losses[69][-1])
    assert alert.evidence.batch == 0


def test_a_restart_is_no_boundary_jump(follow: Follow) -> None:
    """The first loss of another attempt has nothing to do with the last of the one before."""
    losses = healthy(100, noise=0.2)
    losses[70][0] = losses[69][-1] * 60
    followed = follow()
    for index, values in enumerate(losses):
        followed.put([timestep(index, values, attempt=int(index >= 70))])
    assert followed.of("boundary-jump") == []


def test_timesteps_that_take_longer_are_told(follow: Follow) -> None:
    """By the median of the newest: one pause for a checkpoint is none."""
    losses = healthy(200)
    followed = follow()
    wall = BEGAN_S
    for index, values in enumerate(losses):
        wall += 40.0 if index >= 150 else 60.0 if index == 100 else INTERVAL_S
        followed.put([timestep(index, values, wall_time=wall)])
    (alert,) = followed.of("slow")
    assert alert.message == "a timestep takes 40 s, usually 4 s"


def test_a_summary_that_disagrees_is_told_by_name(follow: Follow) -> None:
    """The plugin and the monitor saw different losses."""
    followed = follow(healthy(10))
    values = healthy(11)[10]
    pairs = (("Number of Batches", 40), ("Mean Loss", round(float(values.mean()) + 0.5, 6)))
    followed.put([timestep(10, values, summary=pairs)])
    (alert,) = followed.of("mismatch")
    assert alert.message == "the summary disagrees with the losses: Mean Loss"


def test_no_incident_ends_before_it_began(follow: Follow) -> None:
    """A restart writes a timestep again; those behind it are still the older ones."""
    losses = healthy(60)
    followed = follow(losses)
    later_s = BEGAN_S + INTERVAL_S * 100
    bad = np.concatenate([losses[50][:-1], [np.nan]])
    followed.put([timestep(50, bad, wall_time=later_s)])
    (alert,) = followed.of("non-finite")
    assert (alert.opened_s, alert.closed_s) == (later_s, later_s)


def test_losses_near_the_largest_number_there_is_are_judged(follow: Follow) -> None:
    """They stand still, whatever their sums and products are."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        followed = follow([np.array([1.7e308, 1.6e308])] * 60)
    assert followed.names() == []


def test_a_loss_that_stands_still_is_information(follow: Follow) -> None:
    """No alarm: it may be as good as it gets."""
    rng = np.random.default_rng(3)
    followed = follow([0.1 * rng.lognormal(0, 0.02, 40) for _ in range(400)])
    (alert,) = followed.of("plateau")
    assert alert.level == "info"
    assert followed.names() == []


def test_a_rollback_tells_how_many_steps_were_lost(follow: Follow) -> None:
    """From the last checkpoint to the NaN; over once the training has gone on."""
    followed = follow(healthy(5))
    steps = [_step(step) for step in range(100, 160)]
    run = Run.empty("log", "log").put(steps[:40])
    marks = (
        Mark("checkpoint", (120,), BEGAN_S, "Checkpoint saved at step=120", "LOG", 10),
        Mark("rollback", (137,), BEGAN_S + 37, "Rolled back", "LOG", 99, from_key=(120,)),
    )
    followed.run = run.with_marks(marks)
    followed.look()
    (alert,) = followed.of("rollback")
    assert alert.message == "went back to the checkpoint of step 120: 17 steps of training lost"
    assert (alert.evidence.file, alert.evidence.line) == ("LOG", 99)
    assert alert.closed_s is None
    followed.run = run.put(steps[40:]).with_marks(marks)
    followed.look()
    assert followed.of("rollback")[0].closed_s == BEGAN_S + 157


def test_a_rollback_that_is_placed_anew_is_the_same_incident(follow: Follow) -> None:
    """A later job did its steps again: it stands where that training was left."""
    followed = follow(healthy(5))
    run = Run.empty("log", "log").put(_step(step) for step in range(100, 140))
    mark = Mark("rollback", (137,), BEGAN_S, "Rolled back", "LOG", 99, from_key=(120,))
    for key in ((137,), (130,)):
        followed.run = run.with_marks([replace(mark, key=key)])
        followed.look()
    assert len(followed.of("rollback")) == 1


def test_a_rollback_that_is_placed_anew_has_lost_what_it_lost(follow: Follow) -> None:
    """Of a job whose steps were done again from before its checkpoint, not less than nothing."""
    followed = follow(healthy(5))
    run = Run.empty("log", "log").put(_step(step) for step in range(80, 100))
    said = "Rolled back to checkpoint at step=120: 17 steps of training lost"
    mark = Mark("rollback", (99,), BEGAN_S, said, "LOG", 99, from_key=(120,))
    followed.run = run.with_marks([mark])
    followed.look()
    (alert,) = followed.of("rollback")
    assert alert.message == "went back to the checkpoint of step 120: 17 steps of training lost"


def _step(step: int) -> Any:
    made = timestep(0, [0.1, 0.2], wall_time=BEGAN_S + step, unit="rank")
    return made._replace(key=(step,), label=f"step {step}", model_fields=())


def test_corrupted_weights_last_until_a_rollback(follow: Follow) -> None:
    """The trainer's own words, with the line that said them."""
    followed = follow(healthy(5))
    complaint = Mark("non_finite", (7,), BEGAN_S, "[trainer] NaN/Inf in weights", "LOG", 5)
    followed.marked([complaint])
    (alert,) = followed.of("weights-corrupted")
    assert alert.level == "error"
    assert alert.closed_s is None
    followed.marked([complaint, Mark("rollback", (8,), BEGAN_S + 9, "Rolled back", "LOG", 9)])
    assert followed.of("weights-corrupted")[0].closed_s == BEGAN_S + 9


def test_silence_is_told_after_ten_intervals_and_over_with_the_next_loss(follow: Follow) -> None:
    """Once, however often it is looked at; the age in the message grows by the minute."""
    followed = follow(healthy(50))
    end = now(followed.run).now_s
    for age in range(0, 900, 5):
        followed.look(now_s=end + age)
    (alert,) = followed.of("stalled")
    assert alert.message == "no new data for 14 min; usually every 4 s"
    assert followed.changes == [("opened", "stalled")]
    followed.put([timestep(50, [0.1], wall_time=end + 900)], now_s=end + 901)
    assert followed.changes[-1] == ("closed", "stalled")


def test_a_job_that_has_ended_is_not_stalled(follow: Follow) -> None:
    """The log told the end; nobody waits for more."""
    followed = follow(healthy(50))
    end = now(followed.run).now_s
    followed.look(now_s=end + 5000, expects_data=False)
    followed.look(now_s=end + 500_000)
    assert followed.of("stalled") == []


def test_files_from_the_future_are_told(follow: Follow) -> None:
    """With hysteresis: a clock that is nearly right again does not flicker."""
    followed = follow(healthy(5))
    end = now(followed.run).now_s
    for ahead in (30, 120, 50, 40, 20):
        followed.look(newest_written_s=end + ahead, now_s=end)
    assert followed.changes == [("opened", "clock-skew"), ("closed", "clock-skew")]


def test_files_that_are_about_to_be_purged_are_told_on_scratch_only(follow: Follow) -> None:
    """Days before it happens, with the number of files."""
    followed = follow(healthy(20))
    end = now(followed.run).now_s
    later = end + 12.5 * 86_400
    followed.look(now_s=later, directory="/work/project", expects_data=False)
    assert followed.of("purge") == []
    followed.look(now_s=later, directory="/scratch/m/me/data", expects_data=False)
    (alert,) = followed.of("purge")
    assert alert.message == "20 files older than 12 days: deleted in 2 days"


def test_limits_are_settings(follow: Follow) -> None:
    """What is a spike is for the user to say."""
    losses = healthy(100)
    losses[80][11] *= 200
    assert follow(losses, limits={"spike": {"factor": 1e6}}).of("spike") == []


def test_a_rewrite_that_heals_closes_its_alert(follow: Follow) -> None:
    """A half-written file that was read too early raised nothing that stays."""
    losses = healthy(60)
    losses[40][7] = np.nan
    followed = follow(losses[:41])
    assert followed.of("non-finite")[0].closed_s is None
    followed.put([timestep(40, healthy(60)[40])])
    assert followed.of("non-finite")[0].closed_s is not None


def test_read_at_once_or_as_it_grew_the_incidents_are_the_same(follow: Follow) -> None:
    """A monitor that is started in the morning tells the night as one that was there."""
    losses = healthy(150)
    losses[40][7] = np.nan
    losses[80][11] *= 300
    for index in range(100, 150):
        losses[index] *= 1.3 ** (index - 100)
    grown, whole = follow(losses), follow(losses, one_by_one=False)

    def told(followed: Any) -> list[Any]:
        return sorted((a.rule, a.opened_s, a.closed_s, a.message) for a in followed.alerts)

    assert told(grown) == told(whole)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 59))
def test_a_rule_looks_back_only(seed: int, first: int) -> None:
    """Judged from any timestep on, it says what it says of the whole run."""
    rng = np.random.default_rng(seed)
    losses = [rng.lognormal(0, 1.5, 5) for _ in range(60)]
    for _ in range(5):
        losses[rng.integers(60)][rng.integers(5)] = rng.choice([np.nan, np.inf, 1e9, -1.0, 0.0])
    run = run_of(losses)
    for rule in SERIES_RULES:
        whole, part = rule.judge(run, 0, rule.limits), rule.judge(run, first, rule.limits)
        _same(rule.name, whole, part, first)
        head = rule.judge(run_of(losses[:first]), 0, rule.limits)
        assert np.array_equal(whole.bad[:first], head.bad), rule.name


def _same(name: str, whole: Judged, part: Judged, first: int) -> None:
    assert np.array_equal(whole.bad[first:], part.bad), name
    assert np.array_equal(whole.good[first:], part.good), name
    assert np.allclose(whole.score[first:], part.score, equal_nan=True, rtol=1e-6), name


def test_every_rule_has_a_name_of_its_own_and_a_sentence() -> None:
    """They stand in settings, interface and page."""
    assert len({rule.name for rule in RULES}) == len(RULES) == 13
    assert all(rule.summary[0].islower() for rule in RULES)
