"""A real Jupyter server, as a hub starts it: below a prefix, with jupyter-server-proxy."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from waiting import DEADLINE_S, wait_for

# A Jupyter server imports for a long time where nothing is cached yet.
STARTS_WITHIN_S = 120.0
KEY = "key-of-the-jupyter-server-0123456789"
BASE = "/user/me/"


@contextlib.contextmanager
def jupyter_server(folder: Path, data_dir: Path) -> Iterator[int]:
    """Start one whose launcher's monitor watches `data_dir`; yields its port.

    `folder` is its home; whoever asks it needs `KEY`, and everything lies below `BASE`.
    """
    kept = {name: value for name, value in os.environ.items() if "LOSS_MONITOR" not in name}
    environ = {
        **kept,
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "LOSS_MONITOR_DATA_DIR": str(data_dir),
    }
    words = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.base_url={BASE}",
        f"--IdentityProvider.token={KEY}", f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    log = folder / "jupyter.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(words, env=environ, stdout=stream, stderr=stream, cwd=folder)

    def port() -> int:
        assert server.poll() is None, log.read_text()
        found = re.search(rf"http://127\.0\.0\.1:(\d+){BASE}", log.read_text())
        # It names the port before it listens there.
        return int(found[1]) if found and _listens(int(found[1])) else 0

    try:
        yield wait_for(port, "the Jupyter server listens", STARTS_WITHIN_S)
    finally:
        # In this order: what it has started would outlive it.
        for child in psutil.Process(server.pid).children(recursive=True):
            child.kill()
        server.kill()
        server.wait(DEADLINE_S)


def _listens(port: int) -> bool:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
