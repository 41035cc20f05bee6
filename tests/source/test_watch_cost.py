"""What watching costs, and that nothing escapes it for ever."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loss_monitor.clock import ManualClock
from loss_monitor.source.watch import DirectoryWatch


@pytest.fixture
def asked(monkeypatch) -> Counter[str]:
    """Counts what really goes to the file system, beside the watch's own counters."""
    counter: Counter[str] = Counter()
    for name in ("stat", "lstat", "scandir", "open", "listdir"):
        real = getattr(os, name)

        def counted(*args, _real=real, _name=name, **more):
            counter[_name] += 1
            return _real(*args, **more)

        monkeypatch.setattr(os, name, counted)
    return counter


def look_for(watch: DirectoryWatch, clock: ManualClock, seconds: float, every_s: float = 5.0):
    looks = []
    for _ in range(round(seconds / every_s)):
        clock.advance(every_s)
        looks.append(watch.look())
    return looks


def test_a_quiet_minute_with_twenty_thousand_files_is_cheap(data, clock, asked) -> None:
    """The directory, 20 timesteps and the slow round; no listing, nothing opened."""
    data.fill(10_000, "log_", "summary_", age_s=3600)
    data.write("runs/a/events.out.tfevents.1", age_s=7200)
    watch = DirectoryWatch(data.path, clock, network=False)
    look = watch.look()
    assert len(look.appeared) == 20_001
    assert look.stats < 20_100
    look_for(watch, clock, 30)
    asked.clear()
    looks = look_for(watch, clock, 60)
    stats = sum(look.stats for look in looks)
    listings = sum(look.listings for look in looks)
    assert stats == asked["stat"] + asked["lstat"]
    assert listings == asked["scandir"] == 0
    assert asked["open"] == asked["listdir"] == 0
    # 3 directories, 40 files and an event file at each of 12 looks; 10 a second slowly.
    assert stats <= 12 * 44 + 600
    assert stats / 60 < 40
    assert all(not look.changed and not look.appeared for look in looks)


def test_the_counters_count_what_is_asked(data, clock, asked) -> None:
    """In a directory that moves, and with refused, lost and hostile files."""
    watch = DirectoryWatch(data.path, clock, network=False)
    dice = random.Random(1)
    (data.path / "log_1979-01-01 00:00:00.txt").symlink_to("nothing")
    for number in range(200):
        name = f"log_1979-01-0{dice.randint(1, 9)} 01:00:00.txt"
        if dice.random() < 0.3:
            (data.path / name).unlink(missing_ok=True)
        else:
            data.write(name, "x" * number)
        if number % 50 == 0:
            data.write(f"runs/{number}/tfevents", str(number))
        clock.advance(dice.choice([0.1, 1, 5]))
        asked.clear()
        look = watch.look()
        assert look.stats == asked["stat"] + asked["lstat"]
        assert look.listings == asked["scandir"]


def test_the_slow_round_asks_at_most_ten_a_second(data, clock) -> None:
    """Also with frequent looks, and it gets round in time."""
    data.fill(300, age_s=3600)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    look_for(watch, clock, 10)
    looks = look_for(watch, clock, 20, every_s=0.1)
    slow = sum(look.stats for look in looks) - len(looks) * (1 + 20)
    assert 190 <= slow <= 201


def test_a_rewritten_old_timestep_is_found_within_a_slow_round(data, clock) -> None:
    """1,000 files at ten a second: a hundred seconds."""
    data.fill(1000, age_s=3600)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    look_for(watch, clock, 70)
    data.log(500, "0.7\n", age_s=-1)
    assert len([file for look in look_for(watch, clock, 105) for file in look.changed]) == 1


