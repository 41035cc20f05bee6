"""The server process: settings in, a page at a port out, until a signal ends it.

It binds its socket before anything else, so that a taken port is told at once; starts the
reading threads; and only then imports the framework that answers: the newest losses are there
when it is.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from loss_monitor.clock import Clock, SystemClock
from loss_monitor.heap import use_one_arena
from loss_monitor.history.keeper import Keeper
from loss_monitor.history.store import FOLDER, KeptRuns, Retention, source_folder
from loss_monitor.monitor import Monitor
from loss_monitor.monitor.alert_hook import AlertHook
from loss_monitor.monitor.alerts import PassOn
from loss_monitor.scheduler.watch import SchedulerWatch
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.settings import Settings, state_dir
from loss_monitor.settings.token_file import load_token
from loss_monitor.web.about import about
from loss_monitor.web.access import Access, access_of
from loss_monitor.web.broadcast import Hub
from loss_monitor.web.certificate import check_certificate
from loss_monitor.web.events import Encoder
from loss_monitor.web.listening import listen
from loss_monitor.web.unix_socket import identity_of, listen_at_path, remove_own
from loss_monitor.web.where import Listening, print_where, remove_port_file, write_port_file

SWITCH_INTERVAL_S = 0.001
"""How soon the interpreter lets the event loop interrupt the reading thread: answers while
loading take 8 ms instead of 24 to 38 ms with the usual 5 ms."""
GARBAGE_FROM_OBJECTS = 20_000
READING_ENDS_S = 2
KEEPING_ENDS_S = 5.0
"""For writing what was not kept yet: `stop` waits ten seconds before it uses force."""

_log = logging.getLogger(__name__)


def make_hub(settings: Settings, clock: Clock, touch: Callable[[], None]) -> Hub:
    """Return the hub of a server with these settings."""
    encoder = Encoder(clock, about(settings))
    return Hub(encoder, clock, histogram_bins=settings.histogram_bins, touch=touch)


def serve(
    *sources: Settings,
    clock: Clock | None = None,
    on_listening: Callable[[Listening], None] | None = None,
    read_settings: Callable[[], Settings] | None = None,
) -> int:
    """Watch and serve until SIGTERM or SIGINT; return the exit code.

    Each of `sources` names a place to watch; all else is taken from the first.
    `on_listening` is called once, when requests are answered; by default the address is
    printed. `read_settings` reads the configuration again at SIGHUP. Raises MonitorError
    where the port, the host or the token cannot be had.
    """
    clock = clock or SystemClock()
    settings = sources[0]
    with _listener(settings) as held:
        port = 0 if settings.socket else int(held.getsockname()[1])
        if settings.port not in (port, 0) and not settings.socket:
            _log.warning("Port %d is taken; listening at %d instead", settings.port, port)
        token = load_token(state_dir(os.environ))
        access = access_of(
            token,
            host="localhost" if settings.socket else settings.host,
            instance=str(settings.socket or port),
            allow_hosts=settings.allow_hosts,
            origins=settings.cors_origins,
            frame_ancestors=settings.frame_ancestors,
            public_host=settings.public_host,
            is_open=settings.is_open,
        )
        if settings.is_open:
            _log.warning("Open: whoever reaches this server reads everything (--no-auth)")
        where = Listening(
            settings.host,
            port,
            token.current(),
            socket=settings.socket,
            is_https=settings.certfile is not None,
            is_open=settings.is_open,
        )
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        use_one_arena()
        _raise_open_files()
        told = on_listening or print_where
        _run(sources, clock, held, access, where, told, read_settings)
    return 0


@contextlib.contextmanager
def _listener(settings: Settings) -> Iterator[socket.socket]:
    """Hold the socket that `settings` name; what it leaves behind is removed."""
    if settings.certfile is not None:
        check_certificate(settings.certfile, settings.keyfile)
    if settings.socket is None:
        with listen(settings.host, settings.port, port_fixed=settings.port_fixed) as held:
            yield held
        return
    with listen_at_path(settings.socket) as held:
        identity = identity_of(settings.socket)
        try:
            yield held
        finally:
            remove_own(settings.socket, identity)


def _run(
    sources: Sequence[Settings],
    clock: Clock,
    held: socket.socket,
    access: Access,
    where: Listening,
    on_listening: Callable[[Listening], None],
    read_settings: Callable[[], Settings] | None,
) -> None:
    settings = sources[0]
    listening = threading.Event()
    hook = AlertHook(settings.on_alert) if settings.on_alert else None
    pass_on = hook.put if hook else None
    scheduler = SchedulerWatch(clock)
    readers = [SourceReader(one, clock, listening, pass_on, scheduler) for one in sources]

    def ready() -> None:
        listening.set()
        if settings.port_file is not None:
            write_port_file(settings.port_file, where.port)
        on_listening(where)

    try:
        scheduler.start(len(readers))
        for reader in readers:
            reader.start()
        # Only now, since their import takes as long as the first reading of the newest files.
        from loss_monitor.web.kept import KeptSources  # noqa: PLC0415
        from loss_monitor.web.runs import Runs, Source  # noqa: PLC0415
        from loss_monitor.web.uvicorn_server import make_server  # noqa: PLC0415

        places = [(one.kept, one.settings) for one in readers if one.settings.keep_runs]
        kept = KeptSources(places, partial(make_hub, clock=clock, touch=_nobody_reads))
        held_by = [Source(one.hub, one.settings, one.monitor.files) for one in readers]
        runs = Runs(held_by, kept)
        server = make_server(settings, runs, access, ready, read_settings)
        _collect_garbage_rarely()
        server.run(sockets=[held])
    finally:
        for reader in readers:
            reader.monitor.stop()
        scheduler.stop()
        listening.set()
        if settings.port_file is not None:
            remove_port_file(settings.port_file, where.port)
        until_s = clock.monotonic_s() + READING_ENDS_S
        for reader in readers:
            reader.thread.join(max(0.0, until_s - clock.monotonic_s()))
        for reader in readers:
            reader.keeper.stop()
        until_s = clock.monotonic_s() + KEEPING_ENDS_S
        for reader in readers:
            reader.keeper.join(max(0.0, until_s - clock.monotonic_s()))
        if hook is not None:
            hook.stop()


def _nobody_reads() -> None:
    """A kept run has no reading thread to wake."""


class SourceReader:
    """One source with the thread that reads it: a file system that hangs stops no other."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        listening: threading.Event,
        pass_on: PassOn | None,
        scheduler: SchedulerWatch,
    ) -> None:
        """Prepare to read; `thread` is yet to be started.

        `listening` says that we answer, `pass_on` takes alerts, `scheduler` knows of jobs.
        """
        self.settings = settings
        self.hub = make_hub(settings, clock, self._touch)
        self.monitor = Monitor(settings, clock, self._publish, pass_on, scheduler)
        root = settings.keep_dir or state_dir(os.environ) / FOLDER
        self.kept = KeptRuns(source_folder(root, str(settings.data_dir), settings.job_logs))
        retention = Retention(settings.keep_days, settings.keep_bytes)
        self.keeper = Keeper(self.kept, clock, retention, self.monitor.note, self.monitor.files)
        name = f"monitor-{settings.source_number}"
        self.thread = threading.Thread(
            target=self.monitor.run_forever, args=(listening,), name=name, daemon=True
        )

    def start(self) -> None:
        """Begin to read, and to keep what was read."""
        self.thread.start()
        if self.settings.keep_runs:
            self.keeper.start()

    def _publish(self, snapshot: Snapshot) -> None:
        self.hub.publish(snapshot)
        if self.settings.keep_runs:
            self.keeper.put(snapshot)

    def _touch(self) -> None:
        # Hub and monitor name each other; nobody can look before both exist.
        self.monitor.touch()


def _collect_garbage_rarely() -> None:
    """Leave what was imported out of garbage collection, and collect after more objects.

    Files and timesteps are many objects without cycles. By its own rules the interpreter went
    through all of them again and again: a fifth of the first reading, in which nobody else ran
    for up to a quarter of a second.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE_FROM_OBJECTS, 10, 10)


def _raise_open_files() -> None:
    """Let as many pages connect as the system allows this process."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
