"""The watch over a data directory: what appeared, changed and vanished since the last look.

Enters: the directory's path and a clock. Leaves: `Look`s, as often as the caller asks.
Polling is the truth: on a shared file system no event arrives for what another node writes,
and a notifier falls silent when the directory is deleted and made again. What a look costs:
one `stat` of each directory in use, one of each file in the foreground, a share of the
slow round, and a listing only of a directory that changed.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Collection
from dataclasses import dataclass, replace

from loss_monitor.clock import Clock
from loss_monitor.source.found import RUNS_DIRECTORY, FoundFile, Look
from loss_monitor.source.job_logs import JobLogWatch
from loss_monitor.source.listing import Calls, Listing, NameChanges, NewName
from loss_monitor.source.names import LOSS_KINDS, FileKind, FileName, classify, shown_name
from loss_monitor.source.roster import Candidate, Roster, in_reading_order
from loss_monitor.types import Refusal

__all__ = ["DirectoryWatch", "JobLogWatch"]

LISTING_AGE_MAX_S = 60.0
"""With each new slow round, directories whose listing is older are listed again."""

FILES_MAX = 1_000_000
"""Files that are watched unless the caller says otherwise: about 1 GB of memory."""

# Directories of event files that every look asks about; older ones have the slow round.
_HOT_DIRECTORIES_MAX = 20
# New names are examined for so long in one look, the newest first; the rest waits for the
# next, so that a slow file server holds nothing back for minutes at the start.
_NEW_NAMES_S = 1.0
# In the very first look only so long: somebody waits for the newest.
_FIRST_NAMES_S = 0.05


@dataclass(frozen=True, slots=True)
class _Branch:
    """One directory that is watched."""

    listing: Listing
    path: str
    shown: str
    """Relative to the watched directory, for people."""


class DirectoryWatch:
    """Watches one data directory and the tree `runs/` below it; used by one thread.

    Symbolic links to files are followed, those to directories are not. Promises that a
    change shows at the latest one slow round later; does not promise to see what came and
    went between two looks, nor a rewrite that leaves size, mtime and inode as they were.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        clock: Clock,
        *,
        network: bool,
        files_max: int = FILES_MAX,
    ) -> None:
        """Prepare to watch `root`, which need not exist; asks nothing yet.

        `network` tells whether other machines write there: times are believed less then.
        Of more than `files_max` files those that are found later are told and left.
        """
        self._files_max = files_max
        self._root = os.fspath(root).rstrip("/") or "/"
        self._clock = clock
        self._network = network
        self._calls = Calls()
        self._roster = Roster(clock, self._calls, network=network)
        self._tree = {self._root: self._branch(self._root, "")}
        self._unlisted: list[str] = []
        self._waiting: list[Candidate] = []
        self._listed_round = 0
        self._cold = True
        self._is_first = True
        self._was_missing = False

    @property
    def files(self) -> Collection[FoundFile]:
        """All files that are known, as last seen."""
        return self._roster.files

    def is_settled(self, path: str) -> bool:
        """Tell whether `path` is a file that was told to be settled, and has not changed since."""
        return self._roster.is_settled(path)

    def look(self) -> Look:
        """Ask the file system once and return what is different."""
        before = replace(self._calls)
        began_s = self._clock.monotonic_s()
        age_max_s = None
        if self._roster.rounds_begun != self._listed_round:
            self._listed_round = self._roster.rounds_begun
            age_max_s = LISTING_AGE_MAX_S
        top = self._check(self._root, age_max_s)
        if top.missing:
            return self._close_missing(top.error, before)
        if top.error:
            return self._roster.close_look(
                recreated=False, error=top.error, waiting=len(self._waiting), before=before
            )
        hot = self._hot_directories()
        for path in hot:
            self._check(path, age_max_s)
        self._list_new_directories(began_s)
        self._examine_new_names(began_s)
        self._roster.ask_foreground()
        cold = self._tree.keys() - {self._root, *hot}
        for path in self._roster.ask_round(cold):
            self._check(path, LISTING_AGE_MAX_S)
        self._forget_lost()
        recreated = top.recreated or self._was_missing
        self._was_missing = False
        waiting = len(self._waiting) + len(self._unlisted)
        self._cold = self._cold and waiting > 0
        self._is_first = False
        return self._roster.close_look(
            recreated=recreated, error="", waiting=waiting, before=before
        )

    def _branch(self, path: str, shown: str) -> _Branch:
        listing = Listing(path, self._clock, self._calls, network=self._network)
        return _Branch(listing, path, shown)

    def _close_missing(self, error: str, before: Calls) -> Look:
        for path in list(self._tree):
            if path != self._root:
                del self._tree[path]
        self._unlisted.clear()
        self._waiting.clear()
        self._roster.drop_all()
        self._was_missing = True
        self._cold = False
        look = self._roster.close_look(recreated=False, error=error, waiting=0, before=before)
        return replace(look, missing=True)

    def _hot_directories(self) -> list[str]:
        below = [branch for path, branch in self._tree.items() if path != self._root]
        if len(below) > _HOT_DIRECTORIES_MAX:
            newest = heapq.nlargest(
                _HOT_DIRECTORIES_MAX, below, key=lambda branch: branch.listing.mtime_ns
            )
            runs = [branch for branch in below if branch.shown == RUNS_DIRECTORY]
            below = runs + [branch for branch in newest if branch not in runs]
        return [branch.path for branch in below]

    def _check(self, path: str, age_max_s: float | None) -> NameChanges:
        """Take in the changes of one directory."""
        branch = self._tree.get(path)
        if branch is None:
            return NameChanges(missing=True)
        changes = branch.listing.check(age_max_s=age_max_s)
        for gone in changes.gone:
            self._drop(gone)
        if path != self._root:
            if changes.missing:
                self._drop(path)
                self._forget_name(path)
                return changes
            if changes.error:
                self._roster.refuse(path, branch.shown, Refusal(changes.error))
        known = len(self._waiting)
        for new in changes.new:
            self._meet(branch, new)
        if len(self._waiting) > known:
            # The next is taken from the end.
            self._waiting = in_reading_order(self._waiting)[::-1]
        return changes

    def _meet(self, branch: _Branch, new: NewName) -> None:
        """Decide what becomes of a new name."""
        path = new.path
        name = shown_name(path[path.rfind("/") + 1 :])
        shown = f"{branch.shown}/{name}" if branch.shown else name
        at_top = not branch.shown
        may_be_tree = not at_top or name == RUNS_DIRECTORY
        if new.is_directory and may_be_tree:
            self._tree[path] = self._branch(path, shown)
            self._unlisted.append(path)
            return
        meaning = classify(name)
        if isinstance(meaning, FileName) and (at_top or meaning.kind is FileKind.EVENT):
            if not new.is_directory and self._has_room():
                self._waiting.append(Candidate(path, branch.shown, meaning, new.is_link))
                return
        elif may_be_tree and new.is_link:
            self._calls.stats += 1
            if os.path.isdir(path):
                reason = "is a symbolic link to a directory, which is not followed"
                self._roster.refuse(path, shown, Refusal(reason))
            return
        elif not at_top or meaning is None:
            return
        if new.is_directory:
            meaning = Refusal("is a directory; expected a regular file")
        if isinstance(meaning, Refusal):
            self._roster.refuse(path, shown, meaning)

    def _has_room(self) -> bool:
        """Tell whether one more file may be watched; tell once that there were too many."""
        if len(self._roster) + len(self._waiting) < self._files_max:
            return True
        reason = (
            f"more than {self._files_max:,} files: the others are left; MAX_FILES sets the bound"
        )
        self._roster.refuse(self._root, self._root, Refusal(reason))
        return False

    def _list_new_directories(self, began_s: float) -> None:
        until_s = self._until_s(began_s)
        while self._unlisted and self._clock.monotonic_s() <= until_s:
            self._check(self._unlisted.pop(), None)

    def _examine_new_names(self, began_s: float) -> None:
        if self._is_first:
            self._examine_first_timestep()
        until_s = self._until_s(began_s)
        # One at least, so that even the slowest server gets through in the end.
        while self._waiting:
            self._roster.add(self._waiting.pop(), cold=self._cold)
            if self._clock.monotonic_s() > until_s:
                break

    def _examine_first_timestep(self) -> None:
        """Examine the first loss file at once: a run is named by it, however many there are."""
        waiting = enumerate(self._waiting)
        at = next((at for at, one in waiting if one.kind in LOSS_KINDS), None)
        if at is not None:
            self._roster.add(self._waiting.pop(at), cold=self._cold)

    def _until_s(self, began_s: float) -> float:
        """Return when a look that began at `began_s` leaves new names to the next one."""
        return began_s + (min(_FIRST_NAMES_S, _NEW_NAMES_S) if self._is_first else _NEW_NAMES_S)

    def _drop(self, path: str) -> None:
        """Forget a path and, if it is a directory, all below it."""
        paths = [path]
        while paths:
            gone = paths.pop()
            branch = self._tree.pop(gone, None)
            if branch is not None:
                paths += branch.listing.clear()
            self._roster.drop(gone)

    def _forget_lost(self) -> None:
        for path in self._roster.lost:
            self._forget_name(path)
        self._roster.lost.clear()

    def _forget_name(self, path: str) -> None:
        branch = self._tree.get(os.path.dirname(path))
        if branch is not None:
            branch.listing.forget(path)
