"""The monitor in JupyterLab's launcher: the entry point of jupyter-server-proxy.

Enters: nothing; jupyter-server-proxy calls `server_process` when the Jupyter server starts.
Leaves: how to start a monitor behind the user's own Jupyter server. It listens at a UNIX
socket of the proxy's, which only the user reaches, and watches the usual directory unless the
environment names another (`LOSS_MONITOR_DATA_DIR`, `LOSS_MONITOR_CONFIG`). Imports the
standard library only: the package is all that the Jupyter server's environment needs besides
its own requirements. Source of the keys: jupyter-server-proxy's "Server process options".
"""

from __future__ import annotations

import sys

START_TIMEOUT_S = 60
"""A cold start from a cluster's file system imports a thousand files."""


def server_process() -> dict[str, object]:
    """Return the server process that jupyter-server-proxy starts at the first visit."""
    return {
        "command": [sys.executable, "-m", "loss_monitor", "serve", "--socket", "{unix_socket}"],
        "unix_socket": True,
        "timeout": START_TIMEOUT_S,
        "new_browser_tab": True,
        "launcher_entry": {"title": "Training loss", "category": "Notebook"},
    }
