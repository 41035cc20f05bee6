"""Questions to a running monitor over HTTP, with the standard library only.

Enters: host and port where it listens, a path of its interface. Leaves: the parsed JSON
answer, or None where none came. No proxy of the environment is asked: the monitor is on
this node.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping


def reachable_host(host: str) -> str:
    """Return an address of this node at which a server bound to `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def ask(
    host: str, port: int, path: str, *, token: str = "", timeout_s: float = 5.0
) -> Mapping[str, object] | None:
    """Return the JSON object at `path`, or None if no such answer came within the time.

    A refusal (401) is None, too. Does not follow redirects.
    """
    connection = http.client.HTTPConnection(reachable_host(host), port, timeout=timeout_s)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
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
