"""What happened: marks, the lines of the log around them, and what attempts left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loss_monitor.clock import SystemClock
from loss_monitor.monitor import Monitor
from loss_monitor.settings import Settings
from loss_monitor.types import Mark
from loss_monitor.web.answers import RequestError, encode
from loss_monitor.web.dropped import dropped_columns
from loss_monitor.web.log_lines import AT_A_TIME, LogRoutes
from loss_monitor.web.mark_models import DroppedAnswer, LogAnswer, MarksAnswer
from loss_monitor.web.marks import MARKS_MAX, mark_rows
from loss_monitor.web.runs import Runs, Source
from loss_monitor.web.server import make_hub
from loss_monitor.writer import JobLogWriter

NAME = "LOG.exp.a.run.7.o"
Ask = Callable[..., Any]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[JobLogWriter]:
    """A job that went back to a checkpoint, with lines of control characters and without end."""
    log = JobLogWriter(tmp_path / "logs" / NAME, tasks=1)
    for step in range(1, 31):
        log.time_step(step, f"1979-01-01 00:{step:02d}:00")
        log.step(step, 1 / step)
    log.checkpoint_saved(25)
    log.line("\x1b[31m<b>red</b>\x1b[0m\tand \x07 bell")
    log.line("x" * 5000)
    log.nan_detected()
    log.rolled_back(25)
    for step in range(31, 61):
        log.step(step, 1 / step)
    yield log
    log.close()


@pytest.fixture
def followed(tmp_path: Path, log: JobLogWriter, direct: Any) -> Ask:
    """Asks an application over what was read of the job's log."""
    return follow(tmp_path, direct, str(tmp_path / "logs"))


def follow(tmp_path: Path, direct: Any, pattern: str) -> Ask:
    """Read job logs once; return what asks about them."""
    settings = Settings(data_dir=tmp_path, job_logs=(pattern,), watches_data_dir=False)
    snapshot = Monitor(settings, SystemClock(), lambda _snapshot: None).look()
    return direct(settings, snapshot)


def mark_of(followed: Ask, kind: str) -> dict[str, Any]:
    """Return the mark of a kind as the interface tells it."""
    answer = MarksAnswer.model_validate_json(followed("/api/marks").content, strict=True)
    return next(mark.model_dump(by_alias=True) for mark in answer.marks if mark.kind == kind)


def path_of(mark: dict[str, Any]) -> str:
    """Return the address of the lines around a mark."""
    return f"/api/log?file={mark['file']}&line={mark['line']}&offset={mark['offset']}"


def test_a_mark_leads_to_the_lines_around_it(followed: Ask) -> None:
    """Twenty before and twenty behind, the line itself where the number says."""
    mark = mark_of(followed, "rollback")
    answer = LogAnswer.model_validate_json(followed(path_of(mark)).content, strict=True)
    assert len(answer.lines) == 41
    assert answer.lines[answer.line - answer.first_line].endswith("checkpoint at step=25")
    assert (answer.first_line, answer.begins, answer.ends) == (mark["line"] - 20, False, False)


def test_marks_and_attempts_are_told_with_their_places(followed: Ask) -> None:
    """By index of the timestep; a rollback from its checkpoint on."""
    mark = mark_of(followed, "rollback")
    assert (mark["from"], mark["index"], mark["count"]) == (24, 29, 1)
    assert mark["message"].endswith("5 steps of training lost")
    (attempt,) = followed("/api/marks").json()["attempts"]
    assert (attempt["job"], attempt["label"], attempt["ended"]) == (7, "job 7", None)


def test_control_characters_are_escaped_and_colours_left_out(followed: Ask) -> None:
    """What the page shows is text, and nothing but text."""
    lines = followed(path_of(mark_of(followed, "rollback"))).json()["lines"]
    (line,) = [line for line in lines if "red" in line]
    assert "<b>red</b>" in line
    assert "\\x07 bell" in line
    assert line.isprintable()


def test_a_very_long_line_is_cut(followed: Ask) -> None:
    """The others are shown all the same."""
    lines = followed(path_of(mark_of(followed, "rollback"))).json()["lines"]
    (line,) = [line for line in lines if "xxx" in line]
    assert (len(line), line[-1]) == (1000, "…")


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "secret.txt", "LOG.exp.a.run.8.o", "", "%00"]
)
def test_no_other_file_can_be_named(followed: Ask, tmp_path: Path, name: str) -> None:
    """Only logs that are followed now; the answer says which these are."""
    (tmp_path / "secret.txt").write_text("nobody reads this\n")
    (tmp_path / "logs" / "secret.txt").write_text("nobody reads this\n")
    answer = followed(f"/api/log?file={name}&line=1&offset=0")
    assert answer.status_code == 404
    assert NAME in answer.json()["error"]
    assert "nobody reads" not in answer.text


