"""Whose connection it is: the user who owns the other end of a loopback connection.

Enters: the two addresses of an accepted TCP connection, or a UNIX socket. Leaves: a user
id, or None where nobody can tell. The kernel answers through netlink (`NETLINK_SOCK_DIAG`,
sock_diag(7)); `/proc/net/tcp` and `/proc/net/tcp6` hold the same, slower (proc(5)).

The question is about the *peer's* socket, so its source is the peer's address and its
destination our own. Asked the other way round, the kernel names the owner of our own
socket, and everybody would be let in.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Endpoint: TypeAlias = tuple[Address, int]
"""Address and port of one end of a connection."""

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ASKED = struct.Struct("=BBBxI")  # inet_diag_req_v2: family, protocol, extensions, states
_SOCKET_ID = struct.Struct("!HH16s16s")  # inet_diag_sockid without interface and cookie
_ERROR = struct.Struct("=i")  # nlmsgerr: negative errno
_STATE_OFFSET = 1
_SOCKET_ID_OFFSET = 4
_SOCKET_ID_BYTES = 48
_OWNER = struct.Struct("=IIIII")  # expires, read queue, write queue, uid, inode
_NO_COOKIE = b"\xff" * 8

_NETLINK_TIMEOUT_S = 0.5

_LISTEN = 10
# States in which a peer that has just connected can be: established, or already done with
# sending. The kernel falls back to a *listening* socket at the peer's address when the
# connection is gone, and that may belong to anybody.
_CONNECTED_STATES = frozenset({1, 4, 5, 8})

OVERFLOW_UID = 65534
"""What the kernel says for users that this user namespace does not know."""


@dataclass(frozen=True, slots=True)
class SocketOwner:
    """Owner of a TCP socket as the kernel tells it."""

    uid: int
    inode: int
    """0 where the socket has no owner any more: then `uid` means nothing."""
    state: int


def user_of_peer(peer: Endpoint, own: Endpoint) -> int | None:
    """Return the user id that owns the peer's end of a loopback connection, else None.

    `peer` and `own` are the two ends as our socket sees them. None stands for: not a
    loopback connection, already closed, owned by a user this namespace does not know, or
    a system that does not tell.
    """
    peer, own = (_plain(peer[0]), peer[1]), (_plain(own[0]), own[1])
    if not (peer[0].is_loopback and own[0].is_loopback):
        return None
    try:
        owner = _ask_netlink(peer, own)
    except OSError:
        owner = _search_proc(peer, own)
    return _trusted_uid(owner) if owner is not None else None


def user_of_unix_peer(connection: socket.socket) -> int | None:
    """Return the user id at the other end of a UNIX socket, None where it is not told."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, size))
    return None if uid == OVERFLOW_UID else int(uid)


def user_of_listener(port: int) -> int | None:
    """Return the user id of whoever listens on a TCP port of this machine, if told."""
    for row in _proc_rows():
        if row.own[1] == port and row.owner.state == _LISTEN:
            return row.owner.uid
    return None


def _plain(address: Address) -> Address:
    """Return an IPv4-mapped IPv6 address as the IPv4 address it stands for."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _trusted_uid(owner: SocketOwner) -> int | None:
    if owner.inode == 0 or owner.uid == OVERFLOW_UID or owner.state not in _CONNECTED_STATES:
        return None
    return owner.uid


def _ask_netlink(peer: Endpoint, own: Endpoint) -> SocketOwner | None:
    """Ask the kernel for exactly one socket: from `peer` to `own`; None if there is none.

    Raises OSError where netlink does not answer. "No such socket" is an answer: a client
    that connects and closes at once must not cost a search of `/proc`.
    """
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, "this system has no netlink")
    family = socket.AF_INET if peer[0].version == 4 else socket.AF_INET6
    wanted = _SOCKET_ID.pack(
        peer[1], own[1], peer[0].packed.ljust(16, b"\0"), own[0].packed.ljust(16, b"\0")
    )
    asked = _ASKED.pack(family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
    asked += wanted + bytes(4) + _NO_COOKIE
    header = _HEADER.pack(_HEADER.size + len(asked), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    with socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
    ) as netlink:
        netlink.settimeout(_NETLINK_TIMEOUT_S)
        netlink.sendto(header + asked, (0, 0))
        return _read_answer(netlink.recv(4096), wanted)


def _read_answer(answer: bytes, wanted: bytes) -> SocketOwner | None:
    """Return the owner from a netlink answer, None where there is no such socket.

    Raises OSError for any other error that the kernel reports.
    """
    _, kind, _, _, _ = _HEADER.unpack_from(answer)
    message = answer[_HEADER.size :]
    if kind == _NLMSG_ERROR:
        error = -_ERROR.unpack_from(message)[0]
        if error == errno.ENOENT:
            return None
        raise OSError(error, os.strerror(error))
    if len(message) < _SOCKET_ID_OFFSET + _SOCKET_ID_BYTES + _OWNER.size:
        return None
    found = message[_SOCKET_ID_OFFSET : _SOCKET_ID_OFFSET + _SOCKET_ID.size]
    # Ports must be the ones asked for; addresses of a mapped socket come back widened.
    if found[:4] != wanted[:4]:
        return None
    _, _, _, uid, inode = _OWNER.unpack_from(message, _SOCKET_ID_OFFSET + _SOCKET_ID_BYTES)
    return SocketOwner(uid, inode, message[_STATE_OFFSET])


@dataclass(frozen=True, slots=True)
class _ProcRow:
    own: Endpoint
    remote: Endpoint
    owner: SocketOwner


def _search_proc(peer: Endpoint, own: Endpoint) -> SocketOwner | None:
    for row in _proc_rows():
        if row.own == peer and row.remote == own:
            return row.owner
    return None


def _proc_rows() -> Iterator[_ProcRow]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError), open(table, encoding="ascii") as file:
            next(file, None)
            for line in file:
                yield _read_proc_row(line.split())


def _read_proc_row(fields: list[str]) -> _ProcRow:
    owner = SocketOwner(uid=int(fields[7]), inode=int(fields[9]), state=int(fields[3], 16))
    return _ProcRow(_read_proc_endpoint(fields[1]), _read_proc_endpoint(fields[2]), owner)


def _read_proc_endpoint(text: str) -> Endpoint:
    """Return an endpoint of `/proc/net/tcp`: 32-bit words in machine order, port in hex.

    >>> _read_proc_endpoint("0100007F:1F90")
    (IPv4Address('127.0.0.1'), 8080)
    """
    words, _, port = text.partition(":")
    numbers = [int(words[start : start + 8], 16) for start in range(0, len(words), 8)]
    packed = struct.pack(f"={len(numbers)}I", *numbers)
    return _plain(ipaddress.ip_address(packed)), int(port, 16)
