"""The watch before pipes, links, hostile names and places that cannot be read."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from looking import joined, look_until, names
from loss_monitor.clock import ManualClock
from loss_monitor.source.names import FileKind
from loss_monitor.source.watch import DirectoryWatch


def test_what_is_no_regular_file_is_refused_once(data, clock, watch) -> None:
    """Pipes, sockets, directories, broken links: told once, and the rest is read."""
    hour = "log_1979-01-01 {:02d}:00:00.txt".format
    data.log(0)
    os.mkfifo(data.path / hour(1))
    (data.path / hour(2)).mkdir()
    (data.path / hour(3)).symlink_to("nothing")
    (data.path / hour(4)).symlink_to(hour(4))
    here = os.getcwd()
    os.chdir(data.path)
    try:
        with socket.socket(socket.AF_UNIX) as pipe:
            pipe.bind("net_1.pth")
    finally:
        os.chdir(here)
    (data.path / "log_x.txt").mkdir()
    data.write("log_1979-02-31 00:00:00.txt")
    look = watch.look()
    reasons = {name: refusal.reason for name, refusal in look.refused}
    assert names(look.appeared) == [hour(0)]
    assert set(reasons) == {
        hour(1), hour(2), hour(3), hour(4), "net_1.pth", "log_x.txt",
        "log_1979-02-31 00:00:00.txt",
    }  # fmt: skip
    assert reasons[hour(1)] == "is a pipe (FIFO); expected a regular file"
    assert reasons[hour(2)] == "is a directory; expected a regular file"
    assert "link to nothing" in reasons[hour(3)]
    assert "leads back to itself" in reasons[hour(4)]
    assert "socket" in reasons["net_1.pth"]
    assert "directory" in reasons["log_x.txt"]
    assert "any calendar" in reasons["log_1979-02-31 00:00:00.txt"]
    assert joined(look_until(watch, clock, 300), "refused") == []


def test_what_was_refused_is_taken_when_it_becomes_a_file(data, clock, watch) -> None:
    """A link whose target arrives later; the slow round sees it."""
    link = data.path / "log_1979-01-01 00:00:00.txt"
    link.symlink_to("target")
    assert len(watch.look().refused) == 1
    data.write("target", "0.5\n")
    assert names(joined(look_until(watch, clock, 20), "appeared")) == [link.name]


def test_a_link_that_loses_its_target_vanishes_and_is_refused(data, clock, watch) -> None:
    """And comes back with it."""
    target = data.write("target")
    link = data.path / "log_1979-01-01 00:00:00.txt"
    link.symlink_to("target")
    assert names(watch.look().appeared) == [link.name]
    clock.advance(5)
    target.rename(data.path / "away")
    look = watch.look()
    assert names(look.vanished) == [link.name]
    assert "link to nothing" in look.refused[0][1].reason
    (data.path / "away").rename(target)
    assert names(joined(look_until(watch, clock, 60), "appeared")) == [link.name]


def test_a_file_that_turns_into_a_pipe_vanishes_and_is_refused(data, clock, watch) -> None:
    """It is never opened again."""
    path = data.log(0)
    watch.look()
    path.unlink()
    os.mkfifo(path)
    look = watch.look()
    assert names(look.vanished) == [path.name]
    assert "pipe" in look.refused[0][1].reason


def test_links_to_directories_are_not_followed(data, clock, watch) -> None:
    """Neither out of the tree nor in circles; each is told once."""
    outside = data.path.with_name("outside")
    outside.mkdir()
    (outside / "events.out.tfevents.1").write_text("")
    data.write("runs/a/events.out.tfevents.2")
    (data.path / "runs" / "out").symlink_to(outside)
    (data.path / "runs" / "a" / "up").symlink_to("..")
    look = watch.look()
    assert names(look.appeared) == ["events.out.tfevents.2"]
    assert sorted(name for name, _ in look.refused) == ["runs/a/up", "runs/out"]
    assert joined(look_until(watch, clock, 120), "refused") == []


def test_a_link_to_an_event_file_is_followed(data, clock, watch) -> None:
    """Only directories are left alone."""
    target = data.path.with_name("elsewhere")
    target.write_text("")
    (data.path / "runs").mkdir()
    (data.path / "runs" / "events.out.tfevents.1").symlink_to(target)
    assert names(watch.look().appeared) == ["events.out.tfevents.1"]


def test_hostile_names_are_shown_escaped_and_can_be_opened(data, clock, watch) -> None:
    """Newline, quotes, markup and foreign bytes in names of runs and files."""
    raw = os.fsencode(data.path)
    places = [b"<script>alert(1)<", b"new\nline", b"\"quotes'", b"foreign\xff"]
    for place in places:
        os.makedirs(raw + b"/runs/" + place)
        with open(raw + b"/runs/" + place + b"/tfevents \xfe\n", "wb") as file:
            file.write(b"x")
    with open(raw + b"/log_\xff\n.txt", "wb"):
        pass
    look = watch.look()
    assert {file.tb_run for file in look.appeared} == {
        "<script>alert(1)<",
        "new\\nline",
        "\"quotes'",
        "foreign\\xff",
    }
    for file in look.appeared:
        assert Path(file.path).read_bytes() == b"x"
        assert file.name == "tfevents \\xfe\\n"
    assert [name for name, _ in look.refused] == ["log_\\xff\\n.txt"]


def test_a_job_log_in_the_directory_is_told_as_such(data, watch) -> None:
    """Some plugins write beside ICON's own log."""
    data.write("LOG.exp.a.run.7.o")
    (found,) = watch.look().appeared
    assert found.kind is FileKind.JOB_LOG
    assert found.file_name.job_id == 7


