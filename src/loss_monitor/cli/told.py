"""What `start` and `status` tell: where a monitor is and how to get there.

Enters: an `Instance`. Leaves: lines on standard output.
"""

from __future__ import annotations

import glob
import os
import shlex
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from loss_monitor.cli.instance import Instance
from loss_monitor.settings.places import checkout_dir, is_loopback, state_dir
from loss_monitor.settings.token_file import TOKEN_FILE, read_token

TAIL_BYTES_MAX = 65_536
LABEL_WIDTH = 12


def print_row(label: str, text: str) -> None:
    """Print one row: a label and a text."""
    print(f"  {label:{LABEL_WIDTH}} {text}", flush=True)


def print_where(instance: Instance) -> None:
    """Print address, tunnel, data, log and how to stop."""
    print_row("URL", page_url(instance))
    print_row("Tunnel", tunnel(instance))
    for place in (instance.data_dir, *instance.job_logs):
        if place:
            print_row("Data", place + ("" if _is_there(place) else " (not there yet)"))
    print_row("Log file", instance.log_file)
    print_row("Stop", stop_command())


def _is_there(place: str) -> bool:
    """Tell whether a place exists, or a pattern matches."""
    return os.path.exists(place) or bool(glob.glob(place))


def page_url(instance: Instance) -> str:
    """Return the address of the page, with the token where its owner needs it."""
    # Only Linux tells whose a connection is; elsewhere the owner needs the token as well.
    is_near = bool(instance.unix_socket) or is_loopback(instance.host)
    if is_near and sys.platform == "linux":
        return instance.url
    token = token_of(os.environ)
    return f"{instance.url}?token={token}" if token else instance.url


def token_of(environ: Mapping[str, str]) -> str:
    """Return this user's token, empty where the server has made none yet."""
    return read_token(state_dir(environ) / TOKEN_FILE) or ""


def tunnel(instance: Instance) -> str:
    """Return the line that makes the page reachable from a computer elsewhere."""
    host = instance.host
    everywhere = host in ("", "0.0.0.0", "::")
    inner = "localhost" if everywhere or is_loopback(host) else host.strip("[]")
    inner = f"[{inner}]" if ":" in inner else inner
    node = instance.public_host or instance.node
    if instance.unix_socket:
        return f"ssh -L 5000:{shlex.quote(instance.unix_socket)} {instance.user}@{node}"
    return f"ssh -L {instance.port}:{inner}:{instance.port} {instance.user}@{node}"


def stop_command() -> str:
    """Return the command that stops the monitor of this node."""
    checkout = checkout_dir()
    return str(checkout / "scripts" / "stop_monitor.sh") if checkout else "loss-monitor stop"


def last_lines(path: Path, count: int) -> list[str]:
    """Return at most `count` lines from the end of a log, none where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES_MAX))
            text = file.read().decode("utf-8", "backslashreplace")
    except OSError:
        return []
    return list(deque(text.splitlines(), maxlen=count))
