"""Where a server is reached: its address told to people and, in a file, to scripts.

Enters: the socket that it listens at. Leaves: lines on standard output, a port file.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from loss_monitor.errors import MonitorError
from loss_monitor.settings import state_dir
from loss_monitor.settings.token_file import TOKEN_FILE


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server is reached."""

    host: str
    port: int
    """0 at a UNIX socket."""
    token: str
    socket: Path | None = None
    is_https: bool = False
    is_open: bool = False

    @property
    def url(self) -> str:
        """The page's address for a browser on this node, without the token.

        At a UNIX socket that of the near end of a tunnel to it.
        """
        scheme = "https" if self.is_https else "http"
        if self.socket is not None:
            return f"{scheme}://localhost:5000/"
        host = "127.0.0.1" if self.host in ("", "0.0.0.0") else self.host
        host = "::1" if host == "::" else host
        return (
            f"{scheme}://[{host}]:{self.port}/"
            if ":" in host
            else f"{scheme}://{host}:{self.port}/"
        )

    @property
    def token_url(self) -> str:
        """The address that lets its holder in."""
        return f"{self.url}?token={self.token}"


def print_where(where: Listening) -> None:
    """Print the start message: the address, with the token where nobody else will read it."""
    if where.socket is not None:
        print(f"Socket: {where.socket}", flush=True)
        print(f"Page:   {where.url} behind ssh -L 5000:{where.socket} NODE", flush=True)
        return
    print(f"Page: {where.url}", flush=True)
    if where.is_open:
        print("Open: whoever reaches this address reads everything (--no-auth)", flush=True)
    elif _keeps_output():
        place = state_dir(os.environ) / TOKEN_FILE
        print(f"Everyone but this node's own user needs the token in {place}", flush=True)
    else:
        print(f"With token, for everyone but this node's own user: {where.token_url}", flush=True)


def write_port_file(path: Path, port: int) -> None:
    """Write `port` and a newline to `path`, whole or not at all."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(f"{port}\n", encoding="ascii")
        os.replace(made, path)
    except OSError as error:
        raise MonitorError(f"--port-file {path} cannot be written: {error.strerror}") from error


def remove_port_file(path: Path, port: int) -> None:
    """Remove `path` unless another server has written it since."""
    with contextlib.suppress(OSError, ValueError):
        if int(path.read_text(encoding="ascii")) == port:
            path.unlink()


def _keeps_output() -> bool:
    """Tell whether standard output is a file, where a token would stay for others to read."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return True
