"""Many settled files at once: a run is the same as where each is read for itself."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from loss_monitor.monitor import loss_files
from loss_monitor.series.snapshot import Snapshot

pytestmark = pytest.mark.usefixtures("core")

OLD_S = 3600.0

ODD = (
    b"1\nrubbish\n2\n",
    b"",
    b"1\n2",
    b"\0\0\0\0",
    b"epoch_1: 0.5\nepoch_2: 0.25\n",
    b"nan\n\ninf\n3\n",
    b"rubbish\n",
    b"0.1234567890123456789012345678\n",
    b"1\n" * 40_000,
    b"x" * 2_000_000 + b"\n1\n",
)


def write(watched, n_files=80):
    """Write plain files with odd ones, links and a pipe among them, all an hour old."""
    old_s = watched.clock.wall_s() - OLD_S
    outside = watched.directory.parent / "outside.txt"
    outside.write_bytes(b"9\n")
    for number in range(1, n_files + 1):
        path = watched.log(number)
        at, is_odd = divmod(number, 7)
        if number == n_files:
            path.symlink_to(outside)
        elif number == n_files - 1:
            path.symlink_to(watched.log(1))
        else:
            plain = b"".join(b"%d.5\n" % (number + batch) for batch in range(number % 5))
            path.write_bytes(plain if is_odd else ODD[at % len(ODD)])
        os.utime(path, (old_s + number, old_s + number), follow_symlinks=False)


def told(snapshot: Snapshot) -> list[object]:
    """Return all that a page is told of the files, in comparable form."""
    run = snapshot.run
    timesteps = [run.timestep(index) for index in range(run.n_timesteps)]
    return [
        [(one.label, one.values.tobytes(), one.unit, one.complete, one.wall_time, one.source)
         for one in timesteps],
        sorted((entry.message, entry.file or "", entry.line or 0) for entry in snapshot.activity),
        snapshot.source.incidents,
    ]  # fmt: skip


def test_a_run_is_the_same_as_where_each_file_is_read_for_itself(
    make_watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses, units, refusals and links, whatever stands beside a file."""
    directory = tmp_path / "data"
    directory.mkdir()
    together = make_watched(directory)
    write(together)
    first = together.look()
    assert first.run.n_timesteps > 60
    with monkeypatch.context() as alone:
        alone.setattr(loss_files, "read_ahead", lambda *_: None)
        one_by_one = make_watched(directory, clock=together.clock)
        assert told(one_by_one.look(0.0)) == told(first)


def test_a_file_that_was_read_with_others_is_followed_as_any(make_watched, tmp_path: Path) -> None:
    """Nothing is opened again without a change; grown, rewritten and gone are told apart."""
    directory = tmp_path / "data"
    directory.mkdir()
    watched = make_watched(directory)
    for number in range(1, 10):
        path = watched.log(number)
        path.write_bytes(b"%d\n" % number)
        os.utime(path, (watched.clock.wall_s() - OLD_S + number,) * 2)
    opens = watched.look().source.io.opens
    assert opens == 9
    assert watched.look(2.0).source.io.opens == opens
    with watched.log(9).open("ab") as file:
        file.write(b"10\n")
    os.utime(watched.log(9), (watched.clock.wall_s(),) * 2)
    assert watched.look(2.0).run.values_of(-1).tolist() == [9.0, 10.0]
    watched.log(8).write_bytes(b"7\n")
    os.utime(watched.log(8), (watched.clock.wall_s() + 1,) * 2)
    snapshot = watched.look(2.0)
    assert snapshot.run.values_of(-2).tolist() == [7.0]
    assert any(message.startswith("Rewritten in place") for message in watched.messages())
    os.unlink(watched.log(1))
    assert np.array_equal(watched.look(100.0).run.values_of(0), [1.0])