def test_an_old_description_edited_in_place_is_seen_at_the_next_look(data, clock) -> None:
    """Among thousands of files, whose slow round takes minutes; for one `stat` a look."""
    data.fill(3000, age_s=3600)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    look_for(watch, clock, 70)
    before = look_for(watch, clock, 1, every_s=0.5)
    data.write("run.toml", "label = 'a'\n", age_s=3600)
    look_for(watch, clock, 70)
    after = look_for(watch, clock, 1, every_s=0.5)
    assert [one.stats + 1 for one in before] == [one.stats for one in after]
    data.write("run.toml", "label = 'b'\n")
    (look,) = look_for(watch, clock, 1, every_s=1)
    assert [file.name for file in look.changed] == ["run.toml"]


@pytest.mark.parametrize(
    "herald", ["runs/a/events.out.tfevents.1", "net_1.pth", "monitor_status.json"]
)
def test_an_event_checkpoint_or_status_file_starts_a_full_round(data, clock, herald: str) -> None:
    """What was rewritten with it is found at once, a thousand files a look."""
    data.fill(1500, age_s=3600)
    data.write(herald, "1", age_s=3600)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    look_for(watch, clock, 70)
    data.log(300, "0.71\n")
    data.log(800, "0.71\n")
    data.write(herald, "12")
    looks = look_for(watch, clock, 0.2, every_s=0.1)
    assert len([file for look in looks for file in look.changed]) == 3
    assert all(look.stats <= 1100 for look in looks)


def test_full_rounds_stay_within_a_rate_while_the_event_file_moves(data, clock) -> None:
    """An event file that is flushed at every timestep does not cost all files each time."""
    data.fill(2000, age_s=3600)
    data.write("runs/a/tfevents", "", age_s=3600)
    watch = DirectoryWatch(data.path, clock, network=True)
    watch.look()
    look_for(watch, clock, 70)
    total = 0
    for number in range(100):
        data.write("runs/a/tfevents", "x" * (number + 1))
        clock.advance(1)
        total += watch.look().stats
    assert total / 100 < 200


def test_the_timesteps_after_the_one_modified_last_are_asked_about(data, clock) -> None:
    """A restart rewrites one after the other: each is seen at the next look."""
    data.fill(400, age_s=3600)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    look_for(watch, clock, 70)
    data.log(100, "0.9\n", age_s=-100)
    while not watch.look().changed:
        clock.advance(5)
    for number in (101, 102, 110, 125):
        clock.advance(1)
        data.log(number, "0.9\n", age_s=-100 - number)
        assert len(watch.look().changed) == 1


def test_young_files_are_all_seen_to_settle(data, clock) -> None:
    """A copied directory: 1,000 files of the last minute, asked about in turn."""
    data.fill(1000)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    looks = look_for(watch, clock, 180)
    assert len([file for look in looks for file in look.settled]) == 1000
    assert max(look.stats for look in looks) < 300


def test_old_event_files_are_left_to_the_slow_round(data, clock) -> None:
    """The newest of its directory and those of the hour are asked about at every look."""
    for number in range(154):
        data.write(f"runs/a/events.out.tfevents.{number:03d}", age_s=7200 - number)
    data.write("runs/a/events.out.tfevents.050", age_s=1800)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    looks = look_for(watch, clock, 30, every_s=0.1)
    # 3 directories, 1 recent file, which is the newest, too; and ten a second.
    assert sum(look.stats for look in looks) <= 300 * 4 + 310
    clock.advance(7200)
    watch.look()
    data.write("runs/a/events.out.tfevents.020", "grown")
    looks = look_for(watch, clock, 20)
    assert sum(len(look.changed) for look in looks) == 1
    clock.advance(0.1)
    data.write("runs/a/events.out.tfevents.020", "grown more")
    assert len(watch.look().changed) == 1


def test_event_files_leave_the_foreground_an_hour_after_their_last_change(data, clock) -> None:
    """All but the newest of their directory."""
    for number in range(50):
        data.write(f"runs/a/tfevents.{number}", age_s=1800)
    watch = DirectoryWatch(data.path, clock, network=False)
    watch.look()
    look_for(watch, clock, 120)
    assert watch.look().stats >= 50
    clock.advance(1900)
    watch.look()
    look_for(watch, clock, 70, every_s=10)
    # In tenths of a second the slow round has one turn at most.
    assert max(look.stats for look in look_for(watch, clock, 1, every_s=0.1)[2:]) <= 5


