"""The demo writes what the real plugin writes, and goes wrong as it is told to."""

from __future__ import annotations

import signal
import time

import numpy as np

from waiting import DEADLINE_S, wait_for

TIMESTEPS = 40
BATCHES = 24


def test_the_loss_falls(train, read):
    """Visibly within twenty timesteps, ten seconds at usual speed, and on from there."""
    run = read(train(TIMESTEPS, "--inject", "none")).run
    means = run.table.mean
    assert len(means) == TIMESTEPS
    assert means[15:20].mean() < 0.7 * means[:3].mean()
    assert means[-5:].mean() < 0.7 * means[15:20].mean()
    assert np.isfinite(run.values()).all()


def test_each_timestep_is_a_log_and_a_summary_that_agree(train, read):
    """Batches one a line, the summary's figures to six decimals, steps counted through."""
    run = read(train(TIMESTEPS, "--inject", "none")).run
    for index in range(run.n_timesteps):
        timestep = run.timestep(index)
        summary = dict(timestep.summary)
        values = timestep.values
        assert len(values) == BATCHES
        assert summary["Timestep"] == timestep.label
        assert summary["Number of Batches"] == BATCHES
        assert summary["Global Step"] == (index + 1) * BATCHES
        found = [summary[f"{name} Loss"] for name in ("Mean", "Std", "Min", "Max")]
        expected = [values.mean(), values.std(), values.min(), values.max()]
        np.testing.assert_allclose(found, expected, atol=5.1e-7)


def test_losses_are_printed_as_the_doubles_of_their_float32(train):
    """`str(float)` of a float32: every line comes back as one to the last bit."""
    directory = train(TIMESTEPS, "--inject", "none")
    (log, *_) = sorted(directory.glob("log_*.txt"))
    lines = log.read_text().splitlines()
    assert log.name == "log_1979-01-01 00:15:00.txt"
    assert all(float(np.float32(line)) == float(line) for line in lines)
    assert all(str(float(line)) == line for line in lines)


def test_event_files_hold_the_tags_of_the_plugin(train, read):
    """Scalars by batch and by timestep, histograms of weights and gradients."""
    directory = train(TIMESTEPS, "--inject", "none")
    snapshot = read(directory)
    (tb_run,) = snapshot.tags.runs()
    assert tb_run == "experiment_1979-01-01 00:00:00"
    by_timestep = {f"Loss/{name}_per_timestep" for name in ("mean", "std", "min", "max")}
    assert set(snapshot.tags.scalars(tb_run)) == {
        "Loss/batch",
        "Timestep/current",
        "Learning_rate",
        *by_timestep,
    }
    kinds = {tag.partition("/")[0] for tag in snapshot.tags.histogram_tags(tb_run)}
    assert kinds == {"Parameters", "Gradients"}
    batches = snapshot.tags.series(tb_run, "Loss/batch")
    np.testing.assert_array_equal(batches.values, snapshot.run.values())
    np.testing.assert_array_equal(batches.steps, np.arange(TIMESTEPS * BATCHES))


def test_the_same_seed_gives_the_same_losses(train, read):
    """A show can be repeated, also in the other format."""
    files = read(train(10, "--inject", "none")).run
    longer = read(train(TIMESTEPS, "--inject", "none")).run
    np.testing.assert_array_equal(files.values(), longer.values(0, files.n_values))
    log = read(train(10, "--inject", "none", "--format", "job-log")).run
    ranks = files.values().reshape(10, 4, -1).mean(axis=2)
    np.testing.assert_allclose(log.values().reshape(10, 4), ranks, atol=5.1e-7)


def test_an_injected_nan_is_some_batches_of_one_timestep(train, read):
    """It is in log and summary, and one incident."""
    snapshot = read(train(24, "--inject", "nan"))
    assert list(np.flatnonzero(snapshot.run.table.nan)) == [19]
    assert np.isnan(dict(snapshot.run.timestep(19).summary)["Mean Loss"])
    assert [e.kind for e in snapshot.activity if e.incident] == ["non_finite"]


def test_an_injected_spike_stands_out_and_heals(train, read):
    """One timestep far above its neighbours."""
    means = read(train(24, "--inject", "spike")).run.table.mean
    assert int(np.argmax(means[10:])) + 10 == 19
    assert means[19] > 1.5 * means[18]
    assert means[23] < 1.2 * means[18]


def test_an_injected_restart_is_a_second_attempt(train, read):
    """Timesteps are made again in their places; another event file goes on."""
    directory = train(30, "--inject", "restart")
    snapshot = read(directory)
    assert snapshot.run.n_timesteps == 19
    assert len(list(directory.glob("runs/*/*tfevents*"))) == 2
    series = snapshot.tags.series(snapshot.tags.runs()[0], "Loss/batch")
    assert series.dropped == 12 * BATCHES
    np.testing.assert_array_equal(series.steps, np.arange(len(series.steps)))


def test_a_restarted_job_writes_another_log(train, read):
    """The first log ends at its time limit; the next one has a higher number."""
    directory = train(30, "--inject", "restart", "--format", "job-log")
    run = read(directory).run
    assert run.unit == "rank"
    assert [attempt.label for attempt in run.attempts] == ["job 1000", "job 1001"]
    assert run.attempts[0].outcome == "timed_out"
    assert [key[0] for key in run.keys] == list(range(1, run.n_timesteps + 1))
    assert run.timestep(0).label == "1979-01-01 00:15:00"


def test_a_stall_stands_still_and_ends_when_told(begin, tmp_path):
    """Nothing is written for a while; SIGTERM is a clean end also then."""
    process = begin(tmp_path, 40, "--inject", "stall")
    wait_for(lambda: len(list(tmp_path.glob("summary_*"))) >= 19, "it stands still")
    time.sleep(0.5)
    assert len(list(tmp_path.glob("log_*"))) == 19
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_S) == 0
    assert process.stderr.read() == ""
    process.stderr.close()
