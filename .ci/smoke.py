"""A built distribution, tried as a stranger would: installed, started, looked at, ended.

Enters: the path of a wheel or of an sdist. Leaves: an exit code; messages say what was tried.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
DEPENDENCIES = ("numpy", "orjson", "fastapi", "uvicorn", "setuptools>=77", "wheel")
TEST_TOOLS = (
    *("pytest", "pytest-randomly", "pytest-rerunfailures", "pytest-timeout"),
    *("hypothesis", "httpx", "psutil", "tensorboard", "tensorboardX"),
)
READY_WITHIN_S = 60.0
PATHS = (
    "/api/health",
    "/api/status",
    "/",
    "/vendor/uPlot.iife.min.js",
    "/vendor/LICENSE",
)


def main() -> int:
    """Install, serve and look as the command line says; return 0 if all answers came."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="loss-monitor-smoke-") as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        binaries = place / "venv" / "bin"
        _install(options.distribution.resolve(), binaries, offline=options.core_offline)
        subprocess.run([binaries / "loss-monitor", "--version"], check=True, cwd=folder)
        code = _serve(place, binaries, options.core_offline or "native")
        if code == 0 and options.tests:
            code = _run_tests(binaries, options.tests)
        print(f"ended with exit code {code}")
        return code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("distribution", type=Path, help="a wheel or an sdist")
    parser.add_argument(
        "--core-offline",
        choices=("native", "python"),
        help="install without a registry, with (native) or without (python) a compiler",
    )
    parser.add_argument("--tests", nargs="*", help="tests of the checkout to run on it")
    return parser.parse_args()


def _install(distribution: Path, binaries: Path, *, offline: str | None) -> None:
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if offline is None:
        subprocess.run([*pip, distribution], check=True, cwd="/")
        return
    # What a cluster's administrators have installed; Cython and Node.js are not among it.
    subprocess.run([*pip, *DEPENDENCIES], check=True, cwd="/")
    environ = dict(os.environ)
    if offline == "python":
        environ["PATH"] = str(binaries)
    alone = ["--no-index", "--no-build-isolation", "--no-deps"]
    subprocess.run([*pip, *alone, distribution], check=True, cwd="/", env=environ)


def _serve(place: Path, binaries: Path, core: str) -> int:
    environ = {**os.environ, "XDG_STATE_HOME": str(place / "state")}
    environ.pop("PYTHONPATH", None)
    data = place / "data"
    data.mkdir()
    (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n", encoding="ascii")
    port_file = place / "port"
    words = [binaries / "loss-monitor", "serve", data, "--port", "0"]
    server = subprocess.Popen([*words, "--port-file", port_file], cwd=place, env=environ)
    try:
        port = _port(port_file, server)
        answers = {path: _look(f"http://127.0.0.1:{port}{path}") for path in PATHS}
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(timeout=15)
    found = json.loads(answers["/api/status"])["core"]
    if found != core:
        raise SystemExit(f"the {found} core runs where the {core} one should")
    return code


def _run_tests(binaries: Path, tests: list[str]) -> int:
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *TEST_TOOLS], check=True, cwd="/")
    words = [binaries / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(words, check=False, cwd=CHECKOUT).returncode


def _port(port_file: Path, server: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        if port_file.exists():
            return int(port_file.read_text(encoding="ascii"))
        time.sleep(0.05)
    raise SystemExit(f"the installed monitor did not listen (exit code {server.poll()})")


def _look(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        body: bytes = answer.read()
        print(f"{answer.status} {len(body):7d} bytes {url}")
        return body


if __name__ == "__main__":
    sys.exit(main())
