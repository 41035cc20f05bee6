"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loss_monitor.export.whole_file import whole_file


def test_what_was_there_stays_until_all_is_written(tmp_path: Path) -> None:
    """Whoever reads it meanwhile reads the old one to its end."""
    path = tmp_path / "run.nc"
    path.write_text("old")
    with whole_file(path) as made:
        made.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["run.nc"]


def test_a_fault_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    """Half a file is never found under the name that was given."""
    path = tmp_path / "run.nc"
    path.write_text("old")

    def write_half() -> None:
        with whole_file(path) as made:
            made.write_text("ne")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["run.nc"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    """Also where that is not there yet."""
    (tmp_path / "elsewhere").mkdir()
    link, target = tmp_path / "run.nc", tmp_path / "elsewhere" / "run.nc"
    link.symlink_to(target)
    for text in ("first", "second"):
        with whole_file(link) as made:
            made.write_text(text)
        assert link.is_symlink()
        assert target.read_text() == text


def test_a_pipe_is_written_to_itself(tmp_path: Path) -> None:
    """It is no file that another could take the place of."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with whole_file(path) as made:
        assert made == path
    assert path.is_fifo()
