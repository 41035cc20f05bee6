"""Files that hold what they should not: counted, told once, and nothing stops."""

from __future__ import annotations

import os
import time
from pathlib import Path

GIGABYTE = 10**9


def test_a_line_that_is_no_number(fed):
    """It is told with file and line; the other losses close up."""
    label = fed.label()
    before = fed.incidents()
    path = fed.directory / f"log_{label}.txt"
    path.write_text("1.0\nrubbish\n0x10\n1_0\n1,5\n2.0\n")
    fed.served.wait_for_losses(label, [1.0, 2.0])
    entry = fed.told_once(path.name)
    assert (entry["line"], entry["level"]) == (2, "warning")
    assert "4 refused" in entry["message"]
    assert fed.incidents() == before + 1


def test_a_summary_without_colon(fed):
    """Its good lines count, the bad one is told with its line."""
    label = fed.label()
    path = fed.directory / f"summary_{label}.txt"
    path.write_text("Mean Loss: 1.000000\nno pair at all\n")
    (fed.directory / f"log_{label}.txt").write_text("1.0\n")
    assert fed.told_once(path.name)["line"] == 2
    summary = fed.served.get(f"/api/loss/by_timestep/{label}")["summary"]
    assert summary == {"Mean Loss": 1.0}


def test_an_empty_file(fed):
    """It is valid: a timestep whose losses are still to come, and no incident."""
    label = fed.label()
    path = fed.directory / f"log_{label}.txt"
    path.touch()
    served = fed.served
    served.wait_for(lambda: label in served.get("/api/loss/timesteps")["timesteps"])
    assert served.entries(path.name) == []
    fed.is_still_reading()


def test_binary_rubbish_under_a_log_name(fed):
    """No loss comes of it, and no timestep."""
    label = fed.label()
    path = fed.directory / f"log_{label}.txt"
    path.write_bytes(bytes(range(1, 256)) * 400)
    fed.told_once(path.name)
    assert label not in fed.served.get("/api/loss/timesteps")["timesteps"]


def test_rubbish_under_an_event_files_name(fed):
    """Its length is not believed; other event files go on."""
    folder = fed.directory / "runs" / "rubbish"
    folder.mkdir(parents=True)
    path = folder / "events.out.tfevents.1.node"
    path.write_bytes(os.urandom(5000))
    assert fed.told_once(path.name)["offset"] == 0


def test_a_status_file_of_rubbish(fed):
    """It is passed over: the last that parsed counts."""
    (fed.directory / "monitor_status.json").write_bytes(b'{"training": {"current_loss": NaN, \xff')
    fed.is_still_reading()


def test_a_line_of_a_gigabyte(fed):
    """Memory stays bounded, and the losses around it are read in bounded time."""
    label = fed.label()
    path = fed.directory / f"log_{label}.txt"
    made = path.with_name("being_made")
    with made.open("wb") as file:
        file.write(b"1.0\n2" + b"x" * 4096)
        file.seek(GIGABYTE)
        file.write(b"\n3.0\n")
    written_s = time.time() - 3600
    os.utime(made, (written_s, written_s))
    before_mb = resident_peak_mb(fed.served.process.pid)
    made.rename(path)
    fed.served.wait_for_losses(label, [1.0, 3.0])
    entry = fed.told_once(path.name)
    assert entry["offset"] == len("1.0\n")
    assert "longer than" in entry["message"]
    assert resident_peak_mb(fed.served.process.pid) - before_mb < 100
    path.unlink()


def resident_peak_mb(pid: int) -> float:
    """Return the largest memory that a process has had, in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the system does not tell")