def test_an_unreadable_directory_is_an_error_and_forgets_nothing(clock, as_nobody) -> None:
    """Permissions come and go; what was read stays."""
    place = as_nobody.place
    (place / "log_1979-01-01 00:00:00.txt").write_text("1\n")
    watch = DirectoryWatch(place, clock, network=False)
    with as_nobody():
        assert len(watch.look().appeared) == 1
        place_mode = 0o000
    place.chmod(place_mode)
    clock.advance(5)
    with as_nobody():
        look = watch.look()
    assert "Permission denied" in look.error
    assert not look.missing
    assert look.vanished == ()
    place.chmod(0o755)
    clock.advance(5)
    with as_nobody():
        look = watch.look()
    assert (look.error, look.appeared, look.vanished) == ("", (), ())


@pytest.mark.parametrize("known", [False, True])
def test_a_file_deleted_in_the_middle_of_a_look_is_found_when_it_returns(
    data, clock, watch, monkeypatch, known: bool
) -> None:
    """Listed, gone before its `stat`, and made again before the next listing."""
    watch.look()
    clock.advance(5)
    path = data.log(0)
    if known:
        watch.look()
        clock.advance(5)
        watch.look()
    with monkeypatch.context() as patched:
        delete_when_asked(patched, path)
        look = watch.look()
    assert (look.appeared, look.refused, len(look.vanished)) == ((), (), int(known))
    clock.advance(5)
    data.log(0)
    assert names(watch.look().appeared) == [path.name]


def delete_when_asked(patched, path: Path) -> None:
    """Let `path` vanish in the moment of its `stat`."""
    real = os.stat

    def delete_first(asked, **more):
        if str(asked) == str(path):
            path.unlink(missing_ok=True)
        return real(asked, **more)

    patched.setattr(os, "stat", delete_first)


def test_a_deleted_tree_of_many_directories_vanishes_in_one_look(data, clock, watch) -> None:
    """Also those directories that the slow round alone asks about."""
    for number in range(300):
        data.write(f"runs/{number}/tfevents")
    watch.look()
    clock.advance(5)
    shutil.rmtree(data.path / "runs")
    assert len(watch.look().vanished) == 300


def test_a_slow_server_gives_the_newest_first(data) -> None:
    """New names are examined for a second a look; the rest waits, nothing is lost.

    The first timestep comes with the newest: a run is named by it.
    """

    class SlowClock(ManualClock):
        def monotonic_s(self) -> float:
            self.advance(0.02)
            return super().monotonic_s()

    for number in range(200):
        data.log(number)
    watch = DirectoryWatch(data.path, SlowClock(data.clock.wall_s()), network=True)
    first = watch.look()
    assert 0 < len(first.appeared) < 200
    assert first.waiting == 200 - len(first.appeared)
    found = list(first.appeared)
    while True:
        look = watch.look()
        found += look.appeared
        if not look.waiting:
            break
    times = [file.model_time for file in found]
    assert len(times) == 200
    assert first.appeared[-1].model_time == min(times)
    times.remove(min(times))
    assert times == sorted(times, reverse=True)
