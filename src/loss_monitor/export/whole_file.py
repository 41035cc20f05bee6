"""A file that is written whole or not at all; a device or pipe is written as it is.

Enters: a path that a user named. Leaves: a path to write to, which takes that one's place once
all is on disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the path to write to; what is written replaces `path` once it is on disk.

    A link stays, and what it leads to is replaced; `/dev/stdout` and the like, which are no
    regular files, are written to themselves. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    # Not `target`: that of a pipe is a text such as `pipe:[4711]`.
    if path.exists() and not path.is_file():
        yield path
        return
    made = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield made
        with made.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(made, target)
    finally:
        made.unlink(missing_ok=True)
