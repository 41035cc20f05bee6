"""The server process: settings in, a page at a port out, until a signal ends it.

It binds its socket before anything else, so that a taken port is told at once; starts the
reading thread; runs uvicorn with a slow tick; and ends streams before it waits for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import uvicorn

from loss_monitor.clock import Clock, SystemClock
from loss_monitor.errors import MonitorError
from loss_monitor.monitor import Monitor
from loss_monitor.settings import Settings, state_dir
from loss_monitor.web.access import TOKEN_FILE, Access, access_of, load_token
from loss_monitor.web.app import create_app
from loss_monitor.web.broadcast import Hub
from loss_monitor.web.connection import IdentifyingProtocol
from loss_monitor.web.events import Encoder
from loss_monitor.web.listening import BACKLOG, listen
from loss_monitor.web.status import about

SWITCH_INTERVAL_S = 0.001
"""How soon the interpreter lets the event loop interrupt the reading thread: answers while
loading take 8 ms instead of 24 to 38 ms with the usual 5 ms."""
GRACEFUL_S = 2
TICK_S = 1.0
"""uvicorn ticks ten times a second, which alone is 30 system calls and 0.26 % of a core;
once is enough for its `Date` header."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server is reached."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        """The page's address for a browser on this node, without the token."""
        host = "127.0.0.1" if self.host in ("", "0.0.0.0") else self.host
        host = "::1" if host == "::" else host
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    @property
    def token_url(self) -> str:
        """The address that lets its holder in."""
        return f"{self.url}?token={self.token}"


class QuietServer(uvicorn.Server):
    """uvicorn that sleeps while nothing happens, and ends streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, hub: Hub, ready: Callable[[], None]) -> None:
        """`ready` is called once, when requests are answered."""
        super().__init__(config)
        self._hub = hub
        self._ready = ready
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
        self._hub.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGTERM and SIGINT without raising them again: an asked-for end is no fault."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _on_signal(self) -> None:
        # Who asks twice does not want to wait for open answers.
        self.force_exit = self.should_exit
        self.stop()


def make_server(
    settings: Settings, hub: Hub, access: Access, ready: Callable[[], None]
) -> QuietServer:
    """Return a server for `hub`; it is run with sockets that listen already."""
    config = uvicorn.Config(
        create_app(settings, hub, access),
        http=IdentifyingProtocol,
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
    return QuietServer(config, hub, ready)


def make_hub(settings: Settings, clock: Clock, touch: Callable[[], None]) -> Hub:
    """Return the hub of a server with these settings."""
    encoder = Encoder(clock, about(settings))
    return Hub(encoder, clock, histogram_bins=settings.histogram_bins, touch=touch)


def serve(
    settings: Settings,
    *,
    clock: Clock | None = None,
    on_listening: Callable[[Listening], None] | None = None,
) -> int:
    """Watch and serve until SIGTERM or SIGINT; return the exit code.

    `on_listening` is called once, when requests are answered; by default the address is
    printed. Raises MonitorError where the port, the host or the token cannot be had.
    """
    clock = clock or SystemClock()
    held = listen(settings.host, settings.port, port_fixed=settings.port_fixed)
    with held:
        port = int(held.getsockname()[1])
        if port != settings.port and settings.port:
            _log.warning("Port %d is taken; listening at %d instead", settings.port, port)
        token = load_token(state_dir(os.environ))
        access = access_of(
            token,
            host=settings.host,
            port=port,
            allow_hosts=settings.allow_hosts,
            origins=settings.cors_origins,
            public_host=settings.public_host,
        )
        where = Listening(settings.host, port, token)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        _raise_open_files()
        _run(settings, clock, held, access, where, on_listening or print_where)
    return 0


def _run(
    settings: Settings,
    clock: Clock,
    held: socket.socket,
    access: Access,
    where: Listening,
    on_listening: Callable[[Listening], None],
) -> None:
    def touch() -> None:
        # Hub and monitor name each other; nobody can look before both exist.
        monitor.touch()

    hub = make_hub(settings, clock, touch)
    monitor = Monitor(settings, clock, hub.publish)
    reading = threading.Thread(target=monitor.run_forever, name="monitor", daemon=True)

    def ready() -> None:
        if settings.port_file is not None:
            write_port_file(settings.port_file, where.port)
        on_listening(where)

    server = make_server(settings, hub, access, ready)
    reading.start()
    try:
        server.run(sockets=[held])
    finally:
        monitor.stop()
        if settings.port_file is not None:
            remove_port_file(settings.port_file, where.port)
        reading.join(GRACEFUL_S)


def write_port_file(path: Path, port: int) -> None:
    """Write `port` and a newline to `path`, whole or not at all."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(f"{port}\n", encoding="ascii")
        os.replace(made, path)
    except OSError as error:
        raise MonitorError(f"--port-file {path} cannot be written: {error.strerror}") from error


def remove_port_file(path: Path, port: int) -> None:
    """Remove `path` unless another server has written it since."""
    with contextlib.suppress(OSError, ValueError):
        if int(path.read_text(encoding="ascii")) == port:
            path.unlink()


def print_where(where: Listening) -> None:
    """Print the start message: the address, with the token where nobody else will read it."""
    print(f"Page: {where.url}", flush=True)
    if _keeps_output():
        place = state_dir(os.environ) / TOKEN_FILE
        print(f"Everyone but this node's own user needs the token in {place}", flush=True)
    else:
        print(f"With token, for everyone but this node's own user: {where.token_url}", flush=True)


def _keeps_output() -> bool:
    """Tell whether standard output is a file, where a token would stay for others to read."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return True


def _raise_open_files() -> None:
    """Let as many pages connect as the system allows this process."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
