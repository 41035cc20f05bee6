"""A process that writes, truncates, replaces and deletes as it is told, line by line.

Enters: one JSON list a line on standard input: an act and its arguments; bytes as Latin-1
text. Leaves: `done` on standard output when the act is done. Standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import BinaryIO


class Acts:
    """What a training process does to its files; handles stay open until closed."""

    def __init__(self) -> None:
        """Hold no file open."""
        self._open: dict[str, BinaryIO] = {}

    def open(self, path: str, mode: str) -> None:
        """Open a file and keep it open."""
        self._open[path] = open(path, f"{mode}b", buffering=0)  # noqa: SIM115

    def put(self, path: str, text: str) -> None:
        """Write into a file that is open, at once."""
        self._open[path].write(text.encode("latin-1"))

    def seek(self, path: str, offset: int) -> None:
        """Move within a file that is open."""
        self._open[path].seek(offset)

    def close(self, path: str) -> None:
        """Close a file."""
        self._open.pop(path).close()

    def rewrite(self, path: str, text: str) -> None:
        """Write a whole file with "w", as the plugin does."""
        with open(path, "wb") as file:
            file.write(text.encode("latin-1"))

    def append(self, path: str, text: str) -> None:
        """Add to a file."""
        with open(path, "ab") as file:
            file.write(text.encode("latin-1"))

    def truncate(self, path: str, size: int) -> None:
        """Cut a file, or lengthen it by zeros."""
        os.truncate(path, size)

    def replace(self, path: str, text: str) -> None:
        """Put another file in a file's place."""
        self.rewrite(f"{path}.new", text)
        os.replace(f"{path}.new", path)

    def unlink(self, path: str) -> None:
        """Delete a file."""
        os.unlink(path)

    def remove_tree(self, path: str) -> None:
        """Delete a directory with all in it."""
        shutil.rmtree(path)

    def make_directory(self, path: str) -> None:
        """Make a directory and those above it."""
        os.makedirs(path, exist_ok=True)


def main() -> None:
    """Do what comes in until it ends."""
    acts = Acts()
    for line in sys.stdin:
        act, *arguments = json.loads(line)
        getattr(acts, act)(*arguments)
        print("done", flush=True)


if __name__ == "__main__":
    main()
