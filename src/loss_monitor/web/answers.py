"""Answers: plain Python and numpy values in, HTTP responses in one form out.

JSON has `null` for NaN and infinity (orjson writes them so), an `ETag` that is the version
of the data, and large columns are sent in pieces. Errors are `{"error": text}` with the
right status. Does not need the framework, whose import takes longer than all else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

Array = NDArray[Any]

POINTS_AT_ONCE = 2000
"""Answers with more points than this are sent in pieces."""
_PIECE_POINTS = 8192
_JSON = "application/json"
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY
_SHOWN_INPUT_MAX = 80


@lru_cache(maxsize=8)
def security_headers(frame_ancestors: tuple[str, ...] = ()) -> tuple[tuple[bytes, bytes], ...]:
    """Return what goes with every answer: no foreign content, no inline script, no guessing.

    `frame_ancestors` are the origins, besides our own, whose pages may frame ours.
    """
    ancestors = " ".join(["'self'", *frame_ancestors])
    policy = (
        "default-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        f"object-src 'none'; frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'"
    )
    return (
        (b"content-security-policy", policy.encode("ascii")),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
    )


REVALIDATE = "private, no-cache"
"""Cache rule of answers with an `ETag`: keep, but ask each time."""
NO_STORE = "no-store"


class Sliced:
    """A column that is made slice by slice while it is sent: nothing of its size is held."""

    def __init__(self, size: int, between: Callable[[int, int], Sequence[object] | Array]) -> None:
        """`between` gives the entries [start, stop) of `size`."""
        self._size = size
        self._between = between

    def __len__(self) -> int:
        """Return the number of entries."""
        return self._size

    def __getitem__(self, rows: slice) -> Sequence[object] | Array:
        """Return the entries of a slice without a step."""
        start, stop, _ = rows.indices(self._size)
        return self._between(start, stop)


class RequestError(Exception):
    """A request that cannot be answered: status, what happened and what to do."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        """`more` are further fields of the answer beside `error`."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.more = more
        self.headers: dict[str, str] = {}


def encode(content: object) -> bytes:
    """Return JSON of plain values and numpy arrays; NaN and infinity become `null`."""
    return orjson.dumps(content, option=_OPTIONS)


def json_answer(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON response that no cache keeps."""
    kept = {"cache-control": NO_STORE, **(headers or {})}
    return Response(encode(content), status, kept, media_type=_JSON)


def error_answer(
    status: int, message: str, headers: Mapping[str, str] | None = None, **more: object
) -> Response:
    """Return the one form that every error has."""
    return json_answer({"error": message, **more}, status, headers)


def versioned(
    request: Request, version: str, build: Callable[[], Mapping[str, object]]
) -> Response:
    """Return what `build` makes, or 304 where the client holds this version already.

    `build` returns the fields of the answer; numpy arrays, sequences and `Sliced` columns
    longer than `POINTS_AT_ONCE` are sent in pieces.
    """
    return validated(request, version, lambda headers: _mapping_answer(build(), headers))


async def versioned_in_thread(
    request: Request, version: str, build: Callable[[], Mapping[str, object]]
) -> Response:
    """Return what `versioned` does, built in a thread: what takes long keeps nobody waiting."""
    is_held = is_known(request.headers.get("if-none-match", ""), f'"{version}"')
    content = {} if is_held else await asyncio.to_thread(build)
    return versioned(request, version, lambda: content)


async def versioned_later(
    request: Request, version: str, build: Callable[[], Awaitable[Mapping[str, object]]]
) -> Response:
    """Return what `versioned` does, built by what has to wait for something."""
    is_held = is_known(request.headers.get("if-none-match", ""), f'"{version}"')
    content = {} if is_held else await build()
    return versioned(request, version, lambda: content)


def versioned_body(
    request: Request, version: str, media_type: str, build: Callable[[], bytes]
) -> Response:
    """Return a body of any type under a version, or 304."""
    return validated(request, version, lambda headers: Response(build(), 200, headers, media_type))


def validated(
    request: Request, version: str, answer: Callable[[dict[str, str]], Response]
) -> Response:
    """Return what `answer` makes of the headers of a version, or 304."""
    etag = f'"{version}"'
    headers = {"etag": etag, "cache-control": REVALIDATE}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return answer(headers)


def is_known(if_none_match: str, etag: str) -> bool:
    """Tell whether a client's `If-None-Match` names `etag` (RFC 9110, section 13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    known = (part.strip().removeprefix("W/") for part in if_none_match.split(","))
    return etag in known


def _mapping_answer(content: Mapping[str, object], headers: dict[str, str]) -> Response:
    if max(map(_points, content.values()), default=0) <= POINTS_AT_ONCE:
        whole = {name: _exact(value) for name, value in content.items()}
        return Response(encode(whole), 200, headers, _JSON)
    return StreamingResponse(in_pieces(content), 200, headers, _JSON)


def _is_column(value: object) -> bool:
    return isinstance(value, (np.ndarray, list, tuple, Sliced))


def _points(value: Any) -> int:
    """Return the numbers that an answer's field holds, also as a column of columns."""
    if not _is_column(value):
        return 0
    if isinstance(value, (list, tuple)) and len(value) and isinstance(value[0], np.ndarray):
        return sum(map(len, value))
    return len(value)


async def in_pieces(content: Mapping[str, Any]) -> AsyncIterator[bytes]:
    """Yield the JSON of `content`, its columns cut so that others are served in between."""
    opening = b"{"
    for name, value in content.items():
        yield opening + encode(name) + b":"
        opening = b","
        if _points(value) <= _PIECE_POINTS:
            yield encode(_exact(value))
            continue
        rows = max(1, _PIECE_POINTS * len(value) // _points(value))
        separator = b"["
        for start in range(0, len(value), rows):
            yield separator + encode(_exact(value[start : start + rows]))[1:-1]
            separator = b","
            await asyncio.sleep(0)
        yield b"]"
    yield b"}" if content else b"{}"


def _exact(value: object) -> object:
    if isinstance(value, Sliced):
        value = value[:]
    # A float32 is written as the double that it is: its own shortest form would be read
    # back as a slightly different double.
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        return value.astype(np.float64)
    return np.ascontiguousarray(value) if isinstance(value, np.ndarray) else value


def shown(value: object) -> str:
    """Return a client's input as it may be repeated in an error: short, in quotes."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN_INPUT_MAX else text[:_SHOWN_INPUT_MAX] + "…")


def unknown_route(request: Request) -> Response:
    """Return 404 for a path that nothing answers."""
    return error_answer(
        404, f"nothing answers at {shown(request.url.path)}; see api/openapi.json for all routes"
    )
