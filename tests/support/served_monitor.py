"""A monitor as a user starts it, and questions to it over TCP and UNIX sockets."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from waiting import DEADLINE_S, wait_for

# Everything is imported before the user changes: another user may be unable to read the
# environment that the tests run in.
SERVE = """
import os, sys
import uvicorn.lifespan.on, uvicorn.protocols.http.h11_impl, asyncio.unix_events
import encodings.ascii, encodings.idna, encodings.latin_1, numpy.random, pydantic
import loss_monitor.cli.serve, loss_monitor.web.server, loss_monitor.web.uvicorn_server
from loss_monitor.cli.__main__ import main
uid = int(sys.argv[1])
if uid != os.geteuid():
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
os.chdir("/")
sys.exit(main(sys.argv[2:]))
"""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a UNIX socket."""

    def __init__(self, path: Path) -> None:
        """Connect to `path` when asked."""
        super().__init__("localhost", timeout=DEADLINE_S)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE_S)
        self.sock.connect(str(self._path))


def ask(
    connection: http.client.HTTPConnection, path: str, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Ask, again while it has not looked yet; return status, lower-case headers, and body."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    def answered() -> tuple[int, dict[str, str], bytes] | None:
        try:
            connection.request("GET", path, headers=given)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return None if answer.status == 503 else (answer.status, found, answer.read())
        finally:
            connection.close()

    told: tuple[int, dict[str, str], bytes] = wait_for(answered, "it has looked")
    return told


@dataclass
class Served:
    """A monitor as a user started it."""

    process: subprocess.Popen[bytes]
    folder: Path
    log: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int((self.folder / "port").read_text())

    @property
    def data_dir(self) -> Path:
        """What it watches."""
        return self.folder / "data"

    @property
    def token(self) -> str:
        """The token of its owner."""
        return (self.folder / "state" / "loss-monitor" / "token").read_text().strip()

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Ask it as the user of the test."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        return ask(connection, path, **headers)

    def told(self) -> str:
        """Everything that it printed or logged so far."""
        return self.log.read_text(errors="replace")

    def end(self) -> int:
        """End it, and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(DEADLINE_S)


def start_monitor(folder: Path, options: tuple[str, ...], uid: int) -> Served:
    """Start a monitor of `folder`/data as user `uid`; does not wait for it."""
    (folder / "data").mkdir()
    (folder / "data" / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n")
    if uid != os.geteuid():
        for path in (folder, folder / "data"):
            os.chown(path, uid, uid)
    words = [sys.executable, "-c", SERVE, str(uid)]
    words += ["serve", str(folder / "data"), "--port-file", str(folder / "port")]
    if not any(option in ("--socket", "--port") for option in options):
        words += ["--port", "0"]
    kept = {name: value for name, value in os.environ.items() if "LOSS_MONITOR" not in name}
    environ = {**kept, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
    log = folder / "told.log"
    with log.open("wb") as stream:
        process = subprocess.Popen([*words, *options], env=environ, stdout=stream, stderr=stream)
    return Served(process, folder, log)
