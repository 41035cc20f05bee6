"""The watch over a data directory: real files, a clock moved by hand."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.source.found import Look
from loss_monitor.source.names import FileKind
from loss_monitor.source.watch import DirectoryWatch


def names(files) -> list[str]:
    return [file.name for file in files]


def look_until(watch: DirectoryWatch, clock: ManualClock, seconds: float, every_s: float = 5.0):
    """Look every `every_s` for `seconds`; return all looks."""
    looks = []
    for _ in range(round(seconds / every_s)):
        clock.advance(every_s)
        looks.append(watch.look())
    return looks


def joined(looks: list[Look], what: str) -> list:
    return [item for look in looks for item in getattr(look, what)]


def test_the_first_look_finds_all_files_newest_model_time_first(data, watch) -> None:
    """Event files and such stand before: they tell what the run is."""
    for number in (3, 1, 10, 2):
        data.log(number)
    data.write("summary_1979-01-01 02:00:00.txt")
    data.write("net_1979-01-01 00:00:00.pth")
    data.write("monitor_status.json", "{}")
    data.write("runs/experiment_1979-01-01 00:00:00/events.out.tfevents.1.host.1.0")
    data.write("test_data_1979.nc")
    look = watch.look()
    assert not look.missing
    assert not look.recreated
    assert names(look.appeared) == [
        "monitor_status.json",
        "net_1979-01-01 00:00:00.pth",
        "events.out.tfevents.1.host.1.0",
        "log_1979-01-01 10:00:00.txt",
        "log_1979-01-01 03:00:00.txt",
        "log_1979-01-01 02:00:00.txt",
        "summary_1979-01-01 02:00:00.txt",
        "log_1979-01-01 01:00:00.txt",
    ]
    assert look.refused == ()
    again = watch.look()
    assert (again.appeared, again.changed, again.vanished) == ((), (), ())


def test_a_file_that_appears_grows_and_vanishes_is_told_each_time(data, clock, watch) -> None:
    """Each once, with the `stat` of the moment."""
    watch.look()
    clock.advance(1)
    path = data.log(0, "0.5\n")
    (found,) = watch.look().appeared
    assert (found.path, found.stat.size) == (str(path), 4)
    clock.advance(1)
    data.log(0, "0.5\n0.4\n")
    (changed,) = watch.look().changed
    assert changed.stat.size == 8
    clock.advance(1)
    path.unlink()
    look = watch.look()
    assert names(look.vanished) == [path.name]
    assert look.changed == ()
    clock.advance(1)
    data.log(0)
    assert names(watch.look().appeared) == [path.name]


@pytest.mark.parametrize("change", ["touch", "same size", "chmod", "replace"])
def test_whatever_differs_in_stat_is_a_change(data, clock, watch, change: str) -> None:
    """What became of the content is for the cursor to find out."""
    path = data.log(0)
    watch.look()
    clock.advance(1)
    if change == "touch":
        os.utime(path, (clock.wall_s(), clock.wall_s()))
    elif change == "same size":
        data.log(0, "0.6\n")
    elif change == "chmod":
        path.chmod(0o600)
    else:
        other = data.write("other", "0.5\n", age_s=1)
        other.rename(path)
    assert names(watch.look().changed) == [path.name]
    clock.advance(5)
    assert watch.look().changed == ()


def test_a_file_settles_a_minute_after_its_last_change(data, clock, watch) -> None:
    """Not before, and once; a change makes it young again."""
    data.log(0)
    watch.look()
    clock.advance(40)
    data.log(0, "0.5\n0.4\n")
    watch.look()
    assert joined(look_until(watch, clock, 55), "settled") == []
    assert names(joined(look_until(watch, clock, 60), "settled")) == ["log_1979-01-01 00:00:00.txt"]
    data.log(0, "0.1\n")
    watch.look()
    assert len(joined(look_until(watch, clock, 65), "settled")) == 1


def test_at_the_start_an_old_file_is_settled_at_once(data, clock, watch) -> None:
    """Its mtime tells; so its last line may be taken without waiting."""
    data.log(0, age_s=61)
    data.log(1, age_s=59)
    look = watch.look()
    assert names(look.settled) == ["log_1979-01-01 00:00:00.txt"]
    assert len(look.appeared) == 2


def test_later_an_old_mtime_settles_nothing(data, clock, watch) -> None:
    """The file server's clock may be behind by minutes while the file is being written."""
    watch.look()
    clock.advance(5)
    data.log(0, age_s=3600)
    assert watch.look().settled == ()
    assert len(joined(look_until(watch, clock, 60), "settled")) == 1


def test_an_mtime_in_the_future_does_not_keep_a_file_young(data, clock, watch) -> None:
    """What is observed counts."""
    data.log(0, age_s=-86400)
    watch.look()
    assert len(joined(look_until(watch, clock, 65), "settled")) == 1


