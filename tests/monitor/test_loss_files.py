"""Loss files become timesteps, whatever happens to the files."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Watched


def values(watched: Watched) -> list[float]:
    """Return all losses of the run in order."""
    run = watched.monitor.snapshot.run
    return [float(value) for value in run.values(0, run.n_values)]


def test_a_line_is_a_loss_only_when_its_newline_has_come(watched: Watched) -> None:
    """`0.0123` of `0.01234567` is never shown."""
    log = watched.log(1)
    log.write_text("0.5\n0.0123")
    watched.look()
    assert values(watched) == [0.5]
    log.write_text("0.5\n0.01234567\n")
    watched.look()
    assert values(watched) == [0.5, 0.01234567]


def test_a_last_line_without_newline_is_taken_once_the_file_is_settled(watched: Watched) -> None:
    """A minute without change says that nothing more comes."""
    watched.log(1).write_text("0.5\n0.25")
    watched.look()
    assert values(watched) == [0.5]
    for _ in range(14):
        watched.look(5)
    assert values(watched) == [0.5, 0.25]


def test_a_growing_file_adds_to_its_timestep(watched: Watched) -> None:
    """Each look takes what is new, and reads only that."""
    log = watched.log(1)
    with log.open("w") as file:
        for number in range(20):
            file.write(f"{number}.5\n")
            file.flush()
            watched.look()
            assert values(watched) == [count + 0.5 for count in range(number + 1)]


def test_a_rewritten_file_replaces_its_losses_and_is_told(watched: Watched) -> None:
    """What came from the old content is replaced, never doubled."""
    log = watched.log(1)
    log.write_text("1.0\n2.0\n")
    watched.look()
    log.write_text("3.0\n4.0\n")
    os.utime(log, (time.time() + 5, time.time() + 5))
    watched.look()
    assert values(watched) == [3.0, 4.0]
    assert any("Rewritten" in message for message in watched.messages())


def test_a_truncated_file_keeps_only_what_it_holds(watched: Watched) -> None:
    """A shorter file is read again from its beginning."""
    log = watched.log(1)
    log.write_text("1.0\n2.0\n3.0\n")
    watched.look()
    log.write_text("1.0\n")
    watched.look()
    assert values(watched) == [1.0]


def test_zeros_that_another_node_has_not_filled_yet_are_waited_for(watched: Watched) -> None:
    """A block of zeros is told with its offset, and heals when the bytes come."""
    log = watched.log(1)
    log.write_bytes(b"1.0\n2.0\n" + bytes(8))
    watched.look()
    assert values(watched) == [1.0, 2.0]
    (entry,) = [e for e in watched.monitor.snapshot.activity if e.kind == "zeros"]
    assert entry.offset == 8
    log.write_bytes(b"1.0\n2.0\n3.0\n4.0\n")
    os.utime(log, (time.time() + 5, time.time() + 5))
    watched.look()
    assert values(watched) == [1.0, 2.0, 3.0, 4.0]


def test_a_refused_line_is_counted_once_and_reading_goes_on(watched: Watched) -> None:
    """A line that is no number is told with file and line; the others close up."""
    watched.log(1).write_text("1.0\nrubbish\n2.0\n")
    snapshot = watched.look()
    assert values(watched) == [1.0, 2.0]
    (entry,) = [e for e in snapshot.activity if e.kind == "refused"]
    assert (entry.line, entry.file) == (2, watched.log(1).name)
    assert snapshot.source.incidents == 1
    assert watched.look().source.incidents == 1


def test_all_refused_lines_of_a_summary_are_counted(watched: Watched) -> None:
    """Only some are kept as samples; the number told is that of all."""
    watched.log(1).write_text("1.0\n")
    summary = watched.log(1).name.replace("log_", "summary_")
    watched.log(1).with_name(summary).write_text("no colon\n" * 25)
    (entry,) = [e for e in watched.look().activity if e.kind == "refused"]
    assert "(25 refused in all)" in entry.message


def test_binary_rubbish_under_a_log_name_is_no_timestep(watched: Watched) -> None:
    """It is told, and stops nothing."""
    watched.log(1).write_bytes(bytes(range(256)) * 64)
    watched.log(2).write_text("1.0\n")
    for _ in range(14):
        snapshot = watched.look(6)
    assert snapshot.run.n_timesteps == 1
    assert snapshot.source.incidents >= 1


def test_an_empty_file_is_a_timestep_without_batches(watched: Watched) -> None:
    """A plugin has opened it; its losses follow."""
    watched.log(1).write_text("")
    assert watched.look().run.n_timesteps == 1


def test_a_directory_that_comes_later_is_waited_for(watched: Watched) -> None:
    """A missing directory is a state, not an error."""
    shutil.rmtree(watched.directory)
    snapshot = watched.look()
    assert not snapshot.source.exists
    assert snapshot.source.state == "empty"
    watched.directory.mkdir()
    watched.log(1).write_text("1.0\n")
    snapshot = watched.look()
    assert snapshot.source.exists
    assert snapshot.run.n_timesteps == 1


def test_a_deleted_run_stays_on_show_until_another_one_writes(watched: Watched) -> None:
    """The plugin deletes and re-creates its directory when a run starts."""
    for number in (1, 2, 3):
        watched.log(number).write_text(f"{number}.0\n")
    first = watched.look().run.id
    shutil.rmtree(watched.directory)
    snapshot = watched.look()
    assert (snapshot.run.n_timesteps, snapshot.source.exists) == (3, False)
    watched.directory.mkdir()
    assert watched.look().run.n_timesteps == 3
    watched.log(1).write_text("9.0\n")
    later = time.time() + 100
    os.utime(watched.log(1), (later, later))
    snapshot = watched.look()
    assert values(watched) == [9.0]
    assert snapshot.run.id != first
    assert any("new run" in message for message in watched.messages())


def test_a_directory_replaced_between_two_looks_is_a_new_run(watched: Watched) -> None:
    """The newest timestep that was read is gone: the files are another run's."""
    for number in (1, 2, 3):
        watched.log(number).write_text(f"{number}.0\n")
    watched.look()
    shutil.rmtree(watched.directory)
    watched.directory.mkdir()
    watched.log(1).write_text("9.0\n")
    watched.look()
    assert values(watched) == [9.0]


