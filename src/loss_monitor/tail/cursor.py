"""The place up to which a file was read, and what became of the file since.

Enters: a path and the cursor of the last reading. Leaves: a `Change` with the new bytes.
A file is opened, checked, read and closed; never kept open, and where the system allows it
not even its access time is touched.
"""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, Protocol

from loss_monitor.tail.fingerprint import EMPTY, Fingerprint, OpenBytes, agrees, extend
from loss_monitor.tail.within import Within
from loss_monitor.types import Refusal

READ_BYTES_MAX = 4 * 1024 * 1024
"""Bytes that one call reads unless it is told otherwise."""

# A record or line that is not whole yet seldom begins further from the end than this; there a
# second fingerprint is taken, which still holds when what follows it turns out different.
_UNFINISHED_BYTES = 64 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_NO_ACCESS_TIME = getattr(os, "O_NOATIME", 0)
_NO_LINK = os.O_NOFOLLOW
_LEADS_OUT = (
    "is a link that leads out of the watched directory, which --follow-symlinks would follow"
)


class Outcome(Enum):
    """What became of a file since the cursor's last reading."""

    NEW = "new"
    """It was never read."""
    GROWN = "grown"
    """Bytes follow the cursor; those before it are the same."""
    UNCHANGED = "unchanged"
    TRUNCATED = "truncated"
    """It is shorter than it was."""
    REPLACED = "replaced"
    """Another file has its name."""
    REWRITTEN = "rewritten"
    """The same file holds other bytes."""
    GONE = "gone"
    REFUSED = "refused"
    """It cannot be read, or is no regular file."""


class SeenStat(Protocol):
    """What the watch saw of a file."""

    @property
    def device(self) -> int: ...  # noqa: D102
    @property
    def inode(self) -> int: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def mtime_ns(self) -> int: ...  # noqa: D102


class Cursor(NamedTuple):
    """A position in a file, with proof of which file and of what was before it."""

    device: int = 0
    inode: int = 0
    offset: int = 0
    """Where the next reading begins, in bytes."""
    size: int = 0
    """Size at the last reading, in bytes."""
    mtime_ns: int = 0
    marks: tuple[Fingerprint, ...] = ()
    """Fingerprints of what was read, the longest first."""

    def at(self, offset: int) -> Cursor:
        """Return the cursor moved back to `offset`, the end of the last whole record.

        What lies behind it is read again with the next reading; the proof stays that of all
        bytes read. Raises ValueError for an offset that was not read.
        """
        if not 0 <= offset <= self.offset:
            raise ValueError(f"cannot move a cursor at {self.offset} to {offset}")
        return self._replace(offset=offset)

    def has_seen(self, stat: SeenStat) -> bool:
        """Return whether all bytes of a file with this `stat` were read already."""
        read_to = self.marks[0].length if self.marks else 0
        return (
            stat.mtime_ns == self.mtime_ns
            and stat.size == self.size <= read_to
            and stat.inode == self.inode
            and stat.device == self.device
        )


_UNREAD = Cursor()


class Change(NamedTuple):
    """What one reading found.

    After `TRUNCATED`, `REPLACED` and `REWRITTEN` the data begin at 0 again, and what came
    from the old content is to be dropped.
    """

    outcome: Outcome
    cursor: Cursor
    """Stands behind `data`; as given (or a fresh one) if `GONE` or `REFUSED`."""
    data: bytes = b""
    start: int = 0
    """Offset of the first byte of `data`."""
    more: bool = False
    """Bytes remain behind `data`: read again with the new cursor."""
    refusal: Refusal | None = None
    """Why it was refused; None unless `REFUSED`."""
    opens: int = 0
    """Calls of `open` that were made."""
    bytes_read: int = 0
    """Bytes read from the file, those for the comparison included."""

    @property
    def has_failed(self) -> bool:
        """Whether the file could not be read: nothing is known of it then."""
        return self.outcome in (Outcome.GONE, Outcome.REFUSED)


def read_change(
    path: str,
    cursor: Cursor | None,
    *,
    stat: SeenStat | None = None,
    max_bytes: int = READ_BYTES_MAX,
    within: Within | None = None,
) -> Change:
    """Return what became of `path` since `cursor`, with at most `max_bytes` of data.

    With `stat`, what the watch saw of the regular file just now, a file all of whose bytes were
    seen is not opened. Without it, bytes that a cursor was moved back over are given again although
    nothing changed. None as cursor means that nothing was read yet. A link that leads out of
    `within` is refused; None follows every link. Never raises OSError.
    """
    if cursor is not None and stat is not None and cursor.has_seen(stat):
        return Change(Outcome.UNCHANGED, cursor, start=cursor.offset)
    given = cursor or _UNREAD
    return _opened(
        path,
        given,
        lambda source, info: _read(source, info, given, max_bytes),
        within,
        is_regular=stat is not None,
    )


def read_part(
    path: str, start: int, *, max_bytes: int = READ_BYTES_MAX, within: Within | None = None
) -> Change:
    """Return at most `max_bytes` of `path` from offset `start` on, as of a file never read.

    For a look at a file's end ahead of the rest: nothing is said of the bytes before, and
    the cursor that comes back proves nothing. Never raises OSError.
    """
    return _opened(
        path, _UNREAD, lambda source, info: _read_part(source, info, start, max_bytes), within
    )


