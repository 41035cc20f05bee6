"""The examples of docs/examples do what they say, with what they call in their place on PATH."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from waiting import DEADLINE_S

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ALERT = {
    "event": "opened", "rule": "diverged", "level": "error", "message": "the loss is 12 times",
    "run": "night", "evidence": {"timestamp": "1979-01-01 00:15:00", "values": [1.0]},
}  # fmt: skip


def run(name, *words, alert=ALERT, **environ):
    """Call an example as the hook does."""
    return subprocess.run(
        [EXAMPLES / name, *words],
        input=json.dumps(alert),
        text=True,
        env={**os.environ, **environ},
        capture_output=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_webhook_gets_one_sentence(tmp_path):
    """Its address comes from a private file, and stands in no output."""
    got = []

    class Channel(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Channel)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    secret = tmp_path / "hook"
    secret.write_text(f"http://127.0.0.1:{server.server_address[1]}/secret-path")
    done = run("alert-webhook.sh", ALERT_WEBHOOK_FILE=str(secret))
    thread.join(DEADLINE_S)
    server.server_close()
    assert done.returncode == 0, done.stderr
    text = "opened: diverged in night at 1979-01-01 00:15:00: the loss is 12 times"
    assert got == [{"text": text}]
    assert "secret-path" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("event", "rule", "cancelled"),
    [("opened", "diverged", True), ("closed", "diverged", False), ("opened", "spike", False)],
)
def test_only_a_lost_training_is_cancelled(tmp_path, event, rule, cancelled):
    """Once, when it is lost; a spike costs nobody his job."""
    called = tmp_path / "called"
    scancel = tmp_path / "scancel"
    scancel.write_text(f"#!/bin/sh\necho $* >>{called}\n")
    scancel.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    alert = {**ALERT, "event": event, "rule": rule}
    done = run("alert-scancel.sh", "4711", alert=alert, PATH=path)
    assert done.returncode == 0, done.stderr
    assert (called.read_text() if called.exists() else "") == ("4711\n" if cancelled else "")


def test_a_job_whose_monitor_does_not_start_says_why_and_leaves_nothing(tmp_path):
    """The monitor's exit code is the job's, and the temporary directory goes."""
    monitor = tmp_path / "bin" / "loss-monitor"
    monitor.parent.mkdir()
    monitor.write_text("#!/bin/sh\nexit 4\n")
    monitor.chmod(0o755)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    env = {"PATH": f"{monitor.parent}:{os.environ['PATH']}", "TMPDIR": str(scratch), "USER": "u"}
    script = EXAMPLES / "monitor.sbatch"
    done = subprocess.run(["bash", script, "/data"], env=env, check=False, timeout=DEADLINE_S)
    assert done.returncode == 4
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.s*")), ids=lambda path: path.name)
def test_scripts_are_scripts(path):
    """A shell reads each of them; services are no scripts."""
    if path.suffix in (".sh", ".sbatch"):
        subprocess.run(["bash", "-n", path], check=True)
