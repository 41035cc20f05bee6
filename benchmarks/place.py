"""Where a benchmark keeps its data: a scratch folder that several benchmarks share.

Enters: a folder. Leaves: paths of data that are made once, by a seed, and found again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import PEERS
from turns import tell

_FREE_LEAST = 1_000_000_000
"""Bytes that stay free on the disk of the scratch folder."""


class NoSpaceError(Exception):
    """The disk has no room for the data of a benchmark."""


class Place:
    """A scratch folder, and the environment of the peers."""

    def __init__(self, folder: Path) -> None:
        """Use an existing folder."""
        self.folder = folder
        self.peers = PEERS

    def data(self, name: str, make: Callable[[Path], object], n_bytes: int = 0) -> Path:
        """Return the path `name` in the folder, made by `make` unless it is there.

        Raises `NoSpaceError` where `n_bytes` do not fit on the disk.
        """
        path = self.folder / name
        if not path.exists():
            free = shutil.disk_usage(self.folder).free
            if free < n_bytes + _FREE_LEAST:
                raise NoSpaceError(
                    f"{name} needs {n_bytes / 1e9:.1f} GB in {self.folder}, {free / 1e9:.1f} GB "
                    "are free: give --scratch a folder on another disk"
                )
            begun_s = time.monotonic()
            half = self.folder / f"{name}.half"
            make(half)
            half.rename(path)
            tell(f"made {name} in {time.monotonic() - begun_s:.1f} s")
        return path

    @contextmanager
    def links(self, *directories: Path) -> Iterator[Path]:
        """Give a new directory with links to all files below others, times kept.

        Files can be added to it without changing those that it was made of.
        """
        with tempfile.TemporaryDirectory(prefix="links_", dir=self.folder) as own:
            for directory in directories:
                shutil.copytree(directory, own, copy_function=os.link, dirs_exist_ok=True)
            yield Path(own)
