"""The shell scripts, for real: start, status and stop from a copy of the checkout.

The copy's scripts find the Python of these tests active, with the package, and install
nothing; `test_fresh_clone` holds the way from nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from waiting import DEADLINE_S, wait_for

ROOT = Path(__file__).parents[2]


class Checkout:
    """A folder with the scripts, a state directory of its own, and what was printed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkout"
        shutil.copytree(ROOT / "scripts", self.path / "scripts")
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("LOSS_")
        }
        self.environ["XDG_STATE_HOME"] = str(folder / "state")
        self.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(self, name, *words):
        """Run a script; returns when all its output streams are closed."""
        return subprocess.run(
            [self.path / "scripts" / f"{name}_monitor.sh", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=self.environ,
            timeout=DEADLINE_S,
        )

    @property
    def record(self):
        """The record of what runs."""
        (path,) = Path(self.environ["XDG_STATE_HOME"]).glob("loss-monitor/hosts/*/monitor.json")
        return json.loads(path.read_text())

    def ask(self, path):
        """Return the running monitor's answer, once it has looked (503 until then)."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://127.0.0.1:{self.record['port']}{path}"

        def answered():
            try:
                with opener.open(url, timeout=DEADLINE_S) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                return None

        return wait_for(answered, "it has looked")


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose monitor is stopped after the test."""
    made = Checkout(tmp_path)
    yield made
    made.run("stop")


def runs(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_the_demo_starts_grows_and_stops_with_its_trainer(checkout):
    """One command gives a growing run, another one ends all of it."""
    started = checkout.run("start", "--demo", 0)
    assert started.returncode == 0, started.stderr
    record = checkout.record
    for words in (
        f"http://localhost:{record['port']}/",
        f"ssh -L {record['port']}:localhost:{record['port']} {record['user']}@",
        record["data_dir"],
        str(checkout.path / "dashboard.log"),
        "stop",
    ):
        assert words in started.stdout
    assert record["data_dir"].startswith(checkout.environ["XDG_STATE_HOME"])
    wait_for(lambda: checkout.ask("/api/status")["total_timesteps"] >= 1)
    before = checkout.ask("/api/status")["total_batches"]
    wait_for(lambda: checkout.ask("/api/status")["total_batches"] > before)
    told = checkout.run("status")
    assert told.returncode == 0
    assert f"PID {record['pid']}" in told.stdout
    assert re.search(r"\d+ values in \d+ timesteps", told.stdout)
    assert runs(record["demo_pid"])
    stopped = checkout.run("stop")
    assert stopped.returncode == 0
    assert "forced" not in stopped.stdout
    assert not runs(record["pid"])
    assert not runs(record["demo_pid"])
    assert checkout.run("status").returncode == 3


def test_a_second_start_says_where_the_first_is(checkout):
    """Already running is told with its address and exit code 0; nothing is started."""
    (checkout.path / "data").mkdir()
    words = ("--data-dir", checkout.path / "data")
    assert checkout.run("start", 0, *words).returncode == 0
    record = checkout.record
    again = checkout.run("start", *words)
    assert again.returncode == 0
    assert "Already running" in again.stdout
    assert record["url"] in again.stdout
    assert checkout.record == record


def test_the_started_monitor_is_on_its_own(checkout):
    """It holds no stream and no terminal of its starter, and survives a hang-up."""
    assert checkout.run("start", 0, "--data-dir", "/nowhere/yet").returncode == 0
    process = psutil.Process(checkout.record["pid"])
    streams = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)]
    log = str(checkout.path / "dashboard.log")
    assert streams == ["/dev/null", log, log]
    assert process.terminal() is None
    assert os.getsid(process.pid) == process.pid
    assert checkout.ask("/api/status")["total_timesteps"] == 0


