"""Files that are made while they are sent: how many at a time, under which name.

Enters: pieces of bytes. Leaves: a response, whose pieces are made in a thread when the client
has taken the ones before. It ends when the client goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from loss_monitor.web.answers import RequestError
from loss_monitor.web.gate import HEAD_KEY
from loss_monitor.web.limits import RETRY_AFTER_S

_NAME_MAX = 120


class Downloads:
    """Files that are being sent; used by the event loop only."""

    def __init__(self, at_a_time: int) -> None:
        """Send so many at a time."""
        self._at_a_time = at_a_time
        self._sent = 0

    def send(
        self, pieces: Iterator[bytes], name: str, media_type: str, headers: Mapping[str, str]
    ) -> Response:
        """Return a file as a response; raises RequestError (503) where too many are sent."""
        if self._sent >= self._at_a_time:
            busy = RequestError(503, "too many exports at a time: try again when one has ended")
            busy.headers["retry-after"] = str(RETRY_AFTER_S)
            raise busy
        named = {**headers, "content-disposition": disposition(name)}
        return _Download(self, pieces, named, media_type)

    def begin(self) -> None:
        """Count a file that begins to be sent."""
        self._sent += 1

    def end(self) -> None:
        """Count a file that is sent, or whose client has gone."""
        self._sent -= 1


class _Download(StreamingResponse):
    def __init__(
        self,
        downloads: Downloads,
        pieces: Iterator[bytes],
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        super().__init__(pieces, 200, headers, media_type)
        self._downloads = downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get(HEAD_KEY):
            # Nothing is made only to be thrown away.
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": b""})
            return
        self._downloads.begin()
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._downloads.end()


def disposition(name: str) -> str:
    """Return the header that names a file (RFC 6266), for a name of any characters.

    >>> disposition("a/b c.csv")
    'attachment; filename="a-b-c.csv"'
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip("-.")[-_NAME_MAX:] or "export"
    header = f'attachment; filename="{plain}"'
    if name.isascii():
        return header
    readable = re.sub(r"[\x00-\x1f\x7f/\\]+", "-", name)[-_NAME_MAX:]
    return f"{header}; filename*=UTF-8''{quote(readable, errors='replace')}"
