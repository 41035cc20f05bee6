"""When a file was made, where the file system tells it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from loss_monitor.source.birth import birth_s


def test_a_file_is_born_when_it_is_made_however_often_it_is_written(tmp_path: Path) -> None:
    """Its modification time moves on, its birth does not."""
    before_s = time.time()
    path = tmp_path / "log"
    path.write_text("1\n")
    born_s = birth_s(str(path))
    if born_s is None:
        pytest.skip("this file system does not keep the time of birth")
    assert before_s - 1 < born_s < time.time() + 1
    with path.open("a") as file:
        file.write("2\n")
    assert birth_s(str(path)) == born_s


def test_of_what_is_not_there_nothing_is_known(tmp_path: Path) -> None:
    """Without raising."""
    assert birth_s(str(tmp_path / "none")) is None