def test_a_directory_that_is_not_there_yet_is_waited_for(checkout):
    """Starting before the simulation is no error; its first file appears by itself."""
    data = checkout.path / "later"
    started = checkout.run("start", 0, "--data-dir", data)
    assert started.returncode == 0
    assert "not there yet" in started.stdout
    data.mkdir()
    (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n")
    wait_for(lambda: checkout.ask("/api/status")["total_batches"] == 2)


def test_a_taken_default_port_is_told_and_evaded(checkout):
    """Nobody chose 5000: the next free port is taken, and the message says so."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", 5000))
            holder.listen()
        except OSError:
            pass  # somebody else on this machine holds it, which serves as well
        started = checkout.run("start", "--data-dir", "/nowhere")
    assert started.returncode == 0, started.stderr
    port = checkout.record["port"]
    assert port != 5000
    assert f"Port 5000 is taken: the monitor listens at {port}" in started.stdout


def test_another_host_than_loopback_prints_the_token(checkout):
    """Whoever is let in from elsewhere needs the token, and the printed URL holds it."""
    started = checkout.run("start", 0, "0.0.0.0", "--data-dir", "/nowhere")
    assert started.returncode == 0, started.stderr
    token = re.search(r"/\?token=([\w-]{20,})", started.stdout)
    assert token
    assert token[1] in checkout.run("status").stdout
    assert token[1] not in (checkout.path / "dashboard.log").read_text()


def test_a_killed_monitor_is_noticed_and_cleaned_up(checkout):
    """What SIGKILL leaves behind is told by status and ended by stop, the trainer too."""
    assert checkout.run("start", 0, "--demo").returncode == 0
    record = checkout.record
    os.kill(record["pid"], signal.SIGKILL)
    wait_for(lambda: not runs(record["pid"]))
    told = checkout.run("status")
    assert told.returncode != 0
    assert "has ended" in told.stdout
    assert checkout.run("stop").returncode == 0
    assert not runs(record["demo_pid"])
    assert checkout.run("status").returncode == 3


def test_a_monitor_that_cannot_start_says_why(checkout):
    """The log's last lines are on the terminal, and nothing stays behind."""
    (checkout.path / "dashboard.log").mkdir()
    failed = checkout.run("start", 0, "--data-dir", "/nowhere")
    assert failed.returncode == 1
    assert "dashboard.log" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert checkout.run("status").returncode == 3


def test_the_original_door_serves_in_the_foreground(tmp_path):
    """`python3 dashboard_server.py --host H --port P` serves until SIGTERM, with code 0."""
    port_file = tmp_path / "port"
    words = ["--host", "127.0.0.1", "--port", "0", "--port-file", str(port_file)]
    server = subprocess.Popen(
        [sys.executable, ROOT / "dashboard_server.py", *words, "--data-dir", "/nowhere"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
    )
    with server:
        wait_for(lambda: port_file.exists() or server.poll() is not None)
        text = port_file.read_text()
        assert text == f"{int(text)}\n"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{int(text)}/api/health", timeout=DEADLINE_S) as answer:
            assert json.load(answer)["status"] == "healthy"
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=DEADLINE_S) == 0
        assert b"Traceback" not in server.stderr.read()
    assert not port_file.exists()


def test_the_original_door_tells_an_old_python_what_is_needed(tmp_path):
    """A Python without the packages, and without an environment to go to, is told."""
    door = tmp_path / "dashboard_server.py"
    shutil.copy(ROOT / "dashboard_server.py", door)
    answer = subprocess.run(
        [sys.executable, "-I", "-S", door], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert "Python 3.10 or newer" in answer.stderr
    assert "start_monitor.sh" in answer.stderr


def tools(folder, **pythons):
    """Make a PATH with the scripts' own tools and the given Pythons only."""
    folder.mkdir()
    for name in ("bash", "env", "readlink", "dirname", "cat", "cksum", "tail"):
        (folder / name).symlink_to(shutil.which(name))
    for name, target in pythons.items():
        path = folder / name.replace("_", ".")
        if target is None:
            path.write_text('#!/bin/sh\n[ "$1" = --version ] || exit 1\necho Python 3.6.8\n')
            path.chmod(0o755)
        else:
            path.write_text(f'#!/bin/sh\nexec {target} "$@"\n')
            path.chmod(0o755)
    return str(folder)


def test_an_old_python_is_told_what_is_needed(checkout, tmp_path):
    """The message names the version needed, the one found, and how clusters give one."""
    checkout.environ["PATH"] = tools(tmp_path / "bin", python3=None)
    for script in ("start", "status", "stop"):
        answer = checkout.run(script)
        assert answer.returncode == 1
        assert "Python 3.10 or newer is needed; found: Python 3.6.8" in answer.stderr
        assert "module load python3" in answer.stderr


def test_a_newer_python_on_path_is_taken(checkout, tmp_path):
    """The plain name may be an old one, a stub may not run: the newest that runs counts."""
    version = f"python3_{sys.version_info[1]}"
    pythons = {"python3": None, "python3_20": None, version: sys.executable}
    checkout.environ["PATH"] = tools(tmp_path / "bin", **pythons)
    answer = subprocess.run(
        ["bash", "-c", ". scripts/python_choice.sh; newest_python; active_python || echo none"],
        capture_output=True,
        text=True,
        check=True,
        cwd=checkout.path,
        env=checkout.environ,
    )
    assert answer.stdout.split() == [str(tmp_path / "bin" / version.replace("_", ".")), "none"]


@pytest.mark.parametrize("way", ["socket", "https"])
def test_a_start_at_a_socket_or_over_https_is_noticed(checkout, tmp_path, way):
    """`start` waits for the answer where it will come, and `status` asks there."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n")
    words, shown = _way(tmp_path, way)
    started = checkout.run("start", "--data-dir", data, *words)
    assert started.returncode == 0, started.stderr
    assert shown in started.stdout
    told = checkout.run("status")
    assert told.returncode == 0, told.stdout
    assert shown in told.stdout
    assert "Read         2 values in 1 timesteps" in told.stdout
    assert checkout.run("stop").stdout.startswith("Stopped the monitor")


def _way(folder, way):
    """Return the options, and what the start tells of them."""
    if way == "socket":
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        return ["--socket", closed / "s"], f"ssh -L 5000:{closed / 's'} "
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    words += ["-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(words, check=True, capture_output=True)
    return ["--certfile", cert, "--keyfile", key, "--port", "0"], "https://localhost:"
