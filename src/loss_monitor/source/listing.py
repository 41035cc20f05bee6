"""The names in one directory, listed again only when the directory changed.

Enters: a path. Leaves: the names that came and went since the last time.
A directory's mtime is only as fine as its file system's clock (a second on Lustre), so a
listing made within the same tick as a change is made again once the tick is over.
"""

from __future__ import annotations

import math
import os
import stat
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from loss_monitor.clock import Clock

# Delays after which a directory that was seen to change is listed once more.
_RELIST_FINE_S = (0.1,)
_RELIST_COARSE_S = (1.0, 2.0)
_RELIST_NETWORK_S = (1.0, 4.0)
_SEARCH_EVERY_S = 60.0
_NS_PER_S = 1_000_000_000
LISTINGS_PER_S_MAX = 2


@dataclass(slots=True)
class Calls:
    """Requests made to the file system, counted where they are made."""

    stats: int = 0
    listings: int = 0


class NewName(NamedTuple):
    """A name that was not there at the last listing."""

    path: str
    """The directory's path and the name."""
    is_directory: bool
    """False for a symbolic link to a directory."""
    is_link: bool


@dataclass(slots=True)
class NameChanges:
    """What one check of a directory found."""

    missing: bool = False
    error: str = ""
    recreated: bool = False
    """Another directory stands under this path; `gone` holds all names of the old one."""
    new: list[NewName] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Paths of names that are not there any more."""


class Listing:
    """One directory and the names last seen in it.

    Does not promise to see a name that came and went between two checks.
    """

    def __init__(self, path: str, clock: Clock, calls: Calls, *, network: bool) -> None:
        """Prepare to list `path`; asks nothing of the file system yet."""
        self.path = path
        self.mtime_ns = 0
        self._clock = clock
        self._calls = calls
        self._network = network
        self._identity: tuple[int, int] | None = None
        self._stamp: tuple[int, ...] | None = None
        # By path: the same text serves all who know the file, and there are many.
        self._is_directory: dict[str, bool] = {}
        self._stale = False
        self._relist_at: list[float] = []
        self._listed_at: deque[float] = deque(maxlen=LISTINGS_PER_S_MAX)
        self._searched_s: float | None = None
        """When it was last to be listed for the sake of a name that led nowhere."""

    def check(self, *, age_max_s: float | None = None) -> NameChanges:
        """Return what changed: one `stat`, and one listing if the names may have changed.

        They may have where the directory's `stat` differs, or where the last listing is older
        than `age_max_s`: a directory's mtime stands still when a machine whose clock is behind
        writes to it. A missing directory is forgotten: when it comes back all its names are new.
        """
        changes = NameChanges()
        self._calls.stats += 1
        try:
            found = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return NameChanges(missing=True, gone=self.clear())
        except OSError as error:
            return NameChanges(error=f"{self.path} cannot be read: {error.strerror}")
        if not stat.S_ISDIR(found.st_mode):
            error_text = f"{self.path} is not a directory"
            return NameChanges(missing=True, error=error_text, gone=self.clear())
        identity = (found.st_dev, found.st_ino)
        if self._identity not in (None, identity):
            changes.recreated = True
            changes.gone = self.clear()
        self._identity = identity
        self._note(found, age_max_s)
        now = self._clock.monotonic_s()
        if self._stale and self._may_list(now):
            self._list(changes, now)
        return changes

    def forget(self, path: str) -> None:
        """Drop one name, so that the next listing which holds it reports it as new.

        The next check lists: what was away for a moment together with a directory above this one
        left no trace in this one's `stat`. Once a minute, since a name may lead nowhere for good.
        """
        self._is_directory.pop(path, None)
        now = self._clock.monotonic_s()
        if self._searched_s is None or now - self._searched_s >= _SEARCH_EVERY_S:
            self._stale = True
            self._searched_s = now

    def clear(self) -> list[str]:
        """Forget the directory and return the paths of the names that were known."""
        gone = list(self._is_directory)
        self._identity = None
        self._stamp = None
        self._is_directory = {}
        self._stale = False
        self._relist_at = []
        return gone

    def _note(self, found: os.stat_result, age_max_s: float | None) -> None:
        """Decide from a directory's `stat` whether its names are stale."""
        now = self._clock.monotonic_s()
        stamp = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_nlink)
        if stamp != self._stamp:
            self._stamp = stamp
            self.mtime_ns = found.st_mtime_ns
            self._stale = True
            self._relist_at = [now + delay for delay in self._relist_delays()]
            return
        tick_is_over = bool(self._relist_at) and self._relist_at[0] <= now
        is_old = bool(self._listed_at) and now - self._listed_at[-1] > (age_max_s or math.inf)
        self._stale = self._stale or tick_is_over or is_old

    def _relist_delays(self) -> tuple[float, ...]:
        if self._network:
            return _RELIST_NETWORK_S
        coarse = self.mtime_ns % _NS_PER_S == 0
        return _RELIST_COARSE_S if coarse else _RELIST_FINE_S

    def _may_list(self, now: float) -> bool:
        """Return whether fewer than `LISTINGS_PER_S_MAX` listings were made within a second."""
        full = len(self._listed_at) == LISTINGS_PER_S_MAX
        return not full or now - self._listed_at[0] > 0.999

    def _list(self, changes: NameChanges, now: float) -> None:
        self._calls.listings += 1
        self._listed_at.append(now)
        known = self._is_directory
        unseen = set(known)
        new: list[NewName] = []
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    path = entry.path
                    # The listing itself tells the type, without a further call.
                    is_directory = entry.is_dir(follow_symlinks=False)
                    if known.get(path) is is_directory:
                        unseen.remove(path)
                    else:
                        new.append(NewName(path, is_directory, entry.is_symlink()))
        except FileNotFoundError:
            changes.missing = True
            changes.gone += self.clear()
            return
        except OSError as error:
            # Half a listing says nothing about names that it lacks; it is made again.
            changes.error = f"{self.path} cannot be listed: {error.strerror}"
            return
        changes.new = new
        changes.gone += [path for path in known if path in unseen] if unseen else []
        for path in unseen:
            del known[path]
        known.update((name.path, name.is_directory) for name in new)
        self._stale = False
        self._relist_at = [due for due in self._relist_at if due > now]