def test_purged_old_files_leave_their_values(watched: Watched) -> None:
    """The file system deletes what is old; the run is still the same."""
    for number in (1, 2, 3):
        watched.log(number).write_text(f"{number}.0\n")
    watched.look()
    watched.log(1).unlink()
    watched.look()
    assert values(watched) == [1.0, 2.0, 3.0]


def test_going_back_in_model_time_is_a_new_attempt(watched: Watched) -> None:
    """An earlier timestep that is written again begins an attempt; nothing is doubled."""
    for number in range(1, 6):
        watched.log(number).write_text(f"{number}.0\n")
        watched.look()
    for number in (3, 4):
        watched.log(number).write_text(f"{number}.25\n")
        later = time.time() + 10 + number
        os.utime(watched.log(number), (later, later))
        watched.look()
    run = watched.monitor.snapshot.run
    assert values(watched) == [1.0, 2.0, 3.25, 4.25, 5.0]
    assert len(run.attempts) == 2
    assert list(run.table.attempt) == [0, 0, 1, 1, 0]


def test_timesteps_left_behind_by_an_earlier_attempt_leave_the_run(watched: Watched) -> None:
    """Files more than a minute older than an earlier timestep's are a dropped attempt."""
    for number in range(1, 6):
        watched.log(number).write_text(f"{number}.0\n")
    watched.look()
    watched.log(2).write_text("2.25\n")
    later = time.time() + 300
    os.utime(watched.log(2), (later, later))
    watched.look()
    run = watched.monitor.snapshot.run
    assert values(watched) == [1.0, 2.25]
    assert run.dropped == 3
    watched.log(3).write_text("3.25\n")
    os.utime(watched.log(3), (later + 1, later + 1))
    watched.look()
    assert values(watched) == [1.0, 2.25, 3.25]
    assert watched.monitor.snapshot.run.dropped == 2


