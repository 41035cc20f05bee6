"""Label and parameters of a run: from `run.toml` beside the data and from the command line."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.series.run import Run

if TYPE_CHECKING:
    from conftest import Watched


def told(run: Run) -> tuple[str, dict[str, str]]:
    """Label and parameters."""
    return run.label, dict(run.params)


def test_a_run_is_called_what_its_file_says(watched: Watched) -> None:
    """Before the first loss, and after each change of the file, also of one written in place."""
    file = watched.directory / "run.toml"
    file.write_text("label = 'wide'\n[params]\nlr = 1\n")
    assert told(watched.look().run) == ("wide", {"lr": "1"})
    watched.log(1).write_text("0.5\n")
    assert told(watched.look().run) == ("wide", {"lr": "1"})
    file.write_text("label = 'wider'\n[params]\nlr = 0.25\n")
    assert told(watched.look().run) == ("wider", {"lr": "0.25"})
    file.unlink()
    assert told(watched.look().run) == ("data", {})


def test_a_settled_file_is_not_opened_again(watched: Watched) -> None:
    """It costs one `stat` a look."""
    (watched.directory / "run.toml").write_text("label = 'wide'\n")
    watched.log(1).write_text("0.5\n")
    for _ in range(20):
        watched.look(5)
    before = watched.monitor.snapshot.source.io
    after = watched.look(5).source.io
    assert after.opens == before.opens
    assert after.bytes_read == before.bytes_read


def test_the_command_line_goes_before_the_file(tmp_path: Path, make_watched: type[Watched]) -> None:
    """Name by name."""
    (tmp_path / "run.toml").write_text("label = 'file'\n[params]\nlr = 1\nseed = 2\n")
    watched = make_watched(tmp_path, label="mine", params=(("lr", "3e-4"),))
    assert told(watched.look().run) == ("mine", {"lr": "3e-4", "seed": "2"})


def test_a_broken_file_is_told_and_what_it_said_stays(watched: Watched) -> None:
    """An incident with the line; reading goes on, and mending it mends the row."""
    file = watched.directory / "run.toml"
    file.write_text("label = 'wide'\n")
    watched.log(1).write_text("0.5\n")
    watched.look()
    file.write_text("label = 'wi")
    watched.log(2).write_text("0.25\n")
    snapshot = watched.look()
    assert (snapshot.run.label, snapshot.run.n_timesteps) == ("wide", 2)
    (entry,) = [one for one in snapshot.activity if one.file == "run.toml"]
    assert (entry.level, entry.line, entry.incident) == ("warning", 1, True)
    assert "is no TOML" in entry.message
    file.write_text("label = 'narrow'\n")
    snapshot = watched.look()
    assert snapshot.run.label == "narrow"
    (entry,) = [one for one in snapshot.activity if one.file == "run.toml"]
    assert entry.level == "info"


def test_a_description_is_no_sign_of_life(watched: Watched) -> None:
    """Whoever names an old run does not make it a new one."""
    watched.log(1).write_text("0.5\n")
    before = watched.look().changed_at
    watched.clock.advance(1000)
    (watched.directory / "run.toml").write_text("label = 'wide'\n")
    snapshot = watched.look()
    assert (snapshot.run.label, snapshot.changed_at) == ("wide", before)


def test_the_age_of_an_old_run_is_that_of_its_losses(watched: Watched) -> None:
    """Described yesterday, trained last week."""
    written_s = watched.clock.wall_s() - 500_000
    watched.log(1).write_text("0.5\n")
    os.utime(watched.log(1), (written_s, written_s))
    (watched.directory / "run.toml").write_text("label = 'wide'\n")
    assert watched.look().changed_at == pytest.approx(written_s)


def test_a_run_that_is_gone_keeps_its_name_until_the_next_begins(watched: Watched) -> None:
    """The next run's description is not taken for its own, however early it is there."""
    (watched.directory / "run.toml").write_text("label = 'first'\n")
    watched.log(1).write_text("0.5\n")
    watched.look()
    shutil.rmtree(watched.directory)
    assert watched.look().run.label == "first"
    watched.directory.mkdir()
    (watched.directory / "run.toml").write_text("label = 'second'\n")
    assert watched.look().run.label == "first"
    watched.log(1).write_text("0.25\n")
    snapshot = watched.look()
    assert (snapshot.run.label, snapshot.run.n_values) == ("second", 1)
    # Wiped without its directory, and followed by a run of which nothing is said.
    for file in watched.directory.iterdir():
        file.unlink()
    assert watched.look().run.label == "second"
    watched.log(1).write_text("0.125\n")
    snapshot = watched.look()
    assert (snapshot.run.label, float(snapshot.run.values()[0])) == ("data", 0.125)


def test_a_link_that_leads_out_is_not_read(watched: Watched, tmp_path: Path) -> None:
    """Whoever writes into the directory could show lines of files that only its owner may read."""
    secret = tmp_path / "secret"
    secret.write_text("label = 'secret'\n")
    (watched.directory / "run.toml").symlink_to(secret)
    watched.log(1).write_text("0.5\n")
    snapshot = watched.look()
    assert snapshot.run.label == "data"
    assert any("leads out" in entry.message for entry in snapshot.activity)


def test_logs_of_one_directory_have_descriptions_of_their_own(
    tmp_path: Path, make_watched: type[Watched]
) -> None:
    """`LOG.exp.NAME.toml` is of one experiment, `run.toml` of all that have none."""
    line = " 0:  INFO(messe): [rank=0] step={} loss=0.5\n"
    for name in ("a", "b"):
        log = tmp_path / f"LOG.exp.{name}.run.1.o"
        log.write_text("".join(line.format(step) for step in range(3)))
    (tmp_path / "LOG.exp.a.toml").write_text("label = 'net a'\n[params]\nlr = 1\n")
    (tmp_path / "run.toml").write_text("label = 'any'\n")
    cases = (("LOG.exp.a.*", ("net a", {"lr": "1"})), ("LOG.exp.b.*", ("any", {})))
    for pattern, expected in cases:
        watched = make_watched(tmp_path, [str(tmp_path / pattern)])
        snapshot = watched.look()
        assert told(snapshot.run) == expected
        assert snapshot.run.n_timesteps > 0
        assert [Path(path).suffix for path in snapshot.source.job_logs] == [".o"]
        # Logs that are gone keep what was said of them, and what is left of them is no log.
        for path in tmp_path.glob(pattern):
            path.unlink()
        for path in tmp_path.glob("*.toml"):
            path.unlink()
        assert told(watched.look().run) == expected
        (tmp_path / "LOG.exp.a.toml").write_text("label = 'net a'\n[params]\nlr = 1\n")
        (tmp_path / "run.toml").write_text("label = 'any'\n")


def test_a_description_alone_is_no_job_log(tmp_path: Path, make_watched: type[Watched]) -> None:
    """Written before the job has begun: the log is waited for."""
    (tmp_path / "LOG.exp.a.toml").write_text("label = 'net a'\n")
    watched = make_watched(tmp_path, [str(tmp_path / "LOG.exp.a.*")])
    assert not watched.look().source.exists
    line = " 0:  INFO(messe): [rank=0] step={} loss=0.5\n"
    (tmp_path / "LOG.exp.a.run.1.o").write_text("".join(map(line.format, range(3))))
    snapshot = watched.look()
    assert (snapshot.source.exists, snapshot.run.label) == (True, "net a")
