"""The hub: snapshots in from the reading thread, events out to all readers of the stream.

Who writes what: `publish` is called by the reading thread and only leaves the latest
snapshot behind; everything else happens on the event loop, but for the working out of a
page state, which has a thread of its own so that answers are not kept waiting. Each event
is encoded once and shared. A reader has a position and no queue: one that falls behind
what is still kept is given a new snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from loss_monitor.clock import Clock
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.web.answers import RequestError
from loss_monitor.web.events import Encoder
from loss_monitor.web.overview import Change, PageState, difference, page_state

EVENTS_MAX = 512
EVENTS_BYTES_MAX = 192 * 1024
"""What is kept for readers that are behind or come back: beyond the size of a snapshot, a
snapshot is cheaper."""
RESET_INTERVAL_S = 1.0
"""Least time between two snapshots to all: each is a hundred times an update."""
RUN_IDS_MAX = 100
HEARTBEAT_S = 10.0
KEPT_ALONE_S = 30.0
"""How long differences are still worked out when the last reader has left: a stream ends
every minute or two, and its page comes back within seconds."""
# Working out the page may take a third of a core at most, however fast a large run changes.
_PAUSE_TO_WORK = 2.0
# While a large directory is read, reading it counts more than showing each piece of it.
_LOADING_PAUSE_S = 0.25
_STALLED_S = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it goes over the wire."""

    version: str
    body: bytes