def test_a_cold_start_finds_the_same_attempts_as_a_watched_run(watched: Watched) -> None:
    """What belongs to the run follows from the files, not from having been there."""
    for number in range(1, 6):
        watched.log(number).write_text(f"{number}.0\n")
        os.utime(watched.log(number), (1000.0 + number, 1000.0 + number))
    os.utime(watched.log(2), (2000.0, 2000.0))
    run = watched.look().run
    assert values(watched) == [1.0, 2.0]
    assert run.dropped == 3


def test_two_names_of_one_model_time_are_one_timestep(watched: Watched) -> None:
    """The later-written file counts."""
    first = watched.directory / "log_1979-01-01 00:01:00.txt"
    second = watched.directory / "log_1979-01-01T00-01-00.000.txt"
    first.write_text("1.0\n")
    second.write_text("2.0\n")
    os.utime(first, (1000.0, 1000.0))
    os.utime(second, (1001.0, 1001.0))
    assert watched.look().run.n_timesteps == 1
    assert values(watched) == [2.0]


def test_the_summary_is_read_with_its_timestep(watched: Watched) -> None:
    """Pairs keep their names; numbers are numbers."""
    watched.log(1).write_text("1.0\n3.0\n")
    summary = watched.directory / watched.log(1).name.replace("log_", "summary_")
    summary.write_text("Timestep: 1979-01-01 00:01:00\nMean Loss: 2.000000\nno colon\n")
    snapshot = watched.look()
    assert dict(snapshot.run.timestep(0).summary)["Mean Loss"] == 2.0
    assert any(entry.file == summary.name for entry in snapshot.activity)


def test_non_finite_losses_of_neighbouring_timesteps_are_one_row(watched: Watched) -> None:
    """A stretch of NaN is one incident; another stretch is another."""
    for number in range(1, 8):
        loss = "nan" if number in (2, 3, 6) else "1.0"
        watched.log(number).write_text(f"1.0\n{loss}\n")
        watched.look()
    rows = [e for e in watched.monitor.snapshot.activity if e.kind == "non_finite"]
    assert [row.message.split(" ")[0] for row in rows] == ["2", "1"]
    assert int(np.sum(watched.monitor.snapshot.run.table.nan)) == 3


def test_a_quiet_look_changes_and_publishes_nothing(watched: Watched) -> None:
    """The same files give the same version."""
    watched.log(1).write_text("1.0\n")
    watched.look()
    counter = watched.look().counter
    opens = watched.monitor.snapshot.source.io.opens
    published = len(watched.published)
    assert watched.look().counter == counter
    assert len(watched.published) == published
    assert watched.monitor.snapshot.source.io.opens == opens


def test_a_restart_seen_together_with_the_last_timestep_is_one_attempt(watched: Watched) -> None:
    """Within one look the order of writing counts, not that of model time."""
    now = time.time()
    for number in range(1, 6):
        watched.log(number).write_text(f"{number}.0\n")
        watched.look()
    watched.log(6).write_text("6.0\n")
    os.utime(watched.log(6), (now + 10, now + 10))
    watched.log(3).write_text("3.25\n")
    os.utime(watched.log(3), (now + 11, now + 11))
    watched.look()
    watched.log(4).write_text("4.25\n")
    os.utime(watched.log(4), (now + 12, now + 12))
    watched.look()
    assert len(watched.monitor.snapshot.run.attempts) == 2


