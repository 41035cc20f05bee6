"""The commands `check` and `alert-test`: a verdict and a call, over real files and processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest

from judged_runs import healthy
from loss_monitor.cli.__main__ import main
from loss_monitor.writer import EventWriter
from waiting import DEADLINE_S, wait_for


def write(folder, index, values):
    """Write a timestep as the plugin does."""
    hours, quarter = divmod(index, 4)
    path = folder / f"log_1979-01-{1 + hours // 24:02} {hours % 24:02}:{quarter * 15:02}:00.txt"
    path.write_text("".join(f"{value}\n" for value in values))
    moment = time.time() - 3600 + 4 * index
    os.utime(path, (moment, moment))
    return path


@pytest.fixture
def data(tmp_path):
    """A directory with a healthy run that ended a moment ago."""
    folder = tmp_path / "data"
    folder.mkdir()
    for index, values in enumerate(healthy(60)):
        write(folder, index, values)
    return folder


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch, tmp_path):
    (tmp_path / "empty.py").write_text("")
    monkeypatch.setenv("LOSS_MONITOR_CONFIG", str(tmp_path / "empty.py"))


def check(*words):
    """Return exit code of a check that does not mind silence."""
    return main(["check", *map(str, words), "--fail-on", "non-finite,diverged"])


def test_a_healthy_run_gives_0(data, capsys):
    """In plain words, with what was read."""
    assert check(data) == 0
    told = capsys.readouterr().out
    assert "2,400 losses in 60 timesteps" in told
    assert "Verdict: healthy" in told


def test_event_files_are_read_where_they_are_asked_for(data, capsys):
    """A mean that is not that of the log, by tag and step."""
    with closing(EventWriter(str(data / "runs" / "experiment"))) as events:
        written = [path.stat().st_mtime for path in sorted(data.glob("log_*"))]
        for index, values in enumerate(healthy(60)):
            mean = 9.0 if index == 58 else values.mean()
            events.scalar("Loss/mean_per_timestep", float(mean), index + 1, written[index])
    assert check(data) == 0
    capsys.readouterr()
    assert main(["check", str(data), "--fail-on", "mismatch-events", "--json"]) == 5
    verdict = json.loads(capsys.readouterr().out)
    (alert,) = [one for one in verdict["alerts"] if one["id"] in verdict["bad"]]
    assert (alert["evidence"]["tag"], alert["evidence"]["step"]) == ("Loss/mean_per_timestep", 59)


def test_a_directory_that_is_missing_is_told_from_an_empty_one(tmp_path, capsys):
    """A slip of the pen and a job that has not begun look alike to nobody."""
    assert check(tmp_path / "typo") == 6
    assert capsys.readouterr().out.strip() == f"{tmp_path / 'typo'} does not exist"
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty") == 6
    assert "No losses in" in capsys.readouterr().out


def test_a_nan_at_the_end_gives_5_with_file_and_line(data, capsys):
    """The evidence leads to the line."""
    path = write(data, 60, [0.1, float("nan"), 0.1])
    assert check(data) == 5
    told = capsys.readouterr().out
    assert "Verdict: not healthy" in told
    assert f"1 of 3 losses is NaN ({path}, line 2)" in told


def test_a_nan_that_is_over_counts_only_with_ever(data):
    """A rollback healed the run; whether that is good enough is for the script to say."""
    values = healthy(60)[30]
    values[4] = float("nan")
    write(data, 30, values)
    assert check(data) == 0
    assert check(data, "--ever") == 5


def test_no_losses_give_6(tmp_path, capsys):
    """An empty or missing directory is no healthy run."""
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty") == 6
    assert check(tmp_path / "missing") == 6
    assert "No losses in" in capsys.readouterr().out


def test_a_job_log_without_losses_is_named_itself(tmp_path, capsys):
    """Not the directory that it lies in, which may hold the losses of others."""
    log = tmp_path / "LOG.exp.test.run.1.o"
    log.write_text("nothing of ours\n")
    assert check(log) == 6
    assert f"No losses in {log}" in capsys.readouterr().out


def test_what_cannot_be_read_is_told_beside_the_verdict(data, capsys):
    """Healthy is what was read; a pipe in the place of a file, or a word, was not."""
    os.mkfifo(data / "log_1979-01-02 00:00:00.txt")
    for number in range(7):
        write(data, 70 + number, ["0.25", "word"])
    check(data)
    told = [line for line in capsys.readouterr().out.splitlines() if "not judged" in line]
    assert len(told) == 6
    assert any("is a pipe (FIFO)" in line for line in told)
    assert any("not a number" in line for line in told)
    assert told[-1] == "  not judged: 3 more"


def test_several_runs_get_no_verdict_of_one(tmp_path, capsys):
    """A pattern of two experiments is not healthy because the one that wrote last is."""
    for name, loss in (("a", "nan"), ("b", "0.5")):
        log = tmp_path / f"LOG.exp.{name}.run.1.o"
        log.write_text(f"[rank=0] step=1 loss={loss}\n")
    assert check(tmp_path / "LOG.exp.*.o") == 2
    assert "means 2 runs; check each by itself" in capsys.readouterr().err
    assert check(tmp_path / "LOG.exp.a*.o") == 5


def test_a_directory_is_not_named_twice(data, tmp_path, capsys):
    """The one given as an option would not be read."""
    assert check(data, "--data-dir", tmp_path) == 2
    assert "name the same thing" in capsys.readouterr().err


def test_a_start_that_is_not_there_is_refused_at_once(data, tmp_path, capsys):
    """Else another training would be judged, kept or written in its place."""
    folder = data / "runs" / "experiment_1979-01-01 00:00:00"
    folder.mkdir(parents=True)
    (folder / "events.out.tfevents.1700000000.node.1.0").touch()
    asked = ("--run-start", "1990-01-01 00:00:00")
    out = ("-o", str(tmp_path / "out.csv"))
    for words in (["check"], ["keep"], ["export", *out], ["report", *out]):
        assert main([*words, str(data), *asked]) == 2
        told = capsys.readouterr().err
        assert "starts at 1990-01-01 00:00:00; there are: 1979-01-01 00:00:00" in told


def test_scripts_get_json(data, capsys):
    """All alerts, which of them were bad, and no NaN."""
    write(data, 60, [0.1, float("nan"), 0.1])
    assert check(data, "--json") == 5
    verdict = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert verdict["exit_code"] == 5
    (alert,) = [one for one in verdict["alerts"] if one["id"] in verdict["bad"]]
    assert alert["rule"] == "non-finite"
    assert alert["evidence"]["values"] == [None]


def test_an_unknown_rule_is_refused_with_the_known_ones(data, capsys):
    """A misspelt rule would never fail."""
    assert main(["check", str(data), "--fail-on", "nan"]) == 2
    assert "allowed are boundary-jump, clock-skew" in capsys.readouterr().err


def start_watching(data, tmp_path, until=None):
    """A check that goes on beside the job, and the file that it prints to."""
    words = [sys.executable, "-m", "loss_monitor", "check", str(data), "--watch"]
    words += ["--fail-on", "non-finite"]
    out = tmp_path / "told.txt"
    with out.open("wb") as stream:
        watching = subprocess.Popen(words, stdout=stream, stderr=stream)
    until = until or (lambda pid: _catches(pid, signal.SIGTERM))
    wait_for(lambda: until(watching.pid), "it has begun")
    assert watching.poll() is None
    return watching, out


def _catches(pid, number):
    """Whether a process has a handler of its own for a signal."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        caught = next(line.split()[1] for line in status if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (number - 1) & 1)


