"""The one thread that reads: look, tail, parse, put, publish.

Enters: settings and a clock. Leaves: immutable `Snapshot`s, handed to `publish` in the
reading thread; whoever receives them passes them on to its own thread. Everything here is
written by the reading thread only, but for `stop` and `touch`.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from loss_monitor.activity import ActivityLog, counted
from loss_monitor.clock import Clock
from loss_monitor.health.rule import Now
from loss_monitor.heap import give_back
from loss_monitor.monitor.alerts import Alerts, PassOn
from loss_monitor.monitor.incidents import Incidents
from loss_monitor.monitor.reading import Reading
from loss_monitor.monitor.sources import Sources
from loss_monitor.monitor.standing import Stand, TrainingWatch
from loss_monitor.monitor.state import usual_interval_s
from loss_monitor.scheduler.watch import SchedulerWatch
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.tags import TagStore
from loss_monitor.settings import Settings
from loss_monitor.source.found import FoundFile
from loss_monitor.source.pace import look_interval_s
from loss_monitor.types import Loading, SourceState

SLICE_S = 0.2
"""Seconds of reading between two publications, so that a large run fills while it is seen."""
_FIRST_SLICE = 1 / 10
"""Share of that for the first one: the newest timesteps are to be seen at once."""
LOOK_WHILE_LOADING_S = 1.0
LISTENS_WITHIN_S = 5.0
"""Reading goes on after this time even where the server does not come to listen."""
WATCHED_FOR_S = 60.0
"""A page or a request within this time means that somebody looks."""
GIVE_BACK_EVERY_S = 60.0
"""While data come, memory that nobody uses any more goes back to the system this often."""
QUIET_PUBLISH_S = 5.0
"""Counters alone (looks, system calls) are published at most this often."""

_NOTES_MAX = 100

_log = logging.getLogger(__name__)


class Monitor:
    """Watches one data directory, or the job logs of one experiment."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        publish: Callable[[Snapshot], None],
        pass_on: PassOn | None = None,
        scheduler: SchedulerWatch | None = None,
    ) -> None:
        """Prepare to watch what `settings` name; nothing is opened before the first look.

        `pass_on` takes the alerts that are opened and closed; `scheduler` knows of jobs.
        """
        self._settings = settings
        self._clock = clock
        self._publish = publish
        self._activity = ActivityLog(clock, settings.max_log_entries)
        self._reading = Reading(clock, self._activity)
        self._sources = Sources(settings, self._reading)
        self._incidents = Incidents(self._activity)
        self._alerts = Alerts(settings, clock, self._activity, pass_on)
        self._training = TrainingWatch(settings, clock, self._activity, scheduler)
        self._run = Run.empty("", self._sources.label)
        self._tags = TagStore()
        self._loading = True
        self._touched_s = clock.monotonic_s()
        self._changed_s = clock.monotonic_s()
        self._changed_at = 0.0
        self._look_s = self._look_cost_s = 0.0
        self._published_s = self._gave_back_s = 0.0
        self._notes: deque[str] = deque(maxlen=_NOTES_MAX)
        self._wake = threading.Event()
        self._asked: deque[Future[tuple[FoundFile, ...]]] = deque()
        self._stopping = self._ended = False
        self.snapshot = self._snapshot(0)

    def run_forever(self, listening: threading.Event | None = None) -> None:
        """Look and read until `stop`; the target of the reading thread.

        Once the newest timesteps are read it waits for `listening`, which the server sets
        when it answers: until then reading would only keep the server from getting there.
        """
        try:
            while not self._stopping:
                self._look()
                self._work()
                if listening is not None:
                    listening.wait(LISTENS_WITHIN_S)
                    listening = None
                while self._goes_on:
                    self._look_if_due()
                    self._work()
                self._wake.wait(self.interval_s)
                self._wake.clear()
        except Exception:  # noqa: BLE001 - the top of a thread: told, logged, never silent.
            _log.exception("The reading thread ended; what was read stays available")
            self._activity.tell(
                "error",
                "monitor",
                "Reading ended by a fault of the monitor itself; the log file has the details",
                incident=True,
            )
            self._publish_now()
        finally:
            self._ended = True
            self._answer_asked()

    def look(self) -> Snapshot:
        """Look once, read everything that is new, and return the snapshot."""
        self._look()
        self._work()
        while self._is_busy:
            self._look_if_due()
            self._work()
        return self.snapshot

    def stop(self) -> None:
        """End `run_forever` soon; from any thread."""
        self._stopping = True
        self._wake.set()

    @property
    def unmet_start(self) -> str:
        """Why the start that is asked for chooses nothing; empty where it does. After a look."""
        return self._sources.unmet_start

    def files(self) -> Future[tuple[FoundFile, ...]]:
        """Return what the reading thread will put the files of the run into; from any thread.

        It does so at its next turn: never, where a file system does not answer it. Once its
        thread has ended they are told at once.
        """
        asked: Future[tuple[FoundFile, ...]] = Future()
        self._asked.append(asked)
        self._wake.set()
        if self._ended:
            self._answer_asked()
        return asked

    def note(self, message: str) -> None:
        """Have a warning told in the activity log; from any thread."""
        self._notes.append(message)

    def touch(self) -> None:
        """Note that somebody looks at the data; from any thread."""
        now_s = self._clock.monotonic_s()
        was_alone = now_s - self._touched_s > WATCHED_FOR_S
        self._touched_s = now_s
        if was_alone:
            self._wake.set()

    @property
    def interval_s(self) -> float:
        """Seconds to wait before the next look."""
        now_s = self._clock.monotonic_s()
        return look_interval_s(
            now_s - self._changed_s,
            network=self._reading.network,
            watched=now_s - self._touched_s <= WATCHED_FOR_S,
            least_s=self._settings.data_update_interval_s,
            last_look_cost_s=self._look_cost_s,
        )

    @property
    def _is_busy(self) -> bool:
        """Whether something is known that was not read, or not even examined."""
        return self._sources.is_reading or self._sources.names_waiting > 0

    @property
    def _goes_on(self) -> bool:
        """Whether there is reading to do before the next pause."""
        return self._is_busy and not self._stopping

    def _look_if_due(self) -> None:
        """Look while a long reading goes on, and where nothing is left to read but names."""
        since_s = self._clock.monotonic_s() - self._look_s
        if since_s > LOOK_WHILE_LOADING_S or not self._sources.is_reading:
            self._look()

    def _look(self) -> None:
        started_s = self._clock.monotonic_s()
        while self._notes:
            message = self._notes.popleft()
            self._activity.tell("warning", "monitor", message, row=message, incident=True)
        self._reading.counters.looks += 1
        if self._sources.look():
            self._begin_run()
        self._look_s = self._clock.monotonic_s()
        self._look_cost_s = self._look_s - started_s

    def _begin_run(self) -> None:
        if self._run.n_timesteps:
            if self._sources.leaving:
                # What is kept of the run that is over is without the first losses of this one.
                self._run = self._run.drop(self._sources.leaving)
                self._publish_if_changed()
            text = f"A new run begins: {self._sources.renewed_by}"
            self._activity.tell("warning", "run", text)
        self._incidents.reset()
        self._run = Run.empty(self._sources.run_id, self._sources.label)
        self._tags = TagStore()

    def _work(self) -> None:
        """Read one slice of what is pending and publish what came of it."""
        slice_s = SLICE_S if self._run.n_timesteps else SLICE_S * _FIRST_SLICE
        until_s = self._clock.monotonic_s() + slice_s
        if not self._run.id and self._sources.run_id:
            self._run = Run.empty(self._sources.run_id, self._sources.label)
        change, tags = self._sources.read(self._tags, until_s)
        if change:
            self._run = self._sources.described(change.applied_to(self._run))
            if not self._loading:
                self._incidents.tell(self._run, change.puts.values())
        else:
            self._run = self._sources.described(self._run)
        if change.is_news or tags is not self._tags:
            self._tags = tags
            self._note_change()
        is_all_read = self._loading and not self._is_busy
        if is_all_read:
            self._end_loading()
        if not self._loading and self._alerts.is_due(self._run):
            self._alerts.look(self._now())
        self._publish_if_changed()
        if is_all_read or self._is_memory_due():
            # What was read is in the run by now; as it came, it would hold its pages.
            del change
            give_back()
            self._gave_back_s = self._clock.monotonic_s()
        self._answer_asked()

    def _is_memory_due(self) -> bool:
        """Tell whether what came and went since the last time may have left some unused."""
        age_s = self._clock.monotonic_s() - self._gave_back_s
        is_old = age_s >= GIVE_BACK_EVERY_S and self._changed_s > self._gave_back_s
        return is_old and not self._loading

    def _answer_asked(self) -> None:
        while self._asked:
            try:
                asked = self._asked.popleft()
            except IndexError:
                # Who asks at the very end, and the thread that ends, may both answer.
                return
            if asked.set_running_or_notify_cancel():
                asked.set_result(tuple(self._sources.files()))

    def _now(self) -> Now:
        """Return how things stand, for the rules of health."""
        sources = self._sources
        stand = self._stand(self._run)
        return Now(
            run=self._run,
            now_s=self._clock.wall_s(),
            newest_written_s=sources.newest_written_s,
            heard_s=stand.heard_s,
            expects_data=stand.expects_data,
            job=stand.job,
            usual_interval_s=usual_interval_s(self._run),
            directory=sources.directory,
            tags=self._tags,
        )

    def _note_change(self) -> None:
        self._changed_s = self._clock.monotonic_s()
        newest = self._sources.newest_written_s
        self._changed_at = newest if self._loading else self._clock.wall_s()
        if self._loading:
            # An old run is looked at rarely from the start: its age is that of its files.
            self._changed_s -= max(0.0, self._clock.wall_s() - newest)

    def _end_loading(self) -> None:
        self._loading = False
        run = self._run
        self._incidents.tell_loaded(run)
        if run.n_timesteps or self._tags.n_points:
            self._activity.tell(
                "ok",
                "loaded",
                f"Read {counted(run.n_values, 'loss', 'losses')} of "
                f"{counted(run.n_timesteps, 'timestep', 'timesteps')} and "
                f"{counted(self._tags.n_points, 'point', 'points')} of tags",
            )

    def _publish_if_changed(self) -> None:
        before = self.snapshot
        now = self._snapshot(before.counter)
        quiet = replace(now.source, io=before.source.io, last_look=before.source.last_look)
        quiet = replace(quiet, poll_interval_s=before.source.poll_interval_s)
        quiet = replace(quiet, heard_s=before.source.heard_s)
        same = (
            now.run is before.run
            and now.tags is before.tags
            and now.activity is before.activity
            and now.alerts is before.alerts
            and quiet == before.source
        )
        if not same:
            self.snapshot = replace(now, counter=before.counter + 1)
        elif self._clock.monotonic_s() - self._published_s < QUIET_PUBLISH_S:
            return
        else:
            self.snapshot = now
        self._published_s = self._clock.monotonic_s()
        self._publish(self.snapshot)

    def _publish_now(self) -> None:
        self.snapshot = self._snapshot(self.snapshot.counter + 1)
        self._publish(self.snapshot)

    def _snapshot(self, counter: int) -> Snapshot:
        run = self._sources.shown(self._run).prepared()
        return Snapshot(
            counter=counter,
            changed_at=self._changed_at,
            run=run,
            tags=self._tags,
            source=self._source_state(run),
            activity=self._activity.entries,
            alerts=self._alerts.alerts,
        )

    def _source_state(self, run: Run) -> SourceState:
        sources = self._sources
        stand = self._stand(run)
        return SourceState(
            directory=sources.directory,
            job_logs=sources.job_logs,
            exists=sources.exists,
            error=sources.error,
            last_look=self._clock.wall_s(),
            loading=self._loading_state(),
            io=self._reading.counters.frozen(),
            incidents=self._activity.incidents,
            poll_interval_s=round(self.interval_s, 2),
            has_ended=stand.has_ended,
            state=stand.state,
            state_text=stand.text,
            outcome=stand.outcome,
            heard_s=stand.heard_s,
            job=stand.job,
            other_job=stand.other_job,
            model_end=tuple(sources.model_end or ()),
            usual_interval_s=usual_interval_s(run),
            model_status=sources.model_status,
        )

    def _stand(self, run: Run) -> Stand:
        loading = self._loading and self._is_busy
        return self._training.stand(
            run, self._sources, loading=loading, changed_at=self._changed_at
        )

    def _loading_state(self) -> Loading | None:
        if not self._loading or not self._is_busy:
            return None
        progress = self._reading.progress
        done = max(0, progress.files_total - self._sources.readable)
        total = progress.files_total + self._sources.names_waiting
        read = min(progress.bytes_done, progress.bytes_total)
        return Loading(done, total, read, progress.bytes_total)
