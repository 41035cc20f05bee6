"""What the tests of the web room share: snapshots made by hand, and a real server."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from building import Build
from loss_monitor.clock import ManualClock, SystemClock
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.settings import Settings
from loss_monitor.settings.token_file import Token
from loss_monitor.web.access import Access, Rules, access_of
from loss_monitor.web.app import create_app
from loss_monitor.web.broadcast import Hub
from loss_monitor.web.limits import Door, Limits
from loss_monitor.web.listening import listen as listen_at
from loss_monitor.web.runs import Runs, Source
from loss_monitor.web.server import make_hub
from loss_monitor.web.stream_models import EVENTS
from loss_monitor.web.uvicorn_server import QuietServer, make_server
from waiting import DEADLINE_S, wait_for

TOKEN = "a-token-for-tests-0123456789abcdef"


@pytest.fixture(scope="session")
def build() -> type[Build]:
    """Makes runs and snapshots."""
    return Build


@pytest.fixture(scope="session")
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Polls until something holds, or fails."""
    return wait_for


@dataclass
class Running:
    """A server that answers at a port of its own, fed by the test instead of a monitor."""

    hub: Hub
    port: int
    server: QuietServer
    access: Access
    client: httpx.Client
    others: list[Hub] = field(default_factory=list)
    """Hubs of further sources."""
    counter: int = 0

    @property
    def url(self) -> str:
        """Its address without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    def publish(self, run: Run, source: int = 1, **fields: object) -> Snapshot:
        """Publish the next version of a source, as its reading thread would."""
        self.counter += 1
        snapshot = Build.snapshot(run, self.counter, **fields)
        [self.hub, *self.others][source - 1].publish(snapshot)
        return snapshot

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask as the owner of the server."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(self.url + path, headers=given)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings as they are by default, for a directory that does not exist."""
    return Settings(data_dir=tmp_path / "data")


StartServer = Callable[..., Running]


@pytest.fixture
def start_server(settings: Settings) -> Iterator[StartServer]:
    """Start servers that end with the test; keywords change rules of access, `bounds` limits.

    `sources` is how many places one watches, `files` what tells the files of each.
    """
    started: list[tuple[Running, threading.Thread]] = []

    def start(sources: int = 1, files: Any = Future, **rules: Any) -> Running:
        held = listen_at("127.0.0.1", 0)
        port = held.getsockname()[1]
        hubs = [make_hub(settings, SystemClock(), touch=lambda: None) for _ in range(sources)]
        served = replace(settings, **rules.pop("bounds", {}))
        options = {"origins": settings.cors_origins, **rules}
        owner = options.pop("own_uid", os.geteuid())
        access = replace(
            access_of(Token(TOKEN), host="127.0.0.1", instance=str(port), **options), own_uid=owner
        )
        ready = threading.Event()
        numbered = [replace(served, source_number=n) for n in range(1, sources + 1)]
        runs = Runs([Source(h, n, files) for h, n in zip(hubs, numbered, strict=True)])
        server = make_server(served, runs, access, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [held]})
        thread.start()
        client = httpx.Client(timeout=DEADLINE_S, trust_env=False, verify=False)
        running = Running(hubs[0], port, server, access, client, hubs[1:])
        started.append((running, thread))
        assert ready.wait(DEADLINE_S)
        return running

    yield start
    for running, thread in started:
        running.client.close()
        running.server.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@pytest.fixture
def running(start_server: StartServer) -> Running:
    """A server with the usual rules."""
    return start_server()