def _opened(
    path: str,
    given: Cursor,
    read: Callable[[OpenBytes, os.stat_result], Change],
    within: Within | None,
    *,
    is_regular: bool = False,
) -> Change:
    """Return what `read` makes of the opened file; a refusal where it cannot be opened."""
    opens = 0
    in_doubt = within is not None and not within.holds_directly(path)
    try:
        # Asked before opening: to open a pipe wakes its writer, to open a tape moves it.
        if not (is_regular or modes.S_ISREG(os.stat(path).st_mode)):
            return _refuse(given, opens, "is not a regular file")
        descriptor, opens, is_link = open_quietly(path, links_told=within is not None)
        try:
            info = os.fstat(descriptor)
            if not modes.S_ISREG(info.st_mode):
                return _refuse(given, opens, "is not a regular file")
            if within is not None and (is_link or in_doubt) and not within.holds(descriptor, path):
                return _refuse(given, opens, _LEADS_OUT)
            return read(OpenBytes(descriptor, opens), info)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return Change(Outcome.GONE, given, start=given.offset, opens=opens)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return _refuse(given, opens, "is a symbolic link that leads back to itself")
        return _refuse(given, opens, f"cannot be read: {error.strerror}")


def open_quietly(path: str, *, links_told: bool) -> tuple[int, int, bool]:
    """Return a descriptor, the calls of `open` that it took, and whether `path` is a link.

    The last is told with `links_told` only. Raises OSError.
    """
    opens, flags = 0, _FLAGS | _NO_ACCESS_TIME | (_NO_LINK if links_told else 0)
    while True:
        opens += 1
        try:
            return os.open(path, flags), opens, links_told and not flags & _NO_LINK
        except PermissionError:
            if not flags & _NO_ACCESS_TIME:
                raise
            # Only a file's owner may leave its access time alone.
            flags &= ~_NO_ACCESS_TIME
        except OSError as error:
            if error.errno != errno.ELOOP or not flags & _NO_LINK:
                raise
            flags &= ~_NO_LINK


def _refuse(cursor: Cursor, opens: int, fault: str) -> Change:
    refusal = Refusal(f"{fault}; expected a regular file that this user may read")
    return Change(Outcome.REFUSED, cursor, start=cursor.offset, refusal=refusal, opens=opens)


def _read(source: OpenBytes, info: os.stat_result, cursor: Cursor, max_bytes: int) -> Change:
    outcome, proof = _compare(cursor, info, source)
    if outcome is Outcome.UNCHANGED:
        same = cursor._replace(mtime_ns=info.st_mtime_ns)
        return Change(outcome, same, b"", same.offset, False, None, *source.cost)
    start = cursor.offset if outcome is Outcome.GROWN else 0
    data = source.load(start, min(info.st_size, start + max_bytes))
    # One number object where a file was read to its end: there are cursors by the thousand.
    stop = info.st_size if start + len(data) == info.st_size else start + len(data)
    earlier = cursor.marks if outcome is Outcome.GROWN else ()
    marks = _marks(proof, earlier, start, stop, source)
    after = Cursor(info.st_dev, info.st_ino, stop, info.st_size, info.st_mtime_ns, marks)
    more = bool(data) and stop < info.st_size
    return Change(outcome, after, data, start, more, None, *source.cost)


def _read_part(source: OpenBytes, info: os.stat_result, start: int, max_bytes: int) -> Change:
    data = source.load(start, min(info.st_size, start + max_bytes))
    stop = start + len(data)
    after = Cursor(info.st_dev, info.st_ino, stop, info.st_size, info.st_mtime_ns)
    more = bool(data) and stop < info.st_size
    return Change(Outcome.NEW, after, data, start, more, None, *source.cost)


def _compare(
    cursor: Cursor, info: os.stat_result, source: OpenBytes
) -> tuple[Outcome, Fingerprint]:
    """Return what became of the file, and the longest fingerprint that still holds."""
    if cursor == _UNREAD:
        return Outcome.NEW, EMPTY
    if (cursor.device, cursor.inode) != (info.st_dev, info.st_ino):
        return Outcome.REPLACED, EMPTY
    if info.st_size < cursor.size:
        return Outcome.TRUNCATED, EMPTY
    grown = info.st_size > cursor.size
    touched = info.st_mtime_ns != cursor.mtime_ns
    unread = cursor.offset < info.st_size
    if not (grown or touched or unread):
        return Outcome.UNCHANGED, EMPTY
    proof = _proof(cursor, source, whole=touched and not grown)
    if proof is None:
        return Outcome.REWRITTEN, EMPTY
    return (Outcome.GROWN if unread else Outcome.UNCHANGED), proof


def _proof(cursor: Cursor, source: OpenBytes, *, whole: bool) -> Fingerprint | None:
    """Return the longest fingerprint that holds and covers what was taken, None if none does.

    Bytes that the cursor was moved back over may differ: a block of zeros that another
    node's bytes have filled since. Then a shorter fingerprint has to hold.
    """
    if not cursor.marks:
        return EMPTY
    longest, *others = cursor.marks
    if agrees(longest, source, whole=whole):
        return longest
    if cursor.offset < longest.length:
        for mark in others:
            if agrees(mark, source, whole=True):
                return mark
    return None


def _marks(
    proof: Fingerprint,
    earlier: tuple[Fingerprint, ...],
    start: int,
    stop: int,
    source: OpenBytes,
) -> tuple[Fingerprint, ...]:
    """Return the fingerprints to keep after bytes `start` to `stop` were read."""
    if not start and 0 < stop <= _UNFINISHED_BYTES:
        return (extend(EMPTY, stop, source),)
    marks = {mark.length: mark for mark in earlier if mark.length <= start}
    kept = [marks[max(marks)]] if marks else []
    if proof.length:
        kept.append(proof)
    last = proof
    for length in (stop - _UNFINISHED_BYTES, stop):
        if length > last.length:
            last = extend(last, length, source)
            kept.append(last)
    by_length = {mark.length: mark for mark in kept}
    return tuple(by_length[length] for length in sorted(by_length, reverse=True))
