"""Links out of the watched directories: refused when opened, whatever was there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from loss_monitor.tail.cursor import Outcome, read_change, read_part
from loss_monitor.tail.within import Within


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A watched directory with a log, and a secret beside it."""
    (tmp_path / "data" / "runs" / "a").mkdir(parents=True)
    (tmp_path / "data" / "log.txt").write_text("0.5\n")
    (tmp_path / "data" / "runs" / "a" / "events").write_bytes(b"events")
    (tmp_path / "secret").write_text("secret\n")
    return tmp_path


def _read(path: Path, within: Within | None) -> tuple[Outcome, bytes]:
    change = read_change(str(path), None, within=within)
    assert read_part(str(path), 0, within=within).data == change.data
    return change.outcome, change.data


def test_files_of_the_directory_are_read_at_any_depth(place: Path) -> None:
    """Also where the directory is itself named by a link."""
    (place / "named").symlink_to(place / "data")
    for root in ("data", "named"):
        within = Within([str(place / root)])
        assert _read(place / root / "log.txt", within) == (Outcome.NEW, b"0.5\n")
        assert _read(place / root / "runs" / "a" / "events", within)[1] == b"events"


def test_a_link_that_leads_out_is_refused_with_the_remedy(place: Path) -> None:
    """Its target's lines would else stand in the activity log as refused input."""
    (place / "data" / "log_x.txt").symlink_to(place / "secret")
    change = read_change(
        str(place / "data" / "log_x.txt"), None, within=Within([str(place / "data")])
    )
    assert change.outcome is Outcome.REFUSED
    assert change.data == b""
    assert change.refusal is not None
    assert "--follow-symlinks" in change.refusal.reason


def test_a_link_within_the_directory_is_followed(place: Path) -> None:
    """`latest` beside the file that it names is common."""
    (place / "data" / "latest").symlink_to("log.txt")
    assert _read(place / "data" / "latest", Within([str(place / "data")]))[1] == b"0.5\n"


def test_a_directory_that_became_a_link_is_no_way_out(place: Path) -> None:
    """Between the listing and the reading another user may put a link in its place."""
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "events").write_bytes(b"secret")
    (place / "data" / "runs" / "b").symlink_to(place / "elsewhere")
    within = Within([str(place / "data")])
    assert _read(place / "data" / "runs" / "b" / "events", within)[0] is Outcome.REFUSED


def test_a_sibling_with_the_same_beginning_is_outside(place: Path) -> None:
    """`data2` is not below `data`."""
    (place / "data2").mkdir()
    (place / "data2" / "log.txt").write_text("1\n")
    (place / "data" / "out").symlink_to(place / "data2" / "log.txt")
    assert _read(place / "data" / "out", Within([str(place / "data")]))[0] is Outcome.REFUSED


def test_without_bounds_every_link_is_followed(place: Path) -> None:
    """As `--follow-symlinks` asks."""
    (place / "data" / "log_x.txt").symlink_to(place / "secret")
    assert _read(place / "data" / "log_x.txt", None)[1] == b"secret\n"


def test_a_log_that_was_named_by_a_link_is_the_file_behind_it(place: Path) -> None:
    """The user said so; what others link beside it is not meant."""
    (place / "logs").mkdir()
    (place / "logs" / "LOG.1.o").write_text("line\n")
    (place / "current").symlink_to(place / "logs" / "LOG.1.o")
    (place / "logs" / "LOG.2.o").symlink_to(place / "secret")
    within = Within([], [str(place / "current"), str(place / "logs" / "LOG.*.o")])
    assert _read(place / "current", within)[1] == b"line\n"
    assert _read(place / "logs" / "LOG.2.o", Within([], [str(place / "logs" / "LOG.*.o")]))[0] is (
        Outcome.REFUSED
    )