class Reader:
    """One connected page: how far it is, and what wakes it."""

    def __init__(self, abort: Callable[[], None]) -> None:
        """`abort` drops the connection of a reader that does not take its last bytes."""
        self.position = -1
        """Number of the next event; below the hub's first: a snapshot is due."""
        self.run_id: str | None = None
        self.heartbeats = 0
        """Number of the last heartbeat it had; below 0: it waits for one of its own."""
        self.ended = False
        self._wake = asyncio.Event()
        self._abort = abort
        self._stalled: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Let it look for something new."""
        self._wake.set()

    async def wait(self) -> None:
        """Wait until there may be something new, or its end."""
        await self._wake.wait()
        self._wake.clear()

    def end(self) -> None:
        """End its stream, by force where it does not take what was sent."""
        if not self.ended:
            self.ended = True
            loop = asyncio.get_running_loop()
            self._stalled = loop.call_later(_STALLED_S, self._abort)
        self._wake.set()

    def left(self) -> None:
        """Forget about forcing its end."""
        self.ended = True
        if self._stalled is not None:
            self._stalled.cancel()


def _timed_page_state(snapshot: Snapshot, histogram_bins: int) -> tuple[PageState, float]:
    """Return a page state and the seconds of processor time that it took."""
    began_s = time.thread_time()
    page = page_state(snapshot, histogram_bins)
    return page, time.thread_time() - began_s


class Hub:
    """The latest snapshot, and the stream of its changes."""

    def __init__(
        self,
        encoder: Encoder,
        clock: Clock,
        *,
        histogram_bins: int,
        touch: Callable[[], None] = lambda: None,
    ) -> None:
        """`touch` tells the reading thread that somebody looks."""
        self.start_id = secrets.token_hex(4)
        self.touch = touch
        self._encoder = encoder
        self._clock = clock
        self._bins = histogram_bins
        self.run_ids: tuple[str, ...] = ()
        """Ids of the current run and of those that it took the place of, oldest first."""
        self._latest: Snapshot | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._builder: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._worker = ThreadPoolExecutor(1, "page")
        self._page: PageState | None = None
        self._snapshot_rest: tuple[PageState, bytes] | None = None
        self._events: deque[Event] = deque()
        self._events_bytes = 0
        self._first = 0
        self._positions: dict[str, int] = {}
        self._readers: set[Reader] = set()
        self._alone_since_s = float("-inf")
        self._reset_s = float("-inf")
        self._heartbeats = 0
        self._heartbeat: tuple[int, int, bytes] | None = None
        self._heartbeat_timer: asyncio.TimerHandle | None = None
        self._closed = False

    # For the reading thread

    def publish(self, snapshot: Snapshot) -> None:
        """Make `snapshot` the latest one; from any thread, returns at once."""
        if snapshot.run.id and snapshot.run.id != self.run_id:
            self.run_ids = (*self.run_ids[1 - RUN_IDS_MAX :], snapshot.run.id)
        self._latest = snapshot
        loop = self._loop
        if loop is not None:
            # The loop may be closed already while the reading thread ends.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._changed.set)

    # For routes

    @property
    def run_id(self) -> str:
        """Id of the current run, empty before its first file."""
        return self._latest.run.id if self._latest is not None else ""

    @property
    def snapshot(self) -> Snapshot | None:
        """The latest snapshot, None before the first look."""
        return self._latest

    def current(self) -> Snapshot:
        """Return the latest snapshot; raises RequestError (503) before the first look."""
        if self._latest is None:
            raise RequestError(503, "still starting: ask again in a second")
        return self._latest

    def version(self, counter: int) -> str:
        """Return the name of a version."""
        return f"{self.start_id}-{counter}"

    @property
    def clock(self) -> Clock:
        """The clock that ages are told by."""
        return self._clock

    # Life

    def attach(self) -> None:
        """Begin to work, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._builder = self._loop.create_task(self._follow())
        if self._latest is not None:
            self._changed.set()

    def close(self) -> None:
        """End all streams and stop working; may be called twice."""
        self._closed = True
        self._loop = None
        for reader in tuple(self._readers):
            reader.end()
        if self._builder is not None:
            self._builder.cancel()
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()
        self._worker.shutdown(wait=False)

    # For streams

    def join(self, last_event_id: str, abort: Callable[[], None]) -> Reader:
        """Return a new reader; it goes on after `last_event_id` where that is still kept."""
        reader = Reader(abort)
        page = self._page
        known = self._positions.get(last_event_id)
        if known is not None and page is not None:
            reader.position = known
            reader.run_id = page.run_id
            # The events it has missed tell old times; this tells the present one.
            reader.heartbeats = -1
        else:
            reader.heartbeats = self._heartbeats
        self._readers.add(reader)
        if self._closed:
            reader.end()
        elif self._heartbeat_timer is None:
            self._heartbeat_timer = self._later(HEARTBEAT_S, self._beat)
        self._changed.set()
        reader.wake()
        return reader

    def leave(self, reader: Reader) -> None:
        """Forget a reader."""
        reader.left()
        self._readers.discard(reader)
        if not self._readers:
            self._alone_since_s = self._clock.monotonic_s()

    def take(self, reader: Reader) -> list[bytes]:
        """Return what `reader` has not had yet, in pieces to be sent one after another."""
        page = self._page
        if page is None:
            return []
        pieces: list[bytes] = []
        if reader.position < self._first:
            pieces = self._snapshot_for(reader, page)
            reader.position = self._first + len(self._events)
            reader.run_id = page.run_id
        else:
            behind = reader.position - self._first
            if behind < len(self._events):
                pieces = [b"".join(e.body for e in list(self._events)[behind:])]
                reader.position = self._first + len(self._events)
        if reader.heartbeats != self._heartbeats:
            is_own = reader.heartbeats < 0
            pieces.append(self._heartbeat_of(page) if is_own else self._shared_heartbeat(page))
            reader.heartbeats = self._heartbeats
        return pieces

    @property
    def n_readers(self) -> int:
        """Number of connected pages."""
        return len(self._readers)

    def _snapshot_for(self, reader: Reader, page: PageState) -> list[bytes]:
        pieces = []
        version = self.version(page.counter)
        if reader.run_id is not None and reader.run_id != page.run_id:
            pieces.append(self._encoder.run(f"{version}.0", page))
        if self._snapshot_rest is None or self._snapshot_rest[0] is not page:
            self._snapshot_rest = (page, self._encoder.snapshot_rest(page))
        # The time of a snapshot is when it is sent, so only the rest of it is shared.
        pieces += [self._encoder.snapshot_head(version), self._snapshot_rest[1]]
        return pieces

    # Following the snapshots

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._changed.wait()
            self._changed.clear()
            snapshot = self._latest
            if snapshot is None or (self._page and snapshot.counter == self._page.counter):
                continue
            if not self._is_wanted():
                self._forget()
                continue
            try:
                page, work_s = await loop.run_in_executor(
                    self._worker, _timed_page_state, snapshot, self._bins
                )
                self._deliver(page)
            except Exception:  # noqa: BLE001 - the top of a task: logged, and on to the next.
                _log.exception("A version of the page could not be worked out")
                self._forget()
                await asyncio.sleep(RESET_INTERVAL_S)
                continue
            is_loading = snapshot.source.loading is not None
            await asyncio.sleep(max(work_s * _PAUSE_TO_WORK, _LOADING_PAUSE_S * is_loading))

    def _is_wanted(self) -> bool:
        alone_s = self._clock.monotonic_s() - self._alone_since_s
        return bool(self._readers) or alone_s < KEPT_ALONE_S

    def _forget(self) -> None:
        self._page = None
        self._snapshot_rest = None
        self._drop_events()

    def _deliver(self, page: PageState) -> None:
        change = difference(self._page, page) if self._page is not None else None
        if change is None:
            if self._page is not None and not self._may_reset():
                return
            self._page = page
            self._drop_events()
        else:
            self._add_all(self.version(page.counter), change)
            self._page = page
        self._positions[self.version(page.counter)] = self._first + len(self._events)
        for reader in self._readers:
            reader.wake()

    def _add_all(self, version: str, change: Change) -> None:
        """Add the events of one version.

        Each but the last has a name of its own, so that a reader that lost the connection
        between them goes on with the next.
        """
        encoder = self._encoder
        events: list[Callable[[str], bytes]] = []
        if change.entries:
            events.append(lambda name: encoder.activity(name, change.entries))
        if change.alerts:
            events.append(lambda name: encoder.alerts(name, change.alerts))
        if change.update:
            events.append(lambda name: encoder.update(name, change.update))
        for number, make in enumerate(events, 1):
            name = version if number == len(events) else f"{version}.{number}"
            self._add(Event(name, make(name)))

    def _may_reset(self) -> bool:
        """Tell whether a snapshot may go to all now; come back later if not."""
        now_s = self._clock.monotonic_s()
        wait_s = self._reset_s + RESET_INTERVAL_S - now_s
        if wait_s <= 0:
            self._reset_s = now_s
            return True
        self._later(wait_s, self._changed.set)
        return False

    def _add(self, event: Event) -> None:
        self._events.append(event)
        self._events_bytes += len(event.body)
        self._positions[event.version] = self._first + len(self._events)
        while len(self._events) > EVENTS_MAX or self._events_bytes > EVENTS_BYTES_MAX:
            self._events_bytes -= len(self._events.popleft().body)
            self._first += 1
        if len(self._positions) > 4 * EVENTS_MAX:
            self._positions = {
                name: at for name, at in self._positions.items() if at >= self._first
            }

    def _drop_events(self) -> None:
        self._first += len(self._events) + 1
        self._events.clear()
        self._events_bytes = 0
        self._positions.clear()

    # Heartbeats

    def _beat(self) -> None:
        if not self._readers or self._closed:
            self._heartbeat_timer = None
            return
        self.touch()
        if self._page is not None:
            self._heartbeats += 1
            for reader in self._readers:
                reader.wake()
        self._heartbeat_timer = self._later(HEARTBEAT_S, self._beat)

    def _shared_heartbeat(self, page: PageState) -> bytes:
        """Return the heartbeat of a page, encoded once for all readers.

        Its id is that of the last event before it: with an older one, a reader that comes
        back would be given again what it has had.
        """
        known = self._heartbeat
        if known is None or known[:2] != (self._heartbeats, page.counter):
            known = self._heartbeat = (self._heartbeats, page.counter, self._heartbeat_of(page))
        return known[2]

    def _heartbeat_of(self, page: PageState) -> bytes:
        return self._encoder.heartbeat(self.version(page.counter), page.changed_at)

    @staticmethod
    def _later(seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, act)
