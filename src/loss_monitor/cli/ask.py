"""Questions to a running monitor over HTTP, with the standard library only.

Enters: where it listens, a path of its interface. Leaves: the parsed JSON answer, or None
where none came. No proxy of the environment is asked: the monitor is on this node.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where a monitor of this node listens."""

    host: str
    port: int
    unix_socket: str = ""
    """Its path; host and port mean nothing then."""
    is_https: bool = False


def reachable_host(host: str) -> str:
    """Return an address of this node at which a server bound to `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def ask(
    address: Address, path: str, *, token: str = "", timeout_s: float = 5.0
) -> Mapping[str, object] | None:
    """Return the JSON object at `path`, or None if no such answer came within the time.

    A refusal (401) is None, too. Does not follow redirects.
    """
    host = "localhost" if address.unix_socket else reachable_host(address.host)
    connection = http.client.HTTPConnection(host, address.port, timeout=timeout_s)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        connection.sock = _connected(address, timeout_s)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            return None
        found = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return found if isinstance(found, dict) else None


def _connected(address: Address, timeout_s: float) -> socket.socket:
    """Return a connection to `address`; raises OSError."""
    if address.unix_socket:
        held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        held.settimeout(timeout_s)
        try:
            held.connect(address.unix_socket)
        except OSError:
            held.close()
            raise
    else:
        place = (reachable_host(address.host), address.port)
        held = socket.create_connection(place, timeout_s)
    if not address.is_https:
        return held
    import ssl  # Here: most monitors do without, and `status` is to answer at once.

    # Whose process this is, its record says; the certificate names what a browser asks for.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(held)
