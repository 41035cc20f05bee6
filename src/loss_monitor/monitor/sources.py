"""Everything that one run is read from: which reader takes which file.

Enters: looks at a directory and at job logs. Leaves: changes of the run and of the tags.
Where loss files and a job log both hold losses the files win, and the log gives marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from loss_monitor.activity import counted
from loss_monitor.clock import utc_moment
from loss_monitor.model_time import ModelTime
from loss_monitor.monitor.attempt_jobs import with_jobs
from loss_monitor.monitor.description import Descriptions
from loss_monitor.monitor.event_files import EventFiles
from loss_monitor.monitor.job_logs import JobLogs
from loss_monitor.monitor.loss_files import LossFiles
from loss_monitor.monitor.notes import Notes
from loss_monitor.monitor.reading import Reading, base_name, within_of
from loss_monitor.monitor.run_change import RunChange
from loss_monitor.monitor.starts import Span, Starts
from loss_monitor.parse.awaited import Waiting
from loss_monitor.parse.status_json import parse_status
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.settings import Settings
from loss_monitor.source.filesystem import is_network
from loss_monitor.source.found import FoundFile, Look
from loss_monitor.source.names import LOSS_KINDS, TIMESTEP_KINDS, FileKind
from loss_monitor.source.watch import DirectoryWatch, JobLogWatch
from loss_monitor.types import Key, Mark, Refusal

MARKS_MAX = 400
"""Checkpoint files whose marks are kept: one each timestep would grow without end."""


class Sources:
    """The readers of one watched place; used by the reading thread only."""

    def __init__(self, settings: Settings, reading: Reading) -> None:
        """Prepare the watches that `settings` ask for; opens nothing."""
        self._settings = settings
        self._reading = reading
        self.directory = str(settings.data_dir)
        reading.network = is_network(self.directory)
        self._watch: DirectoryWatch | None = None
        if settings.watches_data_dir:
            self._watch = DirectoryWatch(
                self.directory,
                reading.clock,
                network=reading.network,
                files_max=settings.files_max,
            )
            reading.seen_settled = self._watch.is_settled
        self._patterns = tuple(settings.job_logs)
        reading.within = within_of(settings)
        self._job_watch = JobLogWatch(self._patterns, reading.clock, network=reading.network)
        self.has_looked = False
        self.exists = False
        self.error = ""
        self.run_id = ""
        self.model_status: Mapping[str, object] | None = None
        self.newest_written_s = 0.0
        self.log_written_s = 0.0
        """When a job log was written last, by the file server's clock; 0 without one."""
        self.renewed_by = ""
        """Why the newest run began, in words that follow a colon."""
        self.leaving: tuple[Key, ...] = ()
        """Timesteps of the run before it that are the newest run's."""
        self._replaced = False
        self._starts = Starts(settings.run_start)
        self.unmet_start = ""
        """Why the start that is asked for chooses nothing; empty where it does."""
        self._span = Span()
        self._names: set[str] = set()
        self._names_waiting = 0
        self._marks: list[Mark] = []
        self._loss_files = LossFiles(reading)
        self._event_files = EventFiles(reading, settings.tags_max)
        self._jobs = JobLogs(reading)
        self._descriptions = Descriptions(reading)
        self._notes = Notes(settings, reading)

    @property
    def label(self) -> str:
        """What the run is called: as its user says, else its experiment or directory."""
        settings = self._settings
        given = settings.label or self._descriptions.of(self._jobs.experiment).label
        named = given or settings.source_label or self._jobs.experiment
        return named or base_name(self.directory.rstrip("/")) or "/"

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """Parameters of the run; those of the command line go before those of its files."""
        found = self._descriptions.of(self._jobs.experiment).params
        return tuple({**dict(found), **dict(self._settings.params)}.items())

    @property
    def job_logs(self) -> tuple[str, ...]:
        """Paths of the job logs that are followed, else the patterns that are waited for."""
        return tuple(log.found.path for log in self._jobs.logs) or self._patterns

    @property
    def readable(self) -> int:
        """Files that were examined and wait to be read."""
        return self._loss_files.pending + self._event_files.pending + self._jobs.pending

    @property
    def is_reading(self) -> bool:
        """Whether a file waits to be read; cheap, for a question asked often."""
        return (
            self._loss_files.is_pending or self._event_files.pending > 0 or self._jobs.pending > 0
        )

    @property
    def names_waiting(self) -> int:
        """Names that were listed and wait to be examined: a slow file server takes its time."""
        return self._names_waiting

    @property
    def outcome(self) -> str:
        """How the newest job ended, in the words of `parse.job_log`; empty while it runs."""
        return self._jobs.outcome

    @property
    def waiting(self) -> Waiting:
        """What the newest job log says that the training waits for."""
        return self._jobs.waiting

    @property
    def newest_job_log(self) -> str:
        """Path of the newest job's log, empty where none was found."""
        newest = self._jobs.newest
        return "" if newest is None else newest.found.path

    @property
    def model_end(self) -> ModelTime | None:
        """The end of the experiment in model time, where ICON has said it."""
        newest = self._jobs.newest
        return None if newest is None else newest.model_end

    def look(self) -> bool:
        """Look at the watched places; return True where a new run has begun."""
        self.has_looked = True
        renewed = False
        self._notes.look()
        if self._watch is not None:
            look = self._watch.look()
            self._count(look)
            self.exists, self.error = not look.missing, look.error
            renewed = self._regard(look)
            self._names_waiting = look.waiting
            self._loss_files.more_names = look.waiting > 0
        if self._patterns:
            look = self._job_watch.look()
            self._count(look)
            self.exists = self.exists or not look.missing
            self.error = self.error or look.error
            self._take(look)
        self._try_again()
        if self._jobs.renewed and self._loss_files.newest is None:
            self._jobs.renewed = False
            self.run_id = ""
            self._name_run(self.files())
            renewed = True
        return renewed

    def read(self, tags: TagStore, until_s: float) -> tuple[RunChange, TagStore]:
        """Read pending files until the monotonic time `until_s`; losses come first."""
        had_losses = self._loss_files.newest is not None
        change = self._loss_files.read(until_s)
        change.replaces_all = not had_losses and self._loss_files.newest is not None
        self._jobs.shows_ends = self._loss_files.newest is None
        log_change, tags = self._jobs.read(tags, until_s)
        if self._loss_files.newest is None:
            change = log_change if log_change else change
        if not self._loss_files.is_pending:
            tags = self._loss_files.summary_tags.put(tags)
        return change, self._event_files.read(tags, until_s)

    def described(self, run: Run) -> Run:
        """Return `run` with its label, parameters, attempts and marks as they stand."""
        has_files = self._loss_files.newest is not None
        reader = self._loss_files if has_files else self._jobs
        attempts, dropped = reader.attempts, reader.dropped
        if has_files:
            attempts = with_jobs(attempts, self._jobs.logs)
        told = self._jobs.marks(by_model_time=has_files)
        marks = (*self._marks, *self._loss_files.marks, *told, *self._notes.marks(run))
        label, params = self.label, self.params
        now = (label, params, attempts, dropped, marks)
        if now == (run.label, run.params, run.attempts, run.dropped, run.marks):
            return run
        described = run.with_attempts(attempts, dropped).with_marks(marks)
        return replace(described, label=label, params=params)

    def shown(self, run: Run) -> Run:
        """Return `run` as it is to be shown, perhaps with an end that was read ahead."""
        return run if self._loss_files.newest is not None else self._jobs.shown(run)

    def _count(self, look: Look) -> None:
        self._reading.counters.stats += look.stats

    def _regard(self, look: Look) -> bool:
        """Route what a look at the directory found; True where a new run has begun."""
        had_losses = self._loss_files.newest is not None
        if look.missing:
            # What was read stays on show until another run writes its first losses.
            if had_losses and not self._replaced:
                text = "The watched directory is gone; what was read stays on show"
                self._reading.activity.tell("warning", "gone", text, file=self.directory)
            self._replaced = self._replaced or had_losses
            if not had_losses:
                # None of them was read, so that nothing of them is on show.
                self._loss_files = LossFiles(self._reading)
                self._event_files.lose(_of(look.vanished, FileKind.EVENT))
            return False
        replaced = self._loss_files.lose(_of(look.vanished, *TIMESTEP_KINDS))
        self._event_files.lose(_of(look.vanished, FileKind.EVENT))
        self._jobs.lose(_of(look.vanished, FileKind.JOB_LOG))
        self._replaced = self._replaced or (had_losses and (replaced or look.recreated))
        renewed = self._replaced and bool(_of(self.files(), *TIMESTEP_KINDS))
        if renewed:
            self.renewed_by, self.leaving = f"the files of {self.label} are gone", ()
            self._begin_again()
            self._starts, self._span = Starts(self._settings.run_start), Span()
            self._descriptions = Descriptions(self._reading)
            new = {found.path for found in look.appeared}
            self._route([found for found in self.files() if found.path not in new])
        self._take(look)
        came = bool(_of((*look.appeared, *look.changed), *LOSS_KINDS))
        if not look.waiting:
            self._tell_unmet_start()
        if not look.waiting and self._starts.is_due(losses_came=came):
            renewed = self._part_runs() or renewed
        return renewed

    def _tell_unmet_start(self) -> None:
        unmet, self.unmet_start = self.unmet_start, self._starts.unmet()
        if self.unmet_start and self.unmet_start != unmet:
            text = f"RUN_START is not heeded: {self.unmet_start}"
            self._reading.activity.tell(
                "warning", "run", text, file=self.directory, row="unmet-start"
            )

    def _part_runs(self) -> bool:
        """Begin again where another start's run counts now; True where one does."""
        losses = _of(self.files(), *LOSS_KINDS)
        span = self._starts.span(losses)
        if span == self._span:
            return False
        before, self._span = self._span, span
        held = [span.holds(found) for found in losses]
        if held == [before.holds(found) for found in losses]:
            return False
        self.leaving = self._loss_files.written_in(span)
        started = span.start.label if span.start is not None else "another time"
        self.renewed_by = f"the training that starts at {started} writes to the same directory"
        self._begin_again()
        self._route(self.files())
        if not all(held):
            others = counted(held.count(False), "loss file", "loss files")
            text = (
                f"{others} of other trainings in this directory left out: this run starts at "
                f"{started}; RUN_START chooses another"
            )
            self._reading.activity.tell("info", "run", text, file=self.directory, row="others")
        return True

    def files(self) -> list[FoundFile]:
        """Return all files that are there now, those of the present look included."""
        watched = () if self._watch is None else self._watch.files
        return [*watched, *self._job_watch.files]

    def _begin_again(self) -> None:
        self.run_id = ""
        self._replaced = False
        self._marks.clear()
        self._loss_files = LossFiles(self._reading)
        self._event_files = EventFiles(self._reading, self._settings.tags_max)

    def _take(self, look: Look) -> None:
        if not (self._replaced or look.missing):
            # A run whose files are gone keeps what was said of it.
            for found in _of(look.vanished, FileKind.DESCRIPTION):
                self._descriptions.lose(found)
        progress = self._reading.progress
        to_read = [f for f in look.appeared if f.kind is not FileKind.CHECKPOINT]
        progress.files_total += len(to_read)
        progress.bytes_total += sum(found.stat.size for found in to_read) + look.grown_bytes
        for name, refusal in look.refused:
            self._reading.tell_refused(name, refusal)
        self._route((*look.appeared, *look.changed))
        # What appeared in this very look is read by its age.
        new = {found.path for found in look.appeared}
        settled = (
            [found for found in look.settled if found.path not in new] if new else look.settled
        )
        self._loss_files.settle(_of(settled, *TIMESTEP_KINDS))

    def _try_again(self) -> None:
        """Route the files again that could not be read a while ago, where they are still there."""
        due = self._reading.due_again()
        if due:
            there = [found for found in self.files() if found.path in due]
            for path in due - {found.path for found in there}:
                self._reading.forget_failed(path)
            self._route(there)

    def _route(self, files: Sequence[FoundFile]) -> None:
        if not files:
            return
        # What is said of a run is no sign of life.
        written = [f.stat.mtime_ns / 1e9 for f in files if f.kind is not FileKind.DESCRIPTION]
        self.newest_written_s = max([self.newest_written_s, *written])
        if not self._replaced:
            # Else it is said of a run that is not here yet.
            for found in _of(files, FileKind.DESCRIPTION):
                self._descriptions.take(found)
        self._starts.take(files)
        holds = self._span.holds
        losses = [
            found
            for found in _of(files, *TIMESTEP_KINDS)
            if holds(found) and not self._is_too_large(found)
        ]
        jobs = _of(files, FileKind.JOB_LOG)
        if losses or jobs:
            self._name_run(losses + jobs)
        if losses:
            self._loss_files.take(losses)
        if jobs:
            newest_ns = max(found.stat.mtime_ns for found in jobs)
            self.log_written_s = max(self.log_written_s, newest_ns / 1e9)
            self._jobs.take(jobs)
        if self._settings.tensorboard_enabled:
            self._event_files.take(_of(files, FileKind.EVENT))
        for found in _of(files, FileKind.STATUS):
            self._read_status(found)
        for found in filter(holds, _of(files, FileKind.CHECKPOINT)):
            self._mark_checkpoint(found)

    def _is_too_large(self, found: FoundFile) -> bool:
        """Tell, and say so, whether a loss file is larger than any timestep of a training."""
        most = self._settings.loss_file_bytes_max
        if found.stat.size <= most:
            return False
        reason = (
            f"is {found.stat.size:,} bytes long; expected at most {most:,} of a loss file "
            "(MAX_LOSS_FILE_BYTES)"
        )
        self._reading.tell_refused(found.shown, Refusal(reason))
        return True

    def _name_run(self, files: list[FoundFile]) -> None:
        """Name the run by the time of its first file: the files hold no identifier."""
        if not self.run_id:
            first_ns = min(found.stat.mtime_ns for found in files)
            started = utc_moment(first_ns // 10**9)
            source = self._settings.source_number
            # Other sources, and other runs of this one, may have begun in the same second. Made of
            # the time alone, so that the monitor that is started next gives the same name.
            before = f"{started:%Y%m%dT%H%M%SZ}-" + ("" if source == 1 else f"{source}.")
            name = f"{before}{first_ns // 1000 % 10**6}"
            names = (name if number == 1 else f"{name}-{number}" for number in count(1))
            self.run_id = next(one for one in names if one not in self._names)
            self._names.add(self.run_id)

    def _read_status(self, found: FoundFile) -> None:
        change = self._reading.change(found.path, None)
        status = parse_status(change.data)
        if status is not None:
            self.model_status = status

    def _mark_checkpoint(self, found: FoundFile) -> None:
        message = "Checkpoint written"
        written_s = found.stat.mtime_ns / 1e9
        key = self._loss_files.newest
        self._marks.append(Mark("checkpoint", key, written_s, message, found.path, level="ok"))
        del self._marks[:-MARKS_MAX]
        self._reading.tell("ok", "checkpoint", message, found.name, "checkpoint")


def _of(files: Iterable[FoundFile], *kinds: FileKind) -> list[FoundFile]:
    # A tuple is searched by identity; to hash a kind would cost more than all of this.
    return [found for found in files if found.kind in kinds]