def _loads_numpy(pid):
    """Whether a process has come to load the library without which nothing is read."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        return "numpy" in maps.read()


def test_beside_a_job_it_ends_with_the_first_nan(data, tmp_path):
    """Within moments, so that the job is ended before it wastes the night."""
    watching, out = start_watching(data, tmp_path)
    write(data, 61, [0.1, float("nan")])
    assert watching.wait(DEADLINE_S) == 5
    assert "1 of 2 losses is NaN" in out.read_text()


def test_beside_a_job_it_ends_healthy_with_the_job(data, tmp_path):
    """A job script sends SIGTERM when its training is done."""
    watching, out = start_watching(data, tmp_path)
    watching.send_signal(signal.SIGTERM)
    assert watching.wait(DEADLINE_S) == 0
    assert "Verdict: healthy" in out.read_text()


def test_a_job_that_ends_before_all_was_read_gets_its_verdict_too(data, tmp_path):
    """What there is is read to its end; here the program is still being loaded."""
    watching, out = start_watching(data, tmp_path, until=_loads_numpy)
    watching.send_signal(signal.SIGTERM)
    assert watching.wait(DEADLINE_S) == 0
    assert "Verdict: healthy" in out.read_text()


def test_a_test_call_shows_what_the_command_gets_and_says(capsys):
    """JSON on standard input; its output and exit code come back."""
    command = f"{sys.executable} -c 'import json,sys; print(json.load(sys.stdin)[\"rule\"])'"
    assert main(["alert-test", "--on-alert", command]) == 0
    told = capsys.readouterr().out
    assert '"event": "opened"' in told
    assert "ended with exit code 0 test" in told


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("/nowhere/command", 1, "cannot be started: No such file"),
        ("false", 1, "ended with exit code 1"),
        ("echo 'unclosed", 2, "cannot be split into words"),
    ],
)
def test_a_command_that_fails_is_told(capsys, command, code, words):
    """With its name and what happened."""
    assert main(["alert-test", "--on-alert", command]) == code
    told = capsys.readouterr()
    assert words in told.out + told.err


def test_without_a_command_the_remedy_is_told(capsys):
    """Which option, which setting."""
    assert main(["alert-test"]) == 2
    assert "give --on-alert, or ON_ALERT" in capsys.readouterr().err
