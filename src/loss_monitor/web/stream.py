"""`GET /api/stream`: the changes of the run as server-sent events, to one reader.

Enters: the hub's events. Leaves: an HTTP response that ends by itself after a minute or
two (a proxy may keep a dead one open for ever), when the reader goes, or when the server
stops; the page's browser comes back with `Last-Event-ID`. With `once` it ends as soon as it
has said what is new: no proxy holds back an answer that is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from loss_monitor.web.answers import NO_STORE, RequestError
from loss_monitor.web.broadcast import Hub, Reader
from loss_monitor.web.connection import connection_of
from loss_monitor.web.gate import HEAD_KEY
from loss_monitor.web.limits import RETRY_AFTER_S
from loss_monitor.web.runs import RunId, Runs

STREAM_PATH = "/api/stream"
MEDIA_TYPE = "text/event-stream"
LIFE_S = (60.0, 120.0)
"""Shortest and longest life of a stream; at random, so that readers do not all come back
at once."""
RETRY_MS = 1000
_HEADERS = {
    "cache-control": NO_STORE,
    # nginx would otherwise collect events until a buffer is full.
    "x-accel-buffering": "no",
}


class EventStream(Response):
    """The stream to one reader."""

    media_type = MEDIA_TYPE

    def __init__(self, hub: Hub, last_event_id: str, *, once: bool) -> None:
        """Go on after `last_event_id` where it is still known; with `once` until it is told."""
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._hub = hub
        self._last_event_id = last_event_id
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the end."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope.get(HEAD_KEY):
            await _send_end(send)
        else:
            await self._send_events(scope, receive, send)

    async def _send_events(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        connection.limit_send_buffer()
        reader = self._hub.join(self._last_event_id, connection.abort)
        loop = asyncio.get_running_loop()
        life = loop.call_later(random.uniform(*LIFE_S), reader.end)
        listener = loop.create_task(_end_on_disconnect(receive, reader))
        try:
            await _send_body(send, f"retry: {RETRY_MS}\n\n".encode())
            while not reader.ended:
                pieces = self._hub.take(reader)
                for piece in pieces:
                    await _send_body(send, piece)
                if self._once and pieces:
                    break
                if not reader.ended:
                    await reader.wait()
            # A stalled reader does not take this either, until it is dropped by force.
            await _send_end(send)
        finally:
            life.cancel()
            listener.cancel()
            self._hub.leave(reader)
            with contextlib.suppress(asyncio.CancelledError):
                await listener


async def _send_body(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _send_end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _end_on_disconnect(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.end()


class StreamRoutes:
    """The stream's route."""

    def __init__(self, runs: Runs, streams_max: int) -> None:
        """Stream the changes of `runs`, to `streams_max` readers at a time."""
        self._runs = runs
        self._streams_max = streams_max

    async def stream(
        self,
        request: Request,
        once: Annotated[
            bool, Query(description="End when what is new was told, a heartbeat at least.")
        ] = False,
        run_id: RunId = None,
    ) -> Response:
        """Everything the overview shows, and then each change, as server-sent events.

        A stream follows the source of a run: it goes on when another run takes its place.
        """
        hub = self._runs.followed(run_id).hub
        if once:
            hub.current()
        elif self._runs.n_readers >= self._streams_max:
            busy = RequestError(503, "too many streams: close some pages, or try again later")
            busy.headers["retry-after"] = str(RETRY_AFTER_S)
            raise busy
        return EventStream(hub, request.headers.get("last-event-id", ""), once=once)
