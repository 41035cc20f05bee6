"""The log file: put aside when it has grown, standard error with it, closed to others."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys

from loss_monitor.cli import log_file
from loss_monitor.cli.log_file import RotatingLog

WRITER = """
import logging, os, sys
from pathlib import Path
from loss_monitor.cli import log_file
from loss_monitor.cli.log_file import set_up_log
from loss_monitor.settings import Settings
log_file.BYTES_MAX = 2000
set_up_log(Settings(data_dir=Path("."), log_file=Path(sys.argv[1])))
for number in range(60):
    logging.getLogger("test").warning("message %04d %s", number, "x" * 40)
os.write(2, b"last words of a crash\\n")
"""


def _lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_a_log_that_has_grown_is_put_aside(tmp_path, monkeypatch):
    """A few older files are kept, the rest is gone: a home directory has a quota."""
    monkeypatch.setattr(log_file, "BYTES_MAX", 1000)
    handler = RotatingLog(tmp_path / "dashboard.log")
    for number in range(200):
        handler.emit(logging.makeLogRecord({"msg": f"message {number} {'x' * 50}"}))
    handler.close()
    assert sorted(os.listdir(tmp_path)) == [
        "dashboard.log", "dashboard.log.1", "dashboard.log.2", "dashboard.log.3",
    ]  # fmt: skip
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert _lines(tmp_path / "dashboard.log")[-1].startswith("message 199")


def test_the_log_is_closed_to_others(tmp_path):
    """Paths and addresses of colleagues are nobody else's business."""
    RotatingLog(tmp_path / "dashboard.log").close()
    assert stat.S_IMODE((tmp_path / "dashboard.log").stat().st_mode) == 0o600


def test_standard_error_moves_to_the_new_file_with_the_messages(tmp_path):
    """As `start` has it: both go to one file, whatever is put aside in between."""
    path = tmp_path / "dashboard.log"
    with path.open("ab") as stream:
        subprocess.run(
            [sys.executable, "-c", WRITER, str(path)], check=True, stdout=stream, stderr=stream
        )
    assert (tmp_path / "dashboard.log.1").exists()
    assert _lines(path)[-1] == "last words of a crash"
    assert "message 0059" in _lines(path)[-2]
    told = [line for name in tmp_path.iterdir() for line in _lines(name) if "message" in line]
    assert len(told) == len(set(told))
