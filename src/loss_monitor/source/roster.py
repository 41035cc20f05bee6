"""All known files of one watch, and when each of them is asked about.

Enters: names found by listings. Leaves: what appeared, changed, vanished, was refused and
settled. A file is *young* until it has not changed for a minute, then *settled*. Young files
are asked about in turn at every look, settled ones in a slow round whose rate is bounded by
the clock, so that the cost of a quiet run does not depend on the number of its files.
"""

from __future__ import annotations

import errno
import math
import os
import stat
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeVar

from loss_monitor.clock import Clock
from loss_monitor.model_time import ModelTime
from loss_monitor.source.foreground import Foreground
from loss_monitor.source.found import FileStat, FoundFile, Look
from loss_monitor.source.listing import Calls
from loss_monitor.source.names import TIMESTEP_KINDS, FileKind, FileName, shown_name
from loss_monitor.types import Refusal

SETTLED_AFTER_S = 60.0
SLOW_STATS_PER_S = 10.0
FULL_STATS_PER_LOOK = 1000

# Tokens saved up between rare looks; a look never asks about more at once.
_SLOW_SAVED_MAX = 100.0
_YOUNG_PER_LOOK = 100
# A run in motion changes its event file at every timestep. Each change asks for a full round;
# on average full rounds stay below these rates, later wishes wait.
_FULL_STATS_PER_S_LOCAL = 1000.0
_FULL_STATS_PER_S_NETWORK = 100.0
_HERALDS = (FileKind.EVENT, FileKind.CHECKPOINT, FileKind.STATUS)

_DANGLING = Refusal("is a symbolic link to nothing; expected a regular file")
_LOOPING = Refusal("is a symbolic link that leads back to itself; expected a regular file")


class Candidate(NamedTuple):
    """A name that may be a file of the run, before its first `stat`."""

    path: str
    directory: str
    file_name: FileName
    is_link: bool

    @property
    def kind(self) -> FileKind:
        """What the file would hold."""
        return self.file_name.kind

    @property
    def model_time(self) -> ModelTime | None:
        """The time that its name says."""
        return self.file_name.model_time

    @property
    def shown(self) -> str:
        """Path under the watched place, for people."""
        name = shown_name(os.path.basename(self.path))
        return f"{self.directory}/{name}" if self.directory else name


@dataclass(slots=True)
class _Findings:
    error: str = ""
    appeared: list[FoundFile] = field(default_factory=list)
    changed: list[FoundFile] = field(default_factory=list)
    grown_bytes: int = 0
    vanished: list[FoundFile] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)
    settled: list[FoundFile] = field(default_factory=list)


