"""Places of the monitor's own: its state, its checkout, the directory it watches unasked.

Enters: the environment. Leaves: paths; none is created here.
State lies under `$XDG_STATE_HOME` (XDG Base Directory Specification 0.8) and is kept per
host, since the login nodes of a cluster share one home but not their processes.
"""

from __future__ import annotations

import ipaddress
import os
import pwd
import re
import socket
from collections.abc import Mapping
from pathlib import Path


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return `$XDG_STATE_HOME/loss-monitor`, by default below `~/.local/state`.

    A relative `XDG_STATE_HOME` is passed over, as the specification demands.
    """
    named = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(named):
        return Path(named) / "loss-monitor"
    home = environ.get("HOME") or os.path.expanduser("~")
    return Path(home) / ".local" / "state" / "loss-monitor"


def host_name() -> str:
    """Return this node's name as a single file name."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname()).lstrip(".") or "localhost"


def host_dir(environ: Mapping[str, str]) -> Path:
    """Return the state directory of this node."""
    return state_dir(environ) / "hosts" / host_name()


def is_loopback(host: str) -> bool:
    """Tell whether only this node itself reaches a server bound to `host`."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def user_name() -> str:
    """Return the account's name, or its number where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def default_data_dir() -> Path:
    """Return where the plugin writes: `/scratch/<first letter>/<user>/icon_exercise_comin`."""
    user = user_name()
    return Path("/scratch") / user[:1] / user / "icon_exercise_comin"


def checkout_dir() -> Path | None:
    """Return the checkout that this package runs from, or None where it was installed."""
    root = Path(__file__).resolve().parents[3]
    is_checkout = (root / "pyproject.toml").is_file() and (
        root / "scripts" / "start_monitor.sh"
    ).is_file()
    return root if is_checkout else None