def test_many_run_directories_are_left_to_the_slow_round(data, clock) -> None:
    """200 of them cost no more than the newest; a file in an old one is found all the same."""
    for number in range(200):
        data.write(f"runs/{number:03d}/tfevents", age_s=7200)
    watch = DirectoryWatch(data.path, clock, network=False)
    assert len(watch.look().appeared) == 200
    look_for(watch, clock, 120)
    looks = look_for(watch, clock, 60)
    assert sum(look.stats for look in looks) / 60 <= 40
    data.write("runs/000/sub/tfevents")
    found = [file for look in look_for(watch, clock, 60) for file in look.appeared]
    assert [file.tb_run for file in found] == ["000/sub"]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["write", "delete", "recreate", "remove", "wait", "link", "fifo"]),
        st.integers(0, 5),
        st.booleans(),
        st.booleans(),
    ),
    max_size=40,
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(actions=ACTIONS, frozen=st.booleans())
def test_after_one_slow_round_the_watch_knows_what_is_there(
    tmp_path_factory, monkeypatch, actions, frozen: bool
) -> None:
    """Whatever happened, and even if the directories' own times never move."""
    root = tmp_path_factory.mktemp("run") / "data"
    root.mkdir()
    clock = ManualClock(1_900_000_000)
    watch = DirectoryWatch(root, clock, network=frozen)
    known: dict[str, tuple[int, int]] = {}

    def look() -> None:
        found = watch.look()
        for file in found.vanished:
            del known[file.path]
        for file in found.appeared:
            assert file.path not in known
            known[file.path] = (file.stat.size, file.stat.mtime_ns)
        for file in found.changed:
            assert file.path in known
            known[file.path] = (file.stat.size, file.stat.mtime_ns)

    with monkeypatch.context() as patched:
        if frozen:
            freeze_times_of_directories(patched)
        for action, number, in_runs, then_look in actions:
            act(root, clock, action, number, in_runs)
            if then_look:
                look()
        for _ in range(30):
            clock.advance(5)
            look()
    there = {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for pattern in ("log_*", "runs/**/*tfevents*")
        for path in root.glob(pattern)
        if path.is_file()
    }
    assert known == there


def act(root, clock: ManualClock, action: str, number: int, in_runs: bool) -> None:
    """Do one thing to the directory, as a plugin, a user or an enemy would."""
    clock.advance(0.05)
    path = root / f"log_1979-01-{number + 1:02d} 00:00:00.txt"
    if in_runs:
        path = root / "runs" / f"r{number % 3}" / f"tfevents.{number}"
    if action in ("recreate", "remove"):
        place = root / "runs" if in_runs else root
        if place.exists():
            for found in sorted(place.rglob("*"), reverse=True):
                found.rmdir() if found.is_dir() else found.unlink()
            place.rmdir()
        if action == "recreate":
            place.mkdir(parents=True)
    elif action == "wait":
        clock.advance(number * 5)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if action == "write":
            path.write_text("x" * (number + round(clock.monotonic_s()) % 7))
            os.utime(path, (clock.wall_s(), clock.wall_s()))
        elif action == "link":
            path.symlink_to("nothing")
        elif action == "fifo":
            os.mkfifo(path)


def freeze_times_of_directories(patched) -> None:
    """Let each directory look unchanged for ever: the coarsest clock that can be."""
    from types import SimpleNamespace

    real = os.stat

    def frozen(path, **more):
        found = real(path, **more)
        if not os.path.stat.S_ISDIR(found.st_mode):
            return found
        return SimpleNamespace(
            st_dev=1, st_ino=1, st_mode=found.st_mode,
            st_mtime_ns=10**18, st_ctime_ns=10**18, st_size=4096, st_nlink=2,
        )  # fmt: skip

    patched.setattr(os, "stat", frozen)
