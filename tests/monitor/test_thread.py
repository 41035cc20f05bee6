"""The reading thread: order, pace, states, and its life as a thread."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.clock import SystemClock
from loss_monitor.monitor import Monitor
from loss_monitor.monitor import thread as thread_module
from loss_monitor.monitor.thread import GIVE_BACK_EVERY_S
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.settings import Settings
from waiting import DEADLINE_S, wait_for

if TYPE_CHECKING:
    from conftest import Watched


def test_a_cold_start_shows_the_newest_timesteps_first(watched: Watched, monkeypatch) -> None:
    """Each slice adds older ones; progress rises until nothing is left."""
    monkeypatch.setattr(thread_module, "SLICE_S", 0.0)
    for number in range(1, 9):
        watched.log(number).write_text(f"{number}.0\n")
    final = watched.look()
    seen = [list(snapshot.run.values()) for snapshot in watched.published if snapshot.run.n_values]
    assert seen[0] == [8.0]
    assert [values[-1] for values in seen] == [8.0] * len(seen)
    loading = [s.source.loading for s in watched.published if s.source.loading is not None]
    done = [progress.files_done for progress in loading]
    assert done == sorted(done)
    assert {progress.files_total for progress in loading} == {8}
    assert all(progress.bytes_done <= progress.bytes_total for progress in loading)
    assert (final.source.loading, final.run.n_timesteps) == (None, 8)
    assert "starting" in {snapshot.source.state for snapshot in watched.published}


def test_names_that_a_slow_server_keeps_back_are_part_of_the_loading(
    watched: Watched, monkeypatch
) -> None:
    """The watch examines names for a second a look: loading ends with the last of them."""
    for number in range(1, 9):
        watched.log(number).write_text(f"{number}.0\n")
    monkeypatch.setattr("loss_monitor.source.watch._NEW_NAMES_S", -1.0)
    watched.look()
    before_end = [s for s in watched.published if s.source.loading is not None]
    assert len(before_end) > 1
    assert max(s.source.loading.files_total for s in before_end) == 8
    assert watched.monitor.snapshot.run.n_timesteps == 8
    assert sum("Read 8 losses" in message for message in watched.messages()) == 1


def test_a_run_has_one_name_however_slow_the_server_is(
    watched: Watched, watched_at: type[Watched], monkeypatch
) -> None:
    """It is in addresses and in kept runs: the next monitor has to give the same."""
    for number in range(1, 9):
        watched.log(number).write_text(f"{number}.0\n")
        os.utime(watched.log(number), (1e9 + number, 1e9 + number))
    named = watched.look().run.id
    monkeypatch.setattr("loss_monitor.source.watch._FIRST_NAMES_S", -1.0)
    slow = watched_at(watched.directory)
    slow.look()
    assert {one.run.id for one in slow.published if one.run.n_timesteps} == {named}
    assert "20010909T014641Z" in named


def test_the_pace_follows_the_time_since_the_last_change(watched: Watched) -> None:
    """A twentieth of it, from a tenth of a second to five."""
    watched.log(1).write_text("1.0\n")
    watched.look()
    assert watched.monitor.interval_s == pytest.approx(0.1)
    watched.look(40)
    assert watched.monitor.interval_s == pytest.approx(2.0, abs=0.1)
    watched.look(15)
    watched.monitor.touch()
    watched.look(1000)
    watched.monitor.touch()
    assert watched.monitor.interval_s == 5.0


def test_without_anybody_looking_the_pace_is_ten_seconds(watched: Watched) -> None:
    """A page or a request within a minute counts."""
    watched.log(1).write_text("1.0\n")
    watched.look()
    watched.look(59)
    assert watched.monitor.interval_s < 10
    watched.look(2)
    assert watched.monitor.interval_s == 10.0
    watched.monitor.touch()
    assert watched.monitor.interval_s == pytest.approx(3.1, abs=0.2)


def test_memory_goes_back_once_all_is_read_and_once_a_minute_while_data_come(
    watched: Watched, monkeypatch
) -> None:
    """A run that stands still costs nothing."""
    given_back: list[float] = []
    clock = watched.clock
    monkeypatch.setattr(thread_module, "give_back", lambda: given_back.append(clock.monotonic_s()))
    watched.log(1).write_text("1.0\n")
    watched.look()
    for _ in range(10):
        watched.look(60)
    assert len(given_back) == 1
    for number in range(2, 12):
        watched.log(number).write_text("1.0\n")
        watched.look(GIVE_BACK_EVERY_S / 4)
    between_s = [later - earlier for earlier, later in itertools.pairwise(given_back[1:])]
    assert between_s == [GIVE_BACK_EVERY_S, GIVE_BACK_EVERY_S]


def test_an_interval_of_the_user_is_the_least_one(tmp_path: Path) -> None:
    """`DATA_UPDATE_INTERVAL` makes looks rarer, never more frequent."""
    settings = Settings(data_dir=tmp_path, data_update_interval_s=7.0)
    monitor = Monitor(settings, SystemClock(), lambda _: None)
    assert monitor.interval_s == 7.0


def test_old_data_are_called_stale_by_their_own_rhythm(watched: Watched) -> None:
    """Three times the usual time between timesteps, ten seconds at least; data revive it."""
    began_s = watched.clock.wall_s()
    for number in range(1, 6):
        watched.log(number).write_text("1.0\n")
        written_s = began_s + number * 20
        os.utime(watched.log(number), (written_s, written_s))
        watched.look(20)
    assert watched.monitor.snapshot.source.usual_interval_s == pytest.approx(20.0)
    assert watched.look(50).source.state == "running"
    assert watched.look(20).source.state == "stale"
    watched.log(6).write_text("1.0\n")
    assert watched.look().source.state == "running"


def test_a_new_run_has_an_identifier_of_its_own(watched: Watched) -> None:
    """The old one's timesteps, tags and attempts do not enter it."""
    watched.log(1).write_text("1.0\n")
    first = watched.look().run
    shutil.rmtree(watched.directory)
    watched.look()
    watched.directory.mkdir()
    watched.log(2).write_text("2.0\n")
    second = watched.look().run
    assert first.id
    assert second.id
    assert first.id != second.id
    assert (list(second.values()), len(second.attempts)) == ([2.0], 1)


