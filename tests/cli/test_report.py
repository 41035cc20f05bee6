"""The command `report`: a directory in, a file out, the same for the same directory."""

from __future__ import annotations

import os
import re

import pytest

from loss_monitor.cli.__main__ import main


@pytest.fixture
def data(tmp_path):
    """A directory of two timesteps, one with a line that is no number."""
    folder = tmp_path / "data"
    folder.mkdir()
    for minute, text in ((0, "1.0\n2.0\n"), (15, "x\n0.5\n")):
        path = folder / f"log_1979-01-01 00:{minute:02}:00.txt"
        path.write_text(text)
        os.utime(path, (1e9, 1e9))
    return folder


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("LOSS_MONITOR_")]:
        monkeypatch.delenv(name)
    empty = tmp_path / "empty.py"
    empty.write_text("")
    monkeypatch.setenv("LOSS_MONITOR_CONFIG", str(empty))


def test_a_run_is_read_and_written(data, tmp_path, capsys):
    """Twice the same but for the time stamp; nothing else is left behind."""
    pages = []
    for name in ("one.html", "two.html"):
        assert main(["report", str(data), "-o", str(tmp_path / name)]) == 0
        pages.append((tmp_path / name).read_text(encoding="utf-8"))
    assert "bytes" in capsys.readouterr().out
    one, two = (re.sub("<time>[^<]*</time>", "", page) for page in pages)
    assert one == two
    assert "2 timesteps with 3 batches" in one
    assert "log_1979-01-01 00:15:00.txt, line 1" in one
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"data", "empty.py", "one.html", "two.html"}


def test_it_can_go_to_the_screen(data, capsys):
    """For a pipe."""
    assert main(["report", str(data), "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["{}/nothing", "-o", "{}/r.html"], 1, "nothing does not exist"),
        (["{}", "-o", "{}/r.html"], 1, "holds no losses and no tags"),
        (["{}/data", "-o", "{}/no/r.html"], 2, "cannot be written: No such file or directory"),
        (["{}/data", "--data-dir", "/x", "-o", "-"], 2, "name the same thing"),
    ],
)
def test_what_cannot_be_reported_is_told(data, tmp_path, capsys, words, code, told):
    """Without a traceback, and without a file."""
    assert main(["report", *(word.format(tmp_path) for word in words)]) == code
    assert told in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))