def test_event_files_are_found_at_any_depth(data, clock, watch) -> None:
    """The run's name is the path below `runs/`; sub-runs come later, too."""
    watch.look()
    clock.advance(5)
    data.write("runs/events.out.tfevents.1")
    data.write("runs/a b/events.out.tfevents.2")
    clock.advance(5)
    watch.look()
    clock.advance(5)
    data.write("runs/a b/train/x/my.tfevents")
    data.write("runs/a b/log_1979-01-01 00:00:00.txt")
    clock.advance(5)
    watch.look()
    clock.advance(5)
    fresh = DirectoryWatch(data.path, clock, network=False).look()
    assert {(file.tb_run, file.directory, file.name) for file in fresh.appeared} == {
        (".", "runs", "events.out.tfevents.1"),
        ("a b", "runs/a b", "events.out.tfevents.2"),
        ("a b/train/x", "runs/a b/train/x", "my.tfevents"),
    }


def test_a_new_directory_and_what_is_in_it_are_found_in_one_look(data, clock, watch) -> None:
    """A restarted model is seen at once."""
    data.write("runs/a/events.out.tfevents.1")
    watch.look()
    clock.advance(5)
    data.write("runs/b/c/events.out.tfevents.2")
    assert names(watch.look().appeared) == ["events.out.tfevents.2"]


def test_a_deleted_tree_takes_its_files_with_it(data, clock, watch) -> None:
    """`runs/` is deleted and made again while the monitor looks."""
    data.log(0)
    data.write("runs/a/b/events.out.tfevents.1")
    watch.look()
    clock.advance(5)
    shutil.rmtree(data.path / "runs")
    assert names(watch.look().vanished) == ["events.out.tfevents.1"]
    clock.advance(5)
    data.write("runs/a/b/events.out.tfevents.1")
    assert names(watch.look().appeared) == ["events.out.tfevents.1"]


def test_a_missing_directory_is_waited_for(tmp_path: Path, clock) -> None:
    """Started before the model: nothing is wrong."""
    watch = DirectoryWatch(tmp_path / "run" / "deep", clock, network=False)
    for _ in range(3):
        look = watch.look()
        assert (look.missing, look.error, look.vanished) == (True, "", ())
        clock.advance(5)
    (tmp_path / "run" / "deep").mkdir(parents=True)
    (tmp_path / "run" / "deep" / "log_1979-01-01 00:00:00.txt").write_text("1\n")
    look = watch.look()
    assert not look.missing
    assert look.recreated
    assert len(look.appeared) == 1
    assert not watch.look().recreated


def test_a_directory_gone_for_one_look_is_another_one(data, clock, watch) -> None:
    """All files vanish; those of the new one appear, same names or not."""
    data.log(0)
    data.log(1)
    data.write("runs/a/events.out.tfevents.1")
    watch.look()
    clock.advance(5)
    shutil.rmtree(data.path)
    look = watch.look()
    assert look.missing
    assert len(look.vanished) == 3
    clock.advance(5)
    data.log(0)
    look = watch.look()
    assert look.recreated
    assert names(look.appeared) == ["log_1979-01-01 00:00:00.txt"]
    assert look.vanished == ()


def test_a_directory_replaced_between_two_looks_is_another_one(data, clock, watch) -> None:
    """Its inode differs while the old one is kept elsewhere."""
    data.log(0)
    data.log(1)
    watch.look()
    data.path.rename(data.path.with_name("kept"))
    data.log(1)
    clock.advance(5)
    look = watch.look()
    assert look.recreated
    assert sorted(names(look.vanished)) == [
        "log_1979-01-01 00:00:00.txt",
        "log_1979-01-01 01:00:00.txt",
    ]
    assert names(look.appeared) == ["log_1979-01-01 01:00:00.txt"]


def test_a_directory_deleted_and_made_between_two_looks_loses_no_change(data, clock, watch) -> None:
    """Even where all inode numbers are used again, the files of the old one do not stay."""
    for number in range(5):
        data.log(number)
    watch.look()
    clock.advance(5)
    shutil.rmtree(data.path)
    data.path.mkdir()
    data.log(2, "7.0\n7.1\n")
    look = watch.look()
    gone = set(names(look.vanished)) - set(names(look.appeared))
    assert gone == {f"log_1979-01-01 0{hour}:00:00.txt" for hour in (0, 1, 3, 4)}
    assert names((*look.appeared, *look.changed)) == ["log_1979-01-01 02:00:00.txt"]


def test_a_file_in_the_place_of_the_directory_is_told(tmp_path: Path, clock) -> None:
    """Missing, with the reason."""
    (tmp_path / "run").write_text("")
    look = DirectoryWatch(tmp_path / "run", clock, network=False).look()
    assert look.missing
    assert look.error.endswith("run is not a directory")


def test_a_link_that_leads_back_to_itself_is_an_error(tmp_path: Path, clock) -> None:
    """In the place of the directory; nothing is raised."""
    (tmp_path / "run").symlink_to("run")
    look = DirectoryWatch(tmp_path / "run", clock, network=False).look()
    assert "symbolic links" in look.error


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
    assert found.file_name.kind is FileKind.JOB_LOG
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
    """New names are examined for a second a look; the rest waits, nothing is lost."""

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
    times = [file.file_name.model_time for file in found]
    assert len(times) == 200
    assert times == sorted(times, reverse=True)
