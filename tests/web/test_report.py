"""`/api/report.html`: the report as a file to keep."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.names import FileKind
from loss_monitor.web import report


def test_a_report_is_a_file_named_after_the_run(running: Any, build: Any) -> None:
    """And not made again for who has its version."""
    running.publish(build.run([1.0, 2.0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "FILES_WITHIN_S", 0.05)
        answer = running.get("/api/report.html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="experiment-report.html"'
    )
    assert answer.text.startswith("<!DOCTYPE html>")
    assert "the file system did not answer" in answer.text
    etag = answer.headers["etag"]
    assert running.get("/api/report.html", if_none_match=etag).status_code == 304


def test_the_list_of_files_comes_from_the_reader(
    start_server: Any, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With sizes and times as it last saw them."""
    stat = FileStat(1, 2, 12_345, 10**18, 0o100644)
    found = FoundFile("/data/runs/a/events.tfevents", "runs/a", FileKind.EVENT, None, stat)

    def told() -> Future[tuple[FoundFile, ...]]:
        asked: Future[tuple[FoundFile, ...]] = Future()
        asked.set_result((found,))
        return asked

    running = start_server(files=told)
    running.publish(build.run([1.0]))
    text = running.get("/api/report.html").text
    assert "runs/a/events.tfevents" in text
    assert "12,345" in text
