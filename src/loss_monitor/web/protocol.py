"""HTTP/1.1 of one connection: uvicorn's, with its peer known and its time bounded.

Enters: bytes of a client. Leaves: requests whose scope holds the `Connection`, or a refusal
in the form of every other error. A client that sends its request byte by byte, or none, is
dropped after a while; a sender with too many connections is refused before it is read.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from loss_monitor.web.connection import STATE_KEY, STRANGER, Connection, identify
from loss_monitor.web.limits import RETRY_AFTER_S, Door, too_long

_REASONS = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}


class GuardedProtocol(H11Protocol):
    """uvicorn's protocol with the peer's user found once per connection."""

    def __init__(self, *args: Any, door: Door, **options: Any) -> None:
        """Let in whom `door` lets in; the other arguments are uvicorn's."""
        super().__init__(*args, **options)
        self._door = door
        self._peer: Connection = STRANGER
        self._is_inside = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Find out whose connection it is before its first byte is read."""
        super().connection_made(transport)
        self._peer = identify(transport)
        self.app_state = {**self.app_state, STATE_KEY: self._peer}
        self._is_inside = self._door.enter(self._peer)
        if not self._is_inside:
            self._refuse(503, "too many connections: close some, or try again in a moment")
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        self._stop_waiting()
        if self._is_inside:
            self._is_inside = False
            self._door.leave(self._peer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the clock runs while a request's head has begun and is not whole."""
        if not self._is_inside:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head_timer is None:
            self._await_head()

    def on_response_complete(self) -> None:
        """Leave the pause between two requests to uvicorn's own clock."""
        self._stop_waiting()
        super().on_response_complete()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._door.limits.head_timeout_s, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        if not self.conn.trailing_data[0]:
            # A browser connects ahead of need: it is told nothing, so that it tries again.
            self.transport.close()
            return
        seconds = self._door.limits.head_timeout_s
        self._refuse(408, f"no whole request came within {seconds:g} s: send it at once")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the form of every other error."""
        # uvicorn calls this where it has caught h11's error, which knows the better status.
        hint = getattr(sys.exc_info()[1], "error_status_hint", 400)
        if hint == 431:
            self._refuse(431, too_long(self._door.limits.head_bytes))
        else:
            self._refuse(400, f"{msg} Send an HTTP/1.1 request.")

    def _refuse(self, status: int, message: str) -> None:
        """Answer without the application, and close."""
        body = orjson.dumps({"error": message})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        if status == 503:
            headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
        self._stop_waiting()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in (
                h11.Response(status_code=status, headers=headers, reason=_REASONS[status]),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
