"""Names and kinds of files that are none of a run's: told once, never opened, never a stop."""

from __future__ import annotations

import errno
import os

import pytest


def test_a_directory_under_a_log_name(fed):
    """It is told as what it is."""
    (fed.directory / "log_x.txt").mkdir()
    assert "directory" in fed.told_once("log_x.txt")["message"]


def test_a_directory_under_a_good_log_name(fed):
    """A good name does not make it a file."""
    name = f"log_{fed.label()}.txt"
    (fed.directory / name).mkdir()
    assert "directory" in fed.told_once(name)["message"]


@pytest.mark.parametrize("moment", ["1979-13-01 00:00:00", "1979-01-32 00:00:00", "1979-01-01"])
def test_a_date_that_does_not_exist(fed, moment):
    """The name is refused, with words about it."""
    name = f"log_{moment}.txt"
    (fed.directory / name).write_text("1.0\n")
    entry = fed.told_once(name)
    assert entry["level"] == "warning"
    assert all(moment != known for known in fed.served.get("/api/loss/timesteps")["timesteps"])


def test_a_pipe(fed):
    """It is not opened: its writer goes on waiting for a reader."""
    name = f"log_{fed.label()}.txt"
    os.mkfifo(fed.directory / name)
    assert "pipe" in fed.told_once(name)["message"]
    with pytest.raises(OSError, match=os.strerror(errno.ENXIO)):
        os.close(os.open(fed.directory / name, os.O_WRONLY | os.O_NONBLOCK))


def test_a_link_to_nothing(fed):
    """It is told, and read once there is something at its end."""
    label = fed.label()
    name = f"log_{label}.txt"
    (fed.directory / name).symlink_to("not_there_yet")
    assert "link to nothing" in fed.told_once(name)["message"]
    assert fed.served.losses(label) == []


def test_a_link_that_leads_back_to_itself(fed):
    """It is told as such."""
    name = f"log_{fed.label()}.txt"
    (fed.directory / name).symlink_to(name)
    assert "back to itself" in fed.told_once(name)["message"]


def test_a_link_loop_of_directories_below_runs(fed):
    """Directories are not followed through links, so there is no end to run into."""
    folder = fed.directory / "runs" / "looping"
    folder.mkdir(parents=True)
    (folder / "again").symlink_to(folder)
    fed.is_still_reading()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"log_a\nb.txt", "log_a\nb.txt"),
        (b'log_"a\'b".txt', 'log_"a\'b".txt'),
        (b"log_<script>alert(1)<_script>.txt", "log_<script>alert(1)<_script>.txt"),
        (b"log_\xff\xfe.txt", "log_\\xff\\xfe.txt"),
    ],
)
def test_a_hostile_name(fed, raw, shown):
    """It is told as text; bytes that are no UTF-8 are escaped."""
    with open(os.fsencode(fed.directory) + b"/" + raw, "wb") as file:
        file.write(b"1.0\n")
    served = fed.served
    served.wait_for(lambda: any(told(row, raw, shown) for row in rows(served)), "it is told")
    assert sum(told(row, raw, shown) for row in rows(served)) == 1
    fed.is_still_reading()
    assert sum(told(row, raw, shown) for row in rows(served)) == 1


def rows(served):
    """Return the activity log."""
    return served.get("/api/activity")["entries"]


def told(row, raw, shown):
    """Tell whether a row is about the file; a line break may be shown escaped."""
    return row["file"] in (shown, shown.replace("\n", "\\n"))


def test_a_hostile_tb_run_and_tag(fed):
    """They come back as they are in JSON, which is no place for markup to act."""
    from loss_monitor.writer import EventWriter

    tb_run = 'run "<script>" \\ \n'
    writer = EventWriter(fed.directory / "runs" / tb_run)
    writer.scalar("<img src=x>", 1.0, 0)
    writer.close()
    served = fed.served
    served.wait_for(
        lambda: any(
            "<img src=x>" in run["scalars"] for run in served.get("/api/tensorboard/tags")["runs"]
        )
    )
    fed.is_still_reading()
