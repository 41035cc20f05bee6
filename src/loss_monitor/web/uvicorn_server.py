"""uvicorn, made to sleep while nothing happens and to end streams before it waits for them.

Enters: the application. Leaves: a server that runs on sockets which listen already. With it
come uvicorn and FastAPI, whose import takes as long as all the rest of a start.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import partial

import uvicorn

from loss_monitor.settings import Settings
from loss_monitor.web.access import Access, Rules
from loss_monitor.web.app import create_app
from loss_monitor.web.limits import Door, Limits
from loss_monitor.web.listening import BACKLOG
from loss_monitor.web.protocol import GuardedProtocol
from loss_monitor.web.reload import Reload
from loss_monitor.web.runs import Runs

GRACEFUL_S = 2
TICK_S = 1.0
"""uvicorn ticks ten times a second, which alone is 30 system calls and 0.26 % of a core;
once is enough for its `Date` header."""


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