class Roster:
    """The files of one watch; each look is opened, filled and closed by the watch."""

    def __init__(self, clock: Clock, calls: Calls, *, network: bool) -> None:
        """Begin without files; `calls` is counted up with every `stat`."""
        self.lost: list[str] = []
        """Paths found to be gone without a listing; the watch forgets their names."""
        self.rounds_begun = 0
        self._clock = clock
        self._calls = calls
        self._full_rate = _FULL_STATS_PER_S_NETWORK if network else _FULL_STATS_PER_S_LOCAL
        self._foreground = Foreground(clock)
        self._files: dict[str, FoundFile] = {}
        self._refused: dict[str, Candidate] = {}
        self._told: dict[str, str] = {}
        # When each young file was seen to change last, in monotonic seconds.
        self._young: dict[str, float] = {}
        self._round: deque[str] = deque()
        self._round_is_full = False
        self._full_wanted = False
        self._full_from_s = 0.0
        self._tokens = 0.0
        self._tokens_at_s = clock.monotonic_s()
        self._asked: set[str] = set()
        self._findings = _Findings()

    def __contains__(self, path: object) -> bool:
        """Return whether `path` is known, as a file or as refused."""
        return path in self._files or path in self._refused

    def __len__(self) -> int:
        """Return the number of regular files known."""
        return len(self._files)

    @property
    def files(self) -> Collection[FoundFile]:
        """All regular files that are known, as last seen."""
        return self._files.values()

    def is_settled(self, path: str) -> bool:
        """Tell whether `path` is a file that was told to be settled, and has not changed since."""
        return path in self._files and path not in self._young

    def add(self, candidate: Candidate, *, cold: bool) -> None:
        """Ask about a name for the first time.

        With `cold`, at the start of a watch, a file whose mtime is a minute old counts as
        settled; later only what is observed counts, since the server's clock may differ.
        """
        path = candidate.path
        if path in self._files:
            self._recheck(path)
            return
        self._asked.add(path)
        answer = self._ask(path)
        if answer is None and candidate.is_link:
            answer = _DANGLING
        if isinstance(answer, OSError):
            answer = Refusal(f"cannot be examined: {answer.strerror}")
        if answer is None:
            self.lost.append(path)
            self._refused.pop(path, None)
        elif isinstance(answer, Refusal):
            self._refused[path] = candidate
            self.refuse(path, candidate.shown, answer)
        else:
            self._refused.pop(path, None)
            self._told.pop(path, None)
            self._take(candidate, answer, cold=cold)

    def refuse(self, path: str, shown: str, refusal: Refusal) -> None:
        """Tell a refusal, unless it was told of this path before."""
        if self._told.get(path) != refusal.reason:
            self._told[path] = refusal.reason
            self._findings.refused.append((shown, refusal))

    def drop(self, path: str) -> None:
        """Forget a path whose name is gone from its directory."""
        self._refused.pop(path, None)
        self._told.pop(path, None)
        self._young.pop(path, None)
        file = self._files.pop(path, None)
        if file is not None:
            self._foreground.remove(file)
            self._findings.vanished.append(file)

    def drop_all(self) -> None:
        """Forget everything, because the watched place is gone."""
        for path in list(self._files):
            self.drop(path)
        self._refused.clear()
        self._told.clear()
        self._round.clear()

    def ask_foreground(self) -> None:
        """Ask about the files of every look, then about a share of the young ones."""
        for path in self._foreground.paths():
            self._recheck(path)
        for path in tuple(islice(self._young, _YOUNG_PER_LOOK)):
            self._recheck(path)
            changed_s = self._young.pop(path, None)
            if changed_s is not None:
                # To the end of the line, so that the others have their turn.
                self._young[path] = changed_s

    def ask_round(self, also: Iterable[str] = ()) -> Iterator[str]:
        """Ask about the settled files whose turn it is.

        `also` are paths that the caller asks about itself, such as directories: each is
        given back when its turn comes, and costs as much of the rate as a file.
        """
        others = set(also)
        allowed = self._allowance(others)
        while allowed > 0 and self._round:
            path = self._round.popleft()
            if path in self._asked:
                continue
            allowed -= 1
            if not self._round_is_full:
                self._tokens -= 1.0
            if path in others:
                self._asked.add(path)
                yield path
            elif path in self._refused:
                self.add(self._refused[path], cold=False)
            else:
                self._recheck(path)

    def close_look(self, *, recreated: bool, error: str, waiting: int, before: Calls) -> Look:
        """Return what was found since the last look was closed."""
        findings, self._findings = self._findings, _Findings()
        self._asked.clear()
        return Look(
            error=error or findings.error,
            recreated=recreated,
            appeared=tuple(in_reading_order(findings.appeared)),
            changed=tuple(findings.changed),
            grown_bytes=findings.grown_bytes,
            vanished=tuple(findings.vanished),
            refused=tuple(findings.refused),
            settled=tuple(findings.settled),
            waiting=waiting,
            stats=self._calls.stats - before.stats,
            listings=self._calls.listings - before.listings,
        )

    def _allowance(self, others: set[str]) -> int:
        """Return how many paths the round may ask about now; begin a new one if it is due."""
        now = self._clock.monotonic_s()
        earned = (now - self._tokens_at_s) * SLOW_STATS_PER_S
        self._tokens = min(self._tokens + earned, _SLOW_SAVED_MAX)
        self._tokens_at_s = now
        full_now = self._full_wanted and now >= self._full_from_s
        if full_now or not self._round:
            self._round = deque([*self._files, *self._refused, *others])
            self._round_is_full = full_now
            self.rounds_begun += 1
        if full_now:
            self._full_wanted = False
            self._full_from_s = now + len(self._round) / self._full_rate
        return FULL_STATS_PER_LOOK if self._round_is_full else int(self._tokens)

    def _ask(self, path: str) -> FileStat | Refusal | OSError | None:
        """Return the `stat` of a regular file, or what else there is; None for nothing.

        An error is one of the moment or of permission: it says nothing about the file.
        """
        self._calls.stats += 1
        try:
            result = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return _LOOPING if error.errno == errno.ELOOP else error
        if not stat.S_ISREG(result.st_mode):
            return Refusal(f"is {_kind_text(result.st_mode)}; expected a regular file")
        return FileStat.of(result)

    def _take(self, candidate: Candidate, found: FileStat, *, cold: bool) -> None:
        name = candidate.file_name
        file = FoundFile(candidate.path, candidate.directory, name.kind, name.model_time, found)
        age_s = self._clock.wall_s() - found.mtime_ns * 1e-9
        self._files[file.path] = file
        self._foreground.put(file, changed=False)
        self._findings.appeared.append(file)
        if cold and age_s >= SETTLED_AFTER_S:
            self._findings.settled.append(file)
        else:
            self._young[file.path] = self._clock.monotonic_s()
        if not cold and file.kind in _HERALDS:
            self._full_wanted = True

    def _recheck(self, path: str) -> None:
        """Ask again about a known file, unless this look did so already."""
        file = self._files.get(path)
        if file is None or path in self._asked:
            return
        self._asked.add(path)
        answer = self._ask(path)
        if isinstance(answer, FileStat):
            if answer != file.stat:
                self._note_change(file, answer)
            else:
                self._settle(file)
        elif isinstance(answer, Refusal):
            self._turn_down(file, answer)
        elif answer is None:
            self._lose(file)
        elif not self._findings.error:
            # What is known stays known: a server that does not answer deletes nothing.
            self._findings.error = f"{file.name} cannot be examined: {answer.strerror}"

    def _settle(self, file: FoundFile) -> None:
        """Tell that an unchanged file is settled, if it has just become so."""
        changed_s = self._young.get(file.path, math.inf)
        if self._clock.monotonic_s() - changed_s >= SETTLED_AFTER_S:
            del self._young[file.path]
            self._findings.settled.append(file)

    def _note_change(self, old: FoundFile, found: FileStat) -> None:
        file = old._replace(stat=found)
        self._files[file.path] = file
        self._young[file.path] = self._clock.monotonic_s()
        self._foreground.put(file, changed=True)
        self._findings.changed.append(file)
        self._findings.grown_bytes += max(0, found.size - old.stat.size)
        if file.kind in _HERALDS:
            self._full_wanted = True

    def _lose(self, file: FoundFile) -> None:
        """Forget a file that is gone; of a link that lost its target, tell so."""
        self._calls.stats += 1
        if os.path.islink(file.path):
            self._turn_down(file, _DANGLING)
        else:
            self.drop(file.path)
            self.lost.append(file.path)

    def _turn_down(self, file: FoundFile, refusal: Refusal) -> None:
        """Refuse what was a file before; the slow round sees when it becomes one again."""
        self.drop(file.path)
        is_link = refusal is _DANGLING
        candidate = Candidate(file.path, file.directory, file.file_name, is_link)
        self._refused[file.path] = candidate
        self.refuse(file.path, candidate.shown, refusal)


_Item = TypeVar("_Item", FoundFile, Candidate)


def in_reading_order(items: Iterable[_Item]) -> list[_Item]:
    """Return timesteps' files, the newest model time first, and behind them the others."""
    # Within a timestep the log comes before its summary.
    by_path = sorted(items, key=attrgetter("path"))
    dated: list[tuple[ModelTime, _Item]] = []
    others: list[_Item] = []
    for item in by_path:
        model_time = item.model_time
        if model_time is not None and item.kind in TIMESTEP_KINDS:
            dated.append((model_time, item))
        else:
            others.append(item)
    others.sort(key=lambda item: item.file_name.job_id or 0)
    dated.sort(key=itemgetter(0), reverse=True)
    return [item for _, item in dated] + others


def _kind_text(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a pipe (FIFO)"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"