def test_names_that_come_in_parts_give_the_same_attempts(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow server tells the newest names first; what they belong to shows at the end."""
    monkeypatch.setattr("loss_monitor.source.watch._NEW_NAMES_S", -1.0)
    for number in range(1, 9):
        watched.log(number).write_text(f"{number}.0\n")
        written_s = (2000.0 if number in (3, 4) else 1000.0) + number
        os.utime(watched.log(number), (written_s, written_s))
    run = watched.look().run
    assert values(watched) == [1.0, 2.0, 3.0, 4.0]
    assert list(run.table.attempt) == [0, 0, 1, 1]
    assert (run.dropped, len(run.attempts)) == (4, 2)
    assert sum(entry.kind == "restart" for entry in watched.monitor.snapshot.activity) == 1


def test_the_first_timestep_written_again_after_a_cold_start_is_an_attempt(
    watched: Watched,
) -> None:
    """What was there already counts as written in its order."""
    for number in range(1, 6):
        watched.log(number).write_text(f"{number}.0\n")
    watched.look()
    watched.log(3).write_text("3.25\n")
    later = time.time() + 10
    os.utime(watched.log(3), (later, later))
    watched.look()
    assert len(watched.monitor.snapshot.run.attempts) == 2


def test_a_timestep_found_late_does_not_begin_an_attempt_twice(watched: Watched) -> None:
    """A known file is seen at once, a new name when the directory is listed again."""
    now = time.time()
    for number in range(1, 6):
        watched.log(number).write_text(f"{number}.0\n")
        watched.look()
    written = [(3, "3.25\n", 11), (6, "6.0\n", 10), (4, "4.25\n", 12), (5, "5.25\n", 13)]
    for number, text, later_s in written:
        watched.log(number).write_text(text)
        os.utime(watched.log(number), (now + later_s, now + later_s))
        watched.look()
    assert len(watched.monitor.snapshot.run.attempts) == 2


def test_the_latest_timestep_is_complete_once_its_file_is_settled(watched: Watched) -> None:
    """A minute without change says so; it is a new version, but no news of the training."""
    watched.log(1).write_text("0.5\n0.25\n")
    written = watched.look()
    assert not written.run.timestep(0).complete
    for _ in range(14):
        watched.look(5)
    settled = watched.monitor.snapshot
    assert settled.run.timestep(0).complete
    assert settled.counter > written.counter
    assert settled.changed_at == written.changed_at
    assert values(watched) == [0.5, 0.25]


def test_a_settled_file_that_grows_again_is_incomplete_again(watched: Watched) -> None:
    """What was given up when it settled is read again whole."""
    log = watched.log(1)
    log.write_text("0.5\n")
    watched.look()
    for _ in range(14):
        watched.look(5)
    with log.open("a") as file:
        file.write("0.25\n")
    later = time.time() + 100
    os.utime(log, (later, later))
    after = watched.look(10)
    assert values(watched) == [0.5, 0.25]
    assert not after.run.timestep(0).complete


def test_a_directory_that_goes_is_told_once(watched: Watched) -> None:
    """The log says when the files went, although the figures stay on show."""
    watched.log(1).write_text("1.0\n")
    watched.look()
    shutil.rmtree(watched.directory)
    watched.look()
    watched.look()
    assert sum("directory is gone" in message for message in watched.messages()) == 1


def test_a_settled_file_is_whole_for_the_next_run_too_whatever_the_clocks_say(
    watched: Watched,
) -> None:
    """Beside a server whose clock is ahead only the watch knows that nothing more comes."""
    ahead_s = watched.clock.wall_s() + 3600
    for number in (1, 2):
        watched.log(number).write_text("0.5\n0.25")
        os.utime(watched.log(number), (ahead_s, ahead_s))
    for _ in range(14):
        watched.look(5)
    assert values(watched) == [0.5, 0.25] * 2
    watched.log(2).unlink()
    watched.look()
    assert values(watched) == [0.5, 0.25]
