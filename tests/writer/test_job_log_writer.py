"""Job logs: the lines of ICON, its plugin and Slurm, byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from loss_monitor.writer import JobLogWriter


def test_the_lines_are_those_of_a_real_log(tmp_path: Path) -> None:
    """Twelve tasks, so that labels are two wide."""
    path = tmp_path / "logs" / "LOG.exp.x.run.1234.o"
    log = JobLogWriter(path, tasks=12)
    log.time_step(15, "1979-01-01 03:45:00", forecast_s=13500)
    log.timestep_length(900)
    log.step(15, 0.0412, grad_norm=0.8123, skipped=False)
    log.waiting(15, 4, rank=3)
    log.step(19, float("nan"), rank=11, grad_norm=0.0, skipped=True)
    log.close()
    assert path.read_text().splitlines() == [
        " 0:  Time step:       15, model time: 1979-01-01 03:45:00.000 forecast time 0d 03:45:00",
        " 0:  INFO(messe): [rank=0] timestep length: 900 seconds",
        " 0:  INFO(messe): [rank=0] step=15 loss=0.041200 grad_norm=0.8123 skipped=False",
        " 3:  INFO(messe): [rank=3] step=15 waiting horizon=4 (due=19)",
        "11:  INFO(messe): [rank=11] step=19 loss=nan grad_norm=0.0000 skipped=True",
    ]
    assert log.failures == []


def test_the_other_spelling_has_no_comma_and_no_colon(tmp_path: Path) -> None:
    """Another version of ICON; the year is not padded; no labels without `srun -l`."""
    log = JobLogWriter(tmp_path / "log", label_tasks=False, colon=False)
    log.time_step(15, "0001-01-01T03:45:00")
    log.close()
    assert (
        tmp_path / "log"
    ).read_text() == " Time step:       15 model time 1-01-01 03:45:00.000\n"


def test_messages_are_those_that_the_plugins_print(tmp_path: Path) -> None:
    """Dry run, checkpoints, rollbacks, restart and both ends."""
    log = JobLogWriter(tmp_path / "log", plugin="p")
    log.dry_run_step(1, 3)
    log.dry_run_complete()
    log.checkpoint_saved(40)
    log.nan_detected()
    log.rolled_back(40)
    log.rolled_back(None)
    log.restored("net_1979.pth", 40)
    log.finished()
    log.cancelled(1234, "2026-11-01T10:00:00", time_limit=True)
    log.close()
    start = "0:  INFO(p): [rank=0] "
    assert (tmp_path / "log").read_text().splitlines() == [
        start + "Dry run step 1/3",
        start + "Dry run complete",
        start + "Checkpoint saved at step=40",
        start + "NaN detected — rolling back to last checkpoint",
        start + "Rolled back to checkpoint at step=40",
        start + "No checkpoint to roll back to",
        start + "Restored net_1979.pth, resuming from step=40",
        start + "PyTorch distributed destroyed",
        "slurmstepd: error: *** JOB 1234 CANCELLED AT 2026-11-01T10:00:00 DUE TO TIME LIMIT ***",
    ]


def test_a_log_is_appended_to_line_by_line(tmp_path: Path) -> None:
    """Each line is in the file at once; an older log is kept."""
    path = tmp_path / "log"
    path.write_text("before\n")
    log = JobLogWriter(path)
    log.line("now")
    assert path.read_text() == "before\n0: now\n"
    log.close()


def test_no_failure_reaches_the_model(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A directory in place of the log, a loss that is none, a time that is none."""
    log = JobLogWriter(tmp_path)
    log.step(1, 0.5)
    log.step(1, "no number")  # type: ignore[arg-type]
    log.time_step(1, "yesterday")
    log.close()
    assert len(log.failures) == 4
    assert len(caplog.records) == 1