@pytest.fixture
def direct() -> Callable[..., Callable[..., httpx.Response]]:
    """Makes a function that asks an application by itself, without a socket, as its owner."""

    def make(settings: Settings, snapshot: Snapshot | None) -> Callable[..., httpx.Response]:
        clock = ManualClock(1_000_000_010.5)
        hub = make_hub(settings, clock, touch=lambda: None)
        if snapshot is not None:
            hub.publish(snapshot)
        access = access_of(Token(TOKEN), host="127.0.0.1", instance="1")
        runs = Runs([Source(hub, settings)])
        door = Door(Limits(), os.geteuid(), clock.monotonic_s)
        app = create_app(settings, runs, Rules(access), door)
        given = {"host": "localhost", "authorization": f"Bearer {TOKEN}"}

        def ask(path: str, method: str = "GET", **headers: str) -> httpx.Response:
            async def send() -> httpx.Response:
                transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://localhost"
                ) as client:
                    return await client.request(method, path, headers={**given, **headers})

            return asyncio.run(send())

        return ask

    return make


@pytest.fixture(scope="session")
def raw_request() -> Callable[[int, bytes], bytes]:
    """Sends bytes as they are to a port; returns all that comes back until it closes."""
    return _raw_request


def _raw_request(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as held:
        held.sendall(request)
        held.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := held.recv(65536):
            answer += piece
    return answer


@dataclass
class Event:
    """One event as a browser sees it."""

    name: str
    id: str
    data: dict[str, Any]
    size: int


@dataclass
class Listener:
    """A reader of the stream that understands no more than it must."""

    held: socket.socket
    head: bytes = b""
    retry_ms: int | None = None
    ended: bool = False
    buffer: bytes = b""
    raw: bytes = b""
    seen: list[Event] = field(default_factory=list)

    def event(self) -> Event | None:
        """The next event, None at the end of the stream."""
        while b"\n\n" not in self.buffer:
            if self.ended or not self._read():
                return None
        block, _, self.buffer = self.buffer.partition(b"\n\n")
        lines = dict(line.split(": ", 1) for line in block.decode().split("\n"))
        if "retry" in lines:
            self.retry_ms = int(lines["retry"])
            return self.event()
        EVENTS[lines["event"]].model_validate_json(lines["data"], strict=True)
        event = Event(lines["event"], lines["id"], json.loads(lines["data"]), len(block))
        self.seen.append(event)
        return event

    def next(self, name: str) -> Event:
        """The next event of a name; heartbeats are passed over, another is a failure."""
        while True:
            event = self.event()
            assert event is not None, "the stream ended"
            if event.name == name:
                return event
            assert event.name == "heartbeat", event

    def _read(self) -> bool:
        data = self.held.recv(65536)
        self.raw += data
        while b"\r\n" in self.raw:
            length, _, rest = self.raw.partition(b"\r\n")
            size = int(length, 16)
            if len(rest) < size + 2:
                break
            self.buffer += rest[:size]
            self.raw = rest[size + 2 :]
            if size == 0:
                self.ended = True
                break
        return bool(data)


@contextmanager
def _listening(
    port: int, last_event_id: str = "", receive_bytes: int = 0, query: str = ""
) -> Iterator[Listener]:
    held = socket.socket()
    if receive_bytes:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    held.settimeout(DEADLINE_S)
    held.connect(("127.0.0.1", port))
    with closing(held):
        request = f"GET /api/stream{query} HTTP/1.1\r\nHost: localhost\r\n"
        if last_event_id:
            request += f"Last-Event-ID: {last_event_id}\r\n"
        held.sendall(request.encode() + b"\r\n")
        listener = Listener(held)
        data = b""
        while b"\r\n\r\n" not in data:
            data += held.recv(1)
        listener.head = data
        yield listener


@pytest.fixture
def listen_to() -> Iterator[Callable[..., Listener]]:
    """Opens streams of a running server."""
    opened: list[Any] = []

    def make(running: Running, **options: Any) -> Listener:
        context = _listening(running.port, **options)
        listener = context.__enter__()
        opened.append(context)
        return listener

    yield make
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def listen(running: Running, listen_to: Callable[..., Listener]) -> Callable[..., Listener]:
    """Opens streams of the server with the usual rules."""
    return partial(listen_to, running)
