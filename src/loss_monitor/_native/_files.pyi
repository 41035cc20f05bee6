"""Small files of numbers, opened, checked, read and parsed in one go."""

from collections.abc import Sequence

from loss_monitor.types import Floats

def read_plain_files(
    paths: list[str],
    stats: Sequence[tuple[int, int, int, int, int]],
    numbers: Floats,
    follows_links: bool,
) -> tuple[list[int], list[int], int, int]:
    """Read small files of one number, or of blanks, a line, one after the other.

    `paths` are as the file system has them; `stats` are their device, inode, size in bytes,
    mtime in nanoseconds and mode, as they were seen; `numbers` is float64 of shape (room,), of
    which half as much as all bytes, and one a file, is always enough. Returns the number of
    values of each, which lie in `numbers` one behind the other, and the CRC-32C of each; then
    the calls of `open` and the bytes read. A file that is not plain has -1 values: more than
    64 KiB, not as it was seen, not readable, a link unless `follows_links`, or with a line that
    is no number. The interpreter is free meanwhile. Raises ValueError for a zero byte in a path.
    """
