"""Small files of one number a line, opened, checked, read and parsed in one go.

Enters: paths, and how each file was seen. Leaves: the numbers of those that are plain. All else
(a link, a file that changed meanwhile, an error, a line that is no number) is left to the
caller, which looks at it closely. The compiled core has the same function.
"""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Sequence

from loss_monitor.parse.decimal_text import read_numbers
from loss_monitor.tail.cursor import SeenStat, open_quietly
from loss_monitor.tail.fingerprint import EMPTY, SMALL_BYTES, OpenBytes, extend
from loss_monitor.types import Floats

NOT_PLAIN = -1
"""In the place of a number of values."""


def read_plain_files(
    paths: Sequence[str], stats: Sequence[SeenStat], numbers: Floats, follows_links: bool
) -> tuple[list[int], list[int], int, int]:
    """Read small files of one number, or of blanks, a line, one after the other.

    `paths` are as the file system has them, `stats` as the watch saw them. `numbers` is
    float64 of shape (room,), of which half as much as all bytes, and one a file, is always
    enough. Returns the number of values of each, which lie in `numbers` one behind the other,
    and the checksum of each, as `fingerprint` has it; then the calls of `open` and the bytes
    read. A file that is not plain has -1 values: more than `SMALL_BYTES`, not as it was seen,
    not readable, a link unless `follows_links`, or with a line that is no number.
    """
    values, checksums = [], []
    taken = opens = bytes_read = 0
    for path, seen in zip(paths, stats, strict=True):
        count, checksum, (tries, cost) = _read(path, seen, numbers[taken:], follows_links)
        values.append(count)
        checksums.append(checksum)
        taken += max(0, count)
        opens += tries
        bytes_read += cost
    return values, checksums, opens, bytes_read


def _read(
    path: str, seen: SeenStat, numbers: Floats, follows_links: bool
) -> tuple[int, int, tuple[int, int]]:
    """Return the number of values of one file, its checksum, and what it cost."""
    if seen.size > SMALL_BYTES:
        return NOT_PLAIN, 0, (0, 0)
    try:
        descriptor, opens, is_link = open_quietly(path, links_told=not follows_links)
    except OSError:
        return NOT_PLAIN, 0, (1, 0)
    source = OpenBytes(descriptor, opens)
    try:
        if is_link or not _is_as_seen(os.fstat(descriptor), seen):
            return NOT_PLAIN, 0, source.cost
        data = source.load(0, seen.size)
        if len(data) < seen.size:
            return NOT_PLAIN, 0, source.cost
        count, _, end = read_numbers(data, 0, numbers)
        if end < len(data):
            return NOT_PLAIN, 0, source.cost
        return count, extend(EMPTY, seen.size, source).body, source.cost
    except OSError:
        return NOT_PLAIN, 0, source.cost
    finally:
        os.close(descriptor)


def _is_as_seen(found: os.stat_result, seen: SeenStat) -> bool:
    return modes.S_ISREG(found.st_mode) and (
        (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        == (seen.device, seen.inode, seen.size, seen.mtime_ns)
    )
