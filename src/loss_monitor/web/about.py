"""What stays the same while a server runs: who answers, with which settings.

Enters: settings. Leaves: plain values and texts that JSON can hold.
"""

from __future__ import annotations

import os
import pwd
import socket

from loss_monitor import __version__
from loss_monitor._native import CORE
from loss_monitor.settings import Settings


def user_name() -> str:
    """Return the name of the user who runs the monitor, or the number of one without."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def printable(path: str) -> str:
    """Return a path as text that JSON can hold, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def about(settings: Settings) -> dict[str, object]:
    """Return what stays the same while the server runs: who answers, and its settings."""
    return {
        "version": __version__,
        "user": user_name(),
        "host": socket.gethostname(),
        "directory": printable(str(settings.data_dir)),
        "job_logs": [printable(place) for place in settings.job_logs],
        "core": CORE,
        "refresh_rate_s": settings.dashboard_refresh_rate_s,
        "max_history_limit": settings.max_history_limit,
        "histogram_bins": settings.histogram_bins,
        "demo": settings.demo,
        "is_open": settings.is_open,
    }