@pytest.mark.parametrize(
    "query", ["", "file=a", f"file={NAME}&line=0&offset=0", f"file={NAME}&line=1&offset=-1"]
)
def test_what_is_no_place_is_refused(followed: Ask, query: str) -> None:
    """With 400, in words."""
    answer = followed(f"/api/log?{query}")
    assert (answer.status_code, "error" in answer.json()) == (400, True)


def test_a_log_that_is_gone_is_told(followed: Ask, log: JobLogWriter) -> None:
    """Between two looks the interface does not know it yet."""
    mark = mark_of(followed, "rollback")
    os.unlink(log.path)
    answer = followed(path_of(mark))
    assert answer.status_code == 404
    assert answer.json()["error"].endswith("is gone")


def test_a_log_that_was_rewritten_is_told(followed: Ask, log: JobLogWriter) -> None:
    """Whether a line begins at the place or not."""
    mark = mark_of(followed, "rollback")
    path = Path(log.path)
    text = path.read_bytes()
    path.write_bytes(b"x" * len(text))
    assert "rewritten" in followed(path_of(mark)).json()["error"]
    path.write_bytes(text[: mark["offset"]] + b"another line\n")
    assert "rewritten" in followed(path_of(mark)).json()["error"]


def test_a_link_that_leads_out_of_the_directory_is_not_followed(
    followed: Ask, log: JobLogWriter, tmp_path: Path
) -> None:
    """A followed log that became a link shows nothing of what is behind it."""
    mark = mark_of(followed, "rollback")
    other = tmp_path / "elsewhere.txt"
    other.write_bytes(Path(log.path).read_bytes())
    os.unlink(log.path)
    os.symlink(other, log.path)
    answer = followed(path_of(mark))
    assert (answer.status_code, "link" in answer.json()["error"]) == (404, True)


def routes_over(settings: Settings, snapshot: Any, *, is_kept: bool = False) -> LogRoutes:
    """Return the route over one source."""
    hub = make_hub(settings, SystemClock(), touch=lambda: None)
    hub.publish(snapshot)
    return LogRoutes(Runs([Source(hub, settings, is_kept=is_kept)]))


def test_only_so_many_read_at_a_time(settings: Settings, build: Any, tmp_path: Path) -> None:
    """A file server that does not answer must not hold all threads."""
    path = tmp_path / NAME
    path.write_text("one line\n")
    snapshot = build.snapshot(build.run([1.0]))
    source = replace(snapshot.source, job_logs=(str(path),))
    routes = routes_over(replace(settings, data_dir=tmp_path), replace(snapshot, source=source))

    async def ask(number: int) -> int:
        try:
            return (await routes.log(NAME, 0, 1)).status_code
        except RequestError as error:
            return error.status

    async def ask_all() -> list[int]:
        return list(await asyncio.gather(*map(ask, range(AT_A_TIME + 2))))

    assert asyncio.run(ask_all()) == [200] * AT_A_TIME + [503, 503]
    assert asyncio.run(ask(0)) == 200


def test_the_log_of_a_kept_run_is_not_read(settings: Settings, build: Any, tmp_path: Path) -> None:
    """It may be another run's by now; the answer says so."""
    path = tmp_path / NAME
    path.write_text("one line\n")
    snapshot = build.snapshot(build.run([1.0]))
    source = replace(snapshot.source, job_logs=(str(path),))
    routes = routes_over(settings, replace(snapshot, source=source), is_kept=True)
    with pytest.raises(RequestError, match="kept run"):
        asyncio.run(routes.log(NAME, 0, 1))


def test_near_marks_of_a_kind_are_one_for_the_page(build: Any) -> None:
    """The newest of the most severe speaks for all; rollbacks outlive checkpoints."""
    run = build.run(*[[1.0]] * 2000)
    marks = [Mark("checkpoint", key, 1e9, f"saved {n}") for n, key in enumerate(run.keys)]
    marks += [Mark("rollback", run.keys[900], 1e9, "back", level="warning", from_key=run.keys[880])]
    rows = mark_rows(run.with_marks(marks))
    assert len(rows) == MARKS_MAX
    assert sum(row["count"] for row in rows if row["kind"] == "checkpoint") > 1000
    assert [row["from"] for row in rows if row["kind"] == "rollback"] == [880]
    assert rows[-1]["message"] == "saved 1999"


def test_what_earlier_attempts_left_behind_has_a_place_among_what_is_kept(build: Any) -> None:
    """Of a timestep that was done again, and of one between two."""
    run = build.run(*[[float(number)] for number in range(10)])
    old = [build.timestep(3, [7.0, 9.0]), build.timestep(12, [1.0])]
    run = replace(run, superseded=run.superseded.with_timesteps(old), dropped=3)
    content = encode(dropped_columns(run))
    answer = DroppedAnswer.model_validate_json(content, strict=True)
    assert (answer.place, answer.mean, answer.dropped) == ([3.0, 9.5], [8.0, 1.0], 3)
    assert answer.labels[0] == run.label_of(3)
