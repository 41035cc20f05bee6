"""The watch over job logs: the files that patterns name, and the jobs that follow them.

Enters: patterns (a file, a directory, or a shell pattern) and a clock. Leaves: `Look`s.
A restarted training is a new job with a higher number and a log of its own, beside the
first; so a log given by name brings the later ones of its experiment with it.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from loss_monitor.clock import Clock
from loss_monitor.source.found import FoundFile, Look
from loss_monitor.source.listing import Calls, Listing
from loss_monitor.source.names import FileKind, FileName, classify, shown_name
from loss_monitor.source.roster import Candidate, Roster

_LISTING_AGE_MAX_S = 60.0
_KINDS = (FileKind.JOB_LOG, FileKind.DESCRIPTION)
# A shell pattern over several directories is expanded again so often.
_EXPAND_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class _Place:
    """A directory and which of its names are wanted."""

    listing: Listing
    is_wanted: Callable[[str], bool]


class JobLogWatch:
    """Watches the job logs that patterns name; used by one thread.

    A pattern is looked up until something is there. Files come in the order of job numbers.
    """

    def __init__(self, patterns: Sequence[str], clock: Clock, *, network: bool) -> None:
        """Prepare to watch; relative patterns start at the present working directory."""
        self._clock = clock
        self._network = network
        self._calls = Calls()
        self._roster = Roster(clock, self._calls, network=network)
        here = os.getcwd()
        self._unresolved = [os.path.join(here, text).rstrip("/") or "/" for text in patterns]
        self._explicit: list[str] = []
        self._places: dict[tuple[str, str], _Place] = {}
        self._globs: list[str] = []
        self._expanded_s: float | None = None
        self._listed_round = 0
        self._first = True
        self._was_missing = False

    @property
    def files(self) -> Collection[FoundFile]:
        """All files that are known, as last seen."""
        return self._roster.files

    def look(self) -> Look:
        """Ask the file system once and return what is different.

        `missing` means that none of the patterns names a file now.
        """
        before = replace(self._calls)
        self._unresolved = [text for text in self._unresolved if not self._resolve(text)]
        self._expand()
        for path in self._explicit:
            if path not in self._roster:
                self._meet(path, classify(_shown(path)), is_link=False)
        error = self._check_places()
        self._roster.ask_foreground()
        for _ in self._roster.ask_round():
            pass
        self._forget_lost()
        missing = not any(file.kind is FileKind.JOB_LOG for file in self._roster.files)
        recreated = self._was_missing and not missing and not self._first
        self._was_missing = missing
        self._first = False
        look = self._roster.close_look(recreated=recreated, error=error, waiting=0, before=before)
        return replace(look, missing=missing)

    def _resolve(self, text: str) -> bool:
        """Find out what a pattern is; False while nothing tells."""
        name = os.path.basename(text)
        self._calls.stats += 1
        if os.path.isdir(text):
            self._add_place(text, text, _is_job_log)
            return True
        self._calls.stats += 1
        if os.path.lexists(text) or isinstance(classify(_shown(text)), FileName):
            self._explicit.append(text)
            self._add_place(text, os.path.dirname(text), _follows(name))
        elif glob.has_magic(os.path.dirname(text)):
            self._globs.append(text)
        elif glob.has_magic(name):
            self._add_place(text, os.path.dirname(text), _matches(name))
        else:
            return False
        return True

    def _add_place(self, text: str, directory: str, is_wanted: Callable[[str], bool]) -> None:
        if (text, directory) not in self._places:
            listing = Listing(directory, self._clock, self._calls, network=self._network)
            self._places[text, directory] = _Place(listing, is_wanted)

    def _expand(self) -> None:
        """Find the directories of patterns that have wildcards before the last slash."""
        now = self._clock.monotonic_s()
        late = self._expanded_s is None or now - self._expanded_s >= _EXPAND_EVERY_S
        if not (self._globs and late):
            return
        self._expanded_s = now
        for text in self._globs:
            self._calls.listings += 1
            for directory in glob.glob(os.path.dirname(text)):
                self._add_place(text, directory, _matches(os.path.basename(text)))

    def _check_places(self) -> str:
        """Take in the changes of all directories; return the first error."""
        age_max_s = None
        if self._roster.rounds_begun != self._listed_round:
            self._listed_round = self._roster.rounds_begun
            age_max_s = _LISTING_AGE_MAX_S
        error = ""
        for place in self._places.values():
            changes = place.listing.check(age_max_s=age_max_s)
            if not changes.missing:
                error = error or changes.error
            for path in changes.gone:
                self._roster.drop(path)
            for new in changes.new:
                meaning = classify(_shown(new.path))
                is_wanted = place.is_wanted(os.path.basename(new.path))
                if not new.is_directory and (is_wanted or _describes(meaning)):
                    self._meet(new.path, meaning, is_link=new.is_link)
        return error

    def _meet(self, path: str, meaning: object, *, is_link: bool) -> None:
        """Ask about a new path; one that was named is a job log whatever its name says."""
        if not isinstance(meaning, FileName) or meaning.kind not in _KINDS:
            meaning = FileName(FileKind.JOB_LOG)
        self._roster.add(Candidate(path, "", meaning, is_link), cold=self._first)

    def _forget_lost(self) -> None:
        for path in self._roster.lost:
            for place in self._places.values():
                if place.listing.path == os.path.dirname(path):
                    place.listing.forget(path)
        self._roster.lost.clear()


def _shown(path: str) -> str:
    return shown_name(os.path.basename(path))


def _job_log(name: str) -> FileName | None:
    meaning = classify(_shown(name))
    if isinstance(meaning, FileName) and meaning.kind is FileKind.JOB_LOG:
        return meaning
    return None


def _is_job_log(name: str) -> bool:
    return _job_log(name) is not None


def _describes(meaning: object) -> bool:
    return isinstance(meaning, FileName) and meaning.kind is FileKind.DESCRIPTION


def _follows(first: str) -> Callable[[str], bool]:
    """Return a test for the logs of later jobs of the experiment that `first` belongs to."""
    given = _job_log(first)

    def is_wanted(name: str) -> bool:
        other = _job_log(name)
        if given is None or other is None or given.job_id is None or other.job_id is None:
            return False
        return other.experiment == given.experiment and other.job_id > given.job_id

    return is_wanted


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda name: fnmatch.fnmatchcase(name, pattern)