def test_snapshots_count_up_and_stay_as_they_were(watched: Watched) -> None:
    """Whoever holds one may go on reading it."""
    for number in range(1, 5):
        watched.log(number).write_text(f"{number}.0\n")
        watched.look()
    counters = [snapshot.counter for snapshot in watched.published]
    assert counters == sorted(counters)
    assert list(watched.published[0].run.values()) == [1.0]


class Threaded:
    """A monitor that runs in a thread, by the machine's clock."""

    def __init__(self, directory: Path) -> None:
        self.published: list[Snapshot] = []
        self.threads: set[str] = set()
        self.monitor = Monitor(Settings(data_dir=directory), SystemClock(), self._take)
        self.thread = threading.Thread(target=self.monitor.run_forever, name="reading")
        self.thread.start()

    def _take(self, snapshot: Snapshot) -> None:
        self.threads.add(threading.current_thread().name)
        self.published.append(snapshot)

    def values(self) -> list[float]:
        """Return the losses of the latest snapshot."""
        return list(self.published[-1].run.values()) if self.published else []


@pytest.fixture
def threaded(tmp_path: Path):
    """A running monitor over a directory that is there."""
    running = Threaded(tmp_path)
    yield running
    running.monitor.stop()
    running.thread.join(DEADLINE_S)


def test_the_thread_publishes_what_is_written(threaded: Threaded, tmp_path: Path) -> None:
    """From its own thread, in order."""
    log = tmp_path / "log_1979-01-01 00:15:00.txt"
    with log.open("w") as file:
        for number in range(3):
            file.write(f"{number}.5\n")
            file.flush()
            wait_for(lambda count=number: threaded.values() == [n + 0.5 for n in range(count + 1)])
    assert threaded.threads == {"reading"}


def test_the_thread_tells_its_files_to_whoever_asks(threaded: Threaded, tmp_path: Path) -> None:
    """From another thread, soon, however long the present pause is."""
    (tmp_path / "log_1979-01-01 00:01:00.txt").write_text("1.0\n")
    wait_for(lambda: threaded.monitor.snapshot.run.n_values == 1)
    (found,) = threaded.monitor.files().result(DEADLINE_S)
    assert (found.name, found.stat.size) == ("log_1979-01-01 00:01:00.txt", 4)


def test_stop_ends_the_thread_soon(threaded: Threaded) -> None:
    """It does not wait for the end of a pause."""
    wait_for(lambda: bool(threaded.published))
    threaded.monitor.stop()
    threaded.thread.join(DEADLINE_S)
    assert not threaded.thread.is_alive()


def test_a_fault_of_the_monitor_itself_is_told_and_the_values_stay(
    threaded: Threaded, tmp_path: Path, monkeypatch, caplog
) -> None:
    """The thread ends, never silently."""
    (tmp_path / "log_1979-01-01 00:15:00.txt").write_text("1.0\n")
    wait_for(lambda: threaded.values() == [1.0])

    def fail() -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(threaded.monitor._sources, "look", fail)
    threaded.thread.join(DEADLINE_S)
    last = threaded.published[-1]
    assert list(last.run.values()) == [1.0]
    assert last.activity[-1].level == "error"
    assert "ZeroDivisionError" in caplog.text
