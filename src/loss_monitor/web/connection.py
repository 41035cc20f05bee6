"""One accepted connection: whose it is, found once, and kept where no header can reach.

Enters: a transport, right after accept. Leaves: a `Connection` in the `state` of every
request's scope. Nothing here reads a header, and `scope["client"]` is not used: behind a
wrongly trusted proxy header a client could choose it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

from starlette.types import Scope

from loss_monitor.web.peer import Endpoint, user_of_peer, user_of_unix_peer

STATE_KEY = "connection"
"""Where a request's scope holds its connection: `scope["state"][STATE_KEY]`."""

# A reader that stalls must be noticed while little has piled up: the kernel would buffer
# megabytes for it. Linux doubles the number for its own bookkeeping.
SEND_BUFFER_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Connection:
    """What is known of a connection from the moment it was accepted."""

    peer_uid: int | None
    """User at the other end where it is on this machine and the system tells, else None."""
    own_address: str
    """Our address as the peer reached it; empty for a UNIX socket."""
    is_unix: bool = False
    peer_address: str = ""
    """The peer's address without its port; empty for a UNIX socket."""
    transport: asyncio.Transport | None = None

    def limit_send_buffer(self) -> None:
        """Bound what the kernel buffers for this peer, for streams."""
        held = self.transport.get_extra_info("socket") if self.transport else None
        if held is not None and not self.is_unix:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def abort(self) -> None:
        """Drop the connection with whatever is still buffered for it."""
        if self.transport is not None:
            self.transport.abort()


STRANGER = Connection(peer_uid=None, own_address="")
"""Stands for a connection of which nothing is known."""


def connection_of(scope: Scope) -> Connection:
    """Return the connection that a request came in on."""
    found = scope.get("state", {}).get(STATE_KEY)
    return found if isinstance(found, Connection) else STRANGER


def identify(transport: asyncio.Transport) -> Connection:
    """Return what can be known of a connection that was just accepted."""
    held: socket.socket | None = transport.get_extra_info("socket")
    if held is None:
        return Connection(peer_uid=None, own_address="", transport=transport)
    try:
        if held.family == getattr(socket, "AF_UNIX", None):
            uid = user_of_unix_peer(held)
            return Connection(uid, own_address="", is_unix=True, transport=transport)
        peer, own = _endpoint(held.getpeername()), _endpoint(held.getsockname())
    except (OSError, ValueError):
        # Closed again already: then there is nobody to answer either.
        return Connection(peer_uid=None, own_address="", transport=transport)
    return Connection(
        user_of_peer(peer, own), str(own[0]), peer_address=str(peer[0]), transport=transport
    )


def _endpoint(name: tuple[str, int]) -> Endpoint:
    return ipaddress.ip_address(name[0].partition("%")[0]), name[1]
