"""A file that changes in all the ways that files under a reader change."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from loss_monitor.tail.cursor import Change, Cursor, read_change

START_NS = 1_700_000_000_000_000_000


class Writer:
    """Writes one file and dates each writing a second later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.time_ns = START_NS

    def rewrite(self, data: bytes) -> None:
        """Open with `"w"`, as the plugin does: the same inode, other bytes."""
        self.path.write_bytes(data)
        self.touch()

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)
        self.touch()

    def overwrite(self, offset: int, data: bytes, *, dated: bool = True) -> None:
        with self.path.open("r+b") as file:
            file.seek(offset)
            file.write(data)
        if dated:
            self.touch()
        else:
            os.utime(self.path, ns=(self.time_ns, self.time_ns))

    def replace(self, data: bytes) -> None:
        """Another file takes the name: another inode, since both are there at once."""
        other = self.path.with_name("other")
        other.write_bytes(data)
        other.rename(self.path)
        self.touch()

    def touch(self) -> None:
        self.time_ns += 1_000_000_000
        os.utime(self.path, ns=(self.time_ns, self.time_ns))


@dataclass
class Seen:
    """What a watch gives to `read_change`."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> Seen:
        found = path.stat()
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def read(writer: Writer, cursor: Cursor | None = None, **more) -> Change:
    return read_change(str(writer.path), cursor, **more)
