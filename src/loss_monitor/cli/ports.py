"""TCP ports of this node: whether one can be had, and whose it is otherwise.

Enters: a host and a port. Leaves: a listening socket, or a `PortTakenError` that names the
owner where the system tells (proc(5), `/proc/net/tcp` and `tcp6`: column `st` is `0A` for a
listening socket, column `uid` its user).
"""

from __future__ import annotations

import errno
import pwd
import socket
from pathlib import Path

from loss_monitor.errors import MonitorError, PortTakenError, SettingError

NEXT_PORTS_MAX = 100
"""Ports tried behind a taken default one: on a login node dozens may run this monitor."""
BACKLOG = 2048
_LISTENING = "0A"
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def listen(host: str, port: int, *, fixed: bool) -> socket.socket:
    """Return a socket that listens at `host` and `port`.

    Port 0 takes any free one. A taken port raises `PortTakenError` if `fixed`, otherwise
    the next free one is taken. Raises `SettingError` for a host that is not this node's.
    """
    address, family = _address(host)
    last = port if fixed or port == 0 else min(port + NEXT_PORTS_MAX, 65535)
    for candidate in range(port, last + 1):
        server = socket.socket(family, socket.SOCK_STREAM)
        try:
            # A server that has just ended must not hold its port for the minute that its
            # last connections linger; a listening one is never displaced by this option.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((address, candidate))
            server.listen(BACKLOG)
        except OSError as error:
            server.close()
            if error.errno != errno.EADDRINUSE:
                raise _refusal(host, candidate, error) from error
            continue
        return server
    raise PortTakenError(
        f"Port {port} is taken{_by_whom(port)}"
        + ("" if fixed else f", and so are the next {last - port}")
        + "; --port names another one, --port 0 takes any free one"
    )


def owner_of_port(port: int, tables: tuple[Path, ...] = _TABLES) -> str | None:
    """Return the name of the user who listens at `port`, None where nobody tells."""
    for table in tables:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                return _user(int(fields[7]))
    return None


def _by_whom(port: int) -> str:
    owner = owner_of_port(port)
    return f" by a process of user {owner}" if owner else ""


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _address(host: str) -> tuple[str, socket.AddressFamily]:
    """Return the address to bind, IPv4 where a name has both."""
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise SettingError(
            f"SERVER_HOST is {host!r}, which has no address ({error}); allowed is a host name "
            "or an address of this node"
        ) from error
    family, _, _, _, place = min(found, key=lambda one: one[0] != socket.AF_INET)
    return str(place[0]), family


def _refusal(host: str, port: int, error: OSError) -> MonitorError:
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingError(
            f"SERVER_HOST is {host!r}, which is no address of this node; 127.0.0.1 is reached "
            "from this node only, 0.0.0.0 from everywhere"
        )
    if error.errno == errno.EACCES:
        return SettingError(
            f"SERVER_PORT is {port}, which this user may not use; allowed is 1024 to 65535"
        )
    return MonitorError(f"{host}:{port} cannot be listened at: {error.strerror}")
