"""The server process: settings in, a page at a port out, until a signal ends it.

It binds its socket before anything else, so that a taken port is told at once; starts the
reading thread; runs uvicorn with a slow tick; and ends streams before it waits for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from email.utils import formatdate
from functools import partial

import uvicorn

from loss_monitor.clock import Clock, SystemClock
from loss_monitor.monitor import Monitor
from loss_monitor.settings import Settings, state_dir
from loss_monitor.settings.token_file import load_token
from loss_monitor.web.access import Access, Rules, access_of
from loss_monitor.web.app import create_app
from loss_monitor.web.broadcast import Hub
from loss_monitor.web.certificate import check_certificate
from loss_monitor.web.events import Encoder
from loss_monitor.web.limits import Door, Limits
from loss_monitor.web.listening import BACKLOG, listen
from loss_monitor.web.protocol import GuardedProtocol
from loss_monitor.web.reload import Reload
from loss_monitor.web.runs import Runs, Source
from loss_monitor.web.status import about
from loss_monitor.web.unix_socket import identity_of, listen_at_path, remove_own
from loss_monitor.web.where import Listening, print_where, remove_port_file, write_port_file

SWITCH_INTERVAL_S = 0.001
"""How soon the interpreter lets the event loop interrupt the reading thread: answers while
loading take 8 ms instead of 24 to 38 ms with the usual 5 ms."""
GARBAGE_FROM_OBJECTS = 20_000
GRACEFUL_S = 2
TICK_S = 1.0
"""uvicorn ticks ten times a second, which alone is 30 system calls and 0.26 % of a core;
once is enough for its `Date` header."""

_log = logging.getLogger(__name__)


class QuietServer(uvicorn.Server):
    """uvicorn that sleeps while nothing happens, and ends streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, runs: Runs, ready: Callable[[], None]) -> None:
        """`ready` is called once, when requests are answered."""
        super().__init__(config)
        self._runs = runs
        self._ready = ready
        self.on_hangup: Callable[[], None] | None = None
        """What SIGHUP does; None leaves it to the system."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self._timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """End the server soon; from any thread."""
        self.should_exit = True
        loop, stopped = self._loop, self._stopped
        if loop is not None and stopped is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(stopped.set)

    async def main_loop(self) -> None:
        """Wait to be told to stop; a timer, not a task, keeps the `Date` header right."""
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._tick()
        self._ready()
        await self._stopped.wait()

    def _tick(self) -> None:
        if self._loop is None or self._stopped is None:
            return
        if self.should_exit:
            self._stopped.set()
            return
        date = (b"date", formatdate(usegmt=True).encode())
        self.server_state.default_headers = [date, *self.config.encoded_headers]
        self._loop.call_later(TICK_S, self._tick)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all streams, then wait for what is still being answered."""
        self._runs.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGTERM and SIGINT without raising them again: an asked-for end is no fault."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        handlers = dict.fromkeys((signal.SIGTERM, signal.SIGINT), self._on_signal)
        if self.on_hangup is not None:
            handlers[signal.SIGHUP] = self.on_hangup
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def _on_signal(self) -> None:
        # Who asks twice does not want to wait for open answers.
        self.force_exit = self.should_exit
        self.stop()


def make_server(
    settings: Settings,
    runs: Runs,
    access: Access,
    ready: Callable[[], None],
    read_settings: Callable[[], Settings] | None = None,
) -> QuietServer:
    """Return a server for `runs`; it is run with sockets that listen already.

    `read_settings` reads the configuration again at SIGHUP.
    """
    limits = Limits.of(settings)
    door = Door(limits, access.own_uid, runs.clock.monotonic_s)
    rules = Rules(access)
    config = uvicorn.Config(
        create_app(settings, runs, rules, door),
        # A class by uvicorn's types, anything that makes a protocol by its code.
        http=partial(GuardedProtocol, door=door),  # type: ignore[arg-type]
        h11_max_incomplete_event_size=limits.head_bytes,
        ssl_certfile=settings.certfile,
        ssl_keyfile=settings.keyfile,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="warning",
        # It would hold the token of the first request.
        access_log=False,
        # It would let a client choose its address.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_S,
        backlog=BACKLOG,
    )
    server = QuietServer(config, runs, ready)
    if read_settings is not None:
        server.on_hangup = Reload(settings, read_settings, rules, door, config)
    return server


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
    readers = [SourceReader(settings, clock) for settings in sources]
    settings = sources[0]

    def ready() -> None:
        if settings.port_file is not None:
            write_port_file(settings.port_file, where.port)
        on_listening(where)

    runs = Runs([reader.source for reader in readers])
    server = make_server(settings, runs, access, ready, read_settings)
    _collect_garbage_rarely()
    for reader in readers:
        reader.thread.start()
    try:
        server.run(sockets=[held])
    finally:
        for reader in readers:
            reader.monitor.stop()
        if settings.port_file is not None:
            remove_port_file(settings.port_file, where.port)
        until_s = clock.monotonic_s() + GRACEFUL_S
        for reader in readers:
            reader.thread.join(max(0.0, until_s - clock.monotonic_s()))


class SourceReader:
    """One source with the thread that reads it: a file system that hangs stops no other."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Prepare to read; `thread` is yet to be started."""
        hub = make_hub(settings, clock, self._touch)
        self.source = Source(hub, settings)
        self.monitor = Monitor(settings, clock, hub.publish)
        name = f"monitor-{settings.source_number}"
        self.thread = threading.Thread(target=self.monitor.run_forever, name=name, daemon=True)

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
