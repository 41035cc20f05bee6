"""The server process: start, port file, signals, quiet, end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from loss_monitor.errors import MonitorError
from loss_monitor.web.where import Listening, print_where, remove_port_file, write_port_file
from waiting import DEADLINE_S, wait_for

SERVE = """
import json, logging, sys
from pathlib import Path
from loss_monitor.settings import Settings
from loss_monitor.web.server import serve
logging.basicConfig(level="INFO")
given = json.loads(sys.argv[1])
given = {name: Path(value) if name in ("data_dir", "port_file") else value
         for name, value in given.items()}
sys.exit(serve(Settings(**given)))
"""


class Process:
    """A real server of a directory."""

    def __init__(self, tmp_path: Path, **settings: Any) -> None:
        """Start it and wait until it answers."""
        self.port_file = tmp_path / "port"
        self.data_dir = tmp_path / "data"
        given = {"data_dir": str(self.data_dir), "port": 0, "port_file": str(self.port_file)}
        given |= settings
        environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
        arguments = str(given).replace("'", '"').replace("True", "true")
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, arguments],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def url(self) -> str:
        """Where it answers, once its port file is there."""
        return f"http://127.0.0.1:{int(self.port_file.read_text())}"

    def get(self, path: str) -> httpx.Response:
        """Ask it as its owner, again while it has not looked yet (503)."""
        with httpx.Client(trust_env=False, verify=False, timeout=DEADLINE_S) as client:

            def answered() -> httpx.Response | None:
                answer = client.get(self.url + path)
                return None if answer.status_code == 503 else answer

            told: httpx.Response = wait_for(answered, "it has looked")
            return told

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return the exit code and what it printed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, out, err


@pytest.fixture
def start(tmp_path: Path, wait_until: Any) -> Iterator[Callable[..., Process]]:
    """Starts servers and waits until their port file is there."""
    started: list[Process] = []

    def make(**settings: Any) -> Process:
        process = Process(tmp_path, **settings)
        started.append(process)
        wait_until(lambda: process.port_file.exists() or process.process.poll() is not None)
        return process

    yield make
    for process in started:
        process.process.kill()
        process.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_although_streams_are_open(
    start: Callable[..., Process], wait_until: Any, number: int
) -> None:
    """Exit code 0, no port file, the stream ended, within a second or two."""
    process = start()
    assert process.port_file.read_text().endswith("\n")
    assert process.get("/api/health").json()["status"] == "healthy"
    got = bytearray()
    ended = threading.Event()

    def read() -> None:
        with (
            httpx.Client(trust_env=False, verify=False, timeout=DEADLINE_S) as client,
            client.stream("GET", process.url + "/api/stream") as answer,
        ):
            for piece in answer.iter_raw():
                got.extend(piece)
        ended.set()

    thread = threading.Thread(target=read)
    thread.start()
    wait_until(lambda: b"event: snapshot" in got)
    code, _, err = process.end(number)
    assert code == 0, err
    assert ended.wait(DEADLINE_S)
    thread.join()
    assert not process.port_file.exists()
    assert "Traceback" not in err


def test_it_serves_what_the_directory_holds(start: Callable[..., Process], wait_until: Any) -> None:
    """From file to answer, through the monitor."""
    process = start()
    assert process.get("/api/status").json()["monitoring_dir"] == str(process.data_dir)
    process.data_dir.mkdir()
    (process.data_dir / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n")
    wait_until(lambda: process.get("/api/status").json()["total_batches"] == 2)
    found = process.get("/api/loss/by_timestep/1979-01-01T00-15-00").json()
    assert found["losses"] == [0.5, 0.25]


def test_the_start_message_has_the_token(start: Callable[..., Process], tmp_path: Path) -> None:
    """Where it does not stay in a file: as an address; no log line holds it."""
    process = start()
    token = (tmp_path / "state" / "loss-monitor" / "token").read_text().strip()
    url = process.url
    process.get(f"/api/status?token={token}")
    _, out, err = process.end()
    assert f"{url}/?token={token}" in out
    assert token not in err


def test_a_taken_port_ends_it_with_the_reason(start: Callable[..., Process], running: Any) -> None:
    """Nothing is started and nothing written."""
    process = start(port=running.port, port_fixed=True)
    code, _, err = process.end()
    assert code != 0
    assert "PortTakenError" in err
    assert not process.port_file.exists()


def test_the_soft_limit_of_open_files_is_raised(start: Callable[..., Process]) -> None:
    """A thousand pages are a thousand files."""
    process = start()
    soft, hard = psutil.Process(process.process.pid).rlimit(psutil.RLIMIT_NOFILE)
    assert soft == hard


def test_a_port_file_is_whole_and_removed_only_if_ours(tmp_path: Path) -> None:
    """Another server may have written it since."""
    path = tmp_path / "new" / "port"
    write_port_file(path, 5000)
    assert path.read_text() == "5000\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["port"]
    remove_port_file(path, 5001)
    assert path.exists()
    remove_port_file(path, 5000)
    assert not path.exists()
    remove_port_file(path, 5000)
    path.mkdir()
    with pytest.raises(MonitorError, match="--port-file"):
        write_port_file(path, 5000)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000/"),
        ("0.0.0.0", "http://127.0.0.1:5000/"),
        ("::1", "http://[::1]:5000/"),
        ("::", "http://[::1]:5000/"),
        ("login.example", "http://login.example:5000/"),
    ],
)
def test_the_address_is_one_that_a_browser_takes(host: str, url: str) -> None:
    """Also where the server listens everywhere."""
    where = Listening(host, 5000, "secret")
    assert where.url == url
    assert replace(where).token_url == f"{url}?token=secret"


def test_a_start_message_that_stays_in_a_file_names_the_tokens_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of a checkout may be read by others, so the token itself is not in it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        print_where(Listening("0.0.0.0", 5000, "secret"))
    told = (tmp_path / "out").read_text()
    assert str(tmp_path / "loss-monitor" / "token") in told
    assert "secret" not in told
