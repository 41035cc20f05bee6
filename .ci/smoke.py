"""The built wheel, tried as a stranger would: installed alone, started, looked at, ended.

Enters: the path of a wheel. Leaves: an exit code; messages say what was tried.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

READY_WITHIN_S = 60.0
PATHS = (
    "/api/health",
    "/api/status",
    "/",
    "/vendor/uPlot.iife.min.js",
    "/vendor/LICENSE",
)


def main() -> int:
    """Install and serve the wheel named on the command line; return 0 if all answers came."""
    wheel = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="loss-monitor-smoke-") as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        binaries = place / "venv" / "bin"
        pip = [binaries / "python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True, cwd=folder)
        subprocess.run([binaries / "loss-monitor", "--version"], check=True, cwd=folder)
        environ = {**os.environ, "XDG_STATE_HOME": str(place / "state")}
        environ.pop("PYTHONPATH", None)
        data = place / "data"
        data.mkdir()
        (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n", encoding="ascii")
        port_file = place / "port"
        words = [binaries / "loss-monitor", "serve", data, "--port", "0"]
        server = subprocess.Popen([*words, "--port-file", port_file], cwd=folder, env=environ)
        try:
            port = _port(port_file, server)
            for path in PATHS:
                _look(f"http://127.0.0.1:{port}{path}")
        finally:
            server.send_signal(signal.SIGTERM)
            code = server.wait(timeout=15)
        print(f"ended with exit code {code}")
        return code


def _port(port_file: Path, server: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        if port_file.exists():
            return int(port_file.read_text(encoding="ascii"))
        time.sleep(0.05)
    raise SystemExit(f"the installed monitor did not listen (exit code {server.poll()})")


def _look(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        print(f"{answer.status} {len(answer.read()):7d} bytes {url}")


if __name__ == "__main__":
    sys.exit(main())
