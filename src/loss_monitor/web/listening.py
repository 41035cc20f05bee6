"""The port: a host and a number in, a listening socket out, or a reason why not.

The server binds before it does anything else, so that a taken port is told at once, by the
name of whose it is where the system tells (`/proc/net/tcp`).
"""

from __future__ import annotations

import errno
import pwd
import socket

from loss_monitor.errors import MonitorError, PortTakenError, SettingError
from loss_monitor.web.peer import user_of_listener

NEXT_PORTS_MAX = 100
"""Ports tried behind a taken one: on a login node dozens may run this monitor."""
BACKLOG = 2048
"""Connections that wait to be accepted: a thousand pages may come back at once."""


def listen(host: str, port: int, *, port_fixed: bool = True) -> socket.socket:
    """Return a socket that listens at `host` and `port`; port 0 takes any free one.

    Where the port is taken and not `port_fixed`, the next free one is taken. Raises
    PortTakenError, which names the owner where the system tells, or SettingError for a host
    or port that cannot be had.
    """
    family, address = _address(host)
    ports_max = 0 if port_fixed or port == 0 else NEXT_PORTS_MAX
    for candidate in range(port, min(port + ports_max, 65535) + 1):
        held = _listener(family, address, candidate)
        if held is not None:
            return held
    raise PortTakenError(_taken(host, port, port_fixed=port_fixed))


def _listener(family: socket.AddressFamily, address: str, port: int) -> socket.socket | None:
    """Return a listening socket, None where the port is taken."""
    # asyncio sends small pieces at once only where a socket names its protocol; otherwise the
    # body of an answer waits 40 ms for the client to confirm its head.
    held = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Connections of a server that has just ended linger for a minute; without this
        # option they would hold its port. A listening socket is never displaced by it.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((address, port))
        held.listen(BACKLOG)
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise _refusal(address, port, error) from error
    return held


def _address(host: str) -> tuple[socket.AddressFamily, str]:
    """Return the address to bind, IPv4 where a name has both."""
    try:
        found = socket.getaddrinfo(host.strip("[]") or "0.0.0.0", None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SettingError(
            f"SERVER_HOST {host!r} has no address ({error}); allowed is a name or an address "
            "of this node, such as 127.0.0.1"
        ) from error
    family, _, _, _, place = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, str(place[0])


def _refusal(host: str, port: int, error: OSError) -> MonitorError:
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingError(
            f"SERVER_HOST {host!r} is no address of this node; allowed are its own, "
            "127.0.0.1 for this node alone, 0.0.0.0 for all"
        )
    if error.errno == errno.EACCES:
        return SettingError(f"SERVER_PORT {port} is kept for root; allowed is 1024 to 65535, or 0")
    return MonitorError(f"cannot listen at {host}:{port}: {error.strerror}")


def _taken(host: str, port: int, *, port_fixed: bool) -> str:
    uid = user_of_listener(port)
    owner = ""
    if uid is not None:
        try:
            owner = f" by a process of user {pwd.getpwuid(uid).pw_name}"
        except KeyError:
            owner = f" by a process of user {uid}"
    others = "" if port_fixed else f", and so are the next {NEXT_PORTS_MAX}"
    return (
        f"port {port} at {host} is taken{owner}{others}; "
        "--port names another one, --port 0 takes any free one"
    )
