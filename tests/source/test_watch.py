"""The watch over a data directory: real files, a clock moved by hand."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from looking import joined, look_until, names
from loss_monitor.source.watch import DirectoryWatch


def test_the_first_look_finds_all_files_newest_model_time_first(data, watch) -> None:
    """Event files and such stand behind: somebody waits for the newest losses."""
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
        "log_1979-01-01 10:00:00.txt",
        "log_1979-01-01 03:00:00.txt",
        "log_1979-01-01 02:00:00.txt",
        "summary_1979-01-01 02:00:00.txt",
        "log_1979-01-01 01:00:00.txt",
        "monitor_status.json",
        "net_1979-01-01 00:00:00.pth",
        "events.out.tfevents.1.host.1.0",
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
