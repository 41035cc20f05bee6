"""The gate before every route: access, `Host`, `Origin`, security headers, HEAD as GET.

Enters: ASGI requests. Leaves: the same requests, admitted, or a refusal in JSON. Plain ASGI,
so that a stream passes without being buffered or wrapped in tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loss_monitor.web.access import COOKIE_AGE_S, Access
from loss_monitor.web.answers import NO_STORE, SECURITY_HEADERS, error_answer
from loss_monitor.web.connection import Connection, connection_of

HEAD_KEY = "loss_monitor.head"
"""True in the scope of a request that came as HEAD: an endless answer ends at its headers."""

_OPEN_PATH = "/api/health"
_NO_ACCESS = (
    "no access without the token: open the address that was printed when the monitor started, "
    "or send 'Authorization: Bearer TOKEN'"
)


class Gate:
    """ASGI middleware; all that it needs to know was decided when the server started."""

    def __init__(self, app: ASGIApp, access: Access, touch: Callable[[], None]) -> None:
        """Guard `app`; `touch` is called for each admitted request."""
        self._app = app
        self._access = access
        self._touch = touch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET", HEAD_KEY: True}
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        origin = headers.get("origin")
        sender = _Sender(send, is_head, self._foreign_origin(origin))
        app = self._answer_without_app(scope, headers, origin) or self._app
        await app(scope, receive, sender)

    def _foreign_origin(self, origin: str | None) -> str | None:
        return origin if origin in self._access.origins else None

    def _answer_without_app(
        self, scope: Scope, headers: dict[str, str], origin: str | None
    ) -> ASGIApp | None:
        """Return a refusal or redirect, None where the request is admitted as it is."""
        connection = connection_of(scope)
        host = headers.get("host", "")
        refusal = self._access.refusal_of_host(host, connection)
        if refusal is None and origin is not None:
            refusal = self._access.refusal_of_origin(origin, host)
        if refusal is not None:
            return error_answer(refusal.status, refusal.message)
        if self._foreign_origin(origin) and scope["method"] == "OPTIONS":
            return _preflight
        if scope["path"] == _OPEN_PATH:
            return None
        return self._refusal_of_access(scope, headers, connection)

    def _refusal_of_access(
        self, scope: Scope, headers: dict[str, str], connection: Connection
    ) -> ASGIApp | None:
        admission = self._access.admit(connection, headers)
        pairs = parse_qsl(
            scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="replace"
        )
        tokens = [value for name, value in pairs if name == "token"]
        given = any(self._access.is_token(token) for token in tokens)
        if admission is None and not given:
            return error_answer(401, _NO_ACCESS, {"www-authenticate": "Bearer"})
        self._touch()
        if not tokens or scope["method"] != "GET":
            return None
        rest = [pair for pair in pairs if pair[0] != "token"]
        cookie = self._cookie(scope) if given else None
        return _redirect(_clean_location(scope["path"], rest), cookie)

    def _cookie(self, scope: Scope) -> str:
        # Without Path it is kept below the page's own address: on a Jupyter hub the same
        # host serves other people's servers, and a cookie for "/" would go to them too.
        access = self._access
        text = (
            f"{access.cookie_name}={access.cookie_value}; Max-Age={COOKIE_AGE_S}; "
            "HttpOnly; SameSite=Strict"
        )
        return text + "; Secure" if scope.get("scheme") == "https" else text


def _clean_location(path: str, rest: list[tuple[str, str]]) -> str:
    """Return the address without the token, relative, so that any proxy's prefix stays."""
    last = path.rpartition("/")[2]
    return f"./{quote(last)}" + ("?" + urlencode(rest) if rest else "")


def _redirect(location: str, cookie: str | None) -> ASGIApp:
    headers = [(b"location", location.encode()), (b"cache-control", NO_STORE.encode())]
    if cookie is not None:
        headers.append((b"set-cookie", cookie.encode()))
    return _Bare(303, headers)


class _Bare:
    """A response without a body."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._start: Message = {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"0")],
        }

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send(dict(self._start))
        await send({"type": "http.response.body", "body": b""})


_preflight = _Bare(
    200,
    [
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", b"Authorization, If-None-Match, Last-Event-ID"),
        (b"access-control-max-age", b"600"),
    ],
)


class _Sender:
    """Adds the headers that every answer has, and drops the body of an answer to HEAD."""

    def __init__(self, send: Send, is_head: bool, foreign_origin: str | None) -> None:
        self._send = send
        self._is_head = is_head
        self._foreign_origin = foreign_origin

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._headers(message.get("headers", ()))}
        elif self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    def _headers(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = [*given, *SECURITY_HEADERS]
        if self._foreign_origin is not None:
            # A configured origin may read what the default keeps to our own pages.
            headers = [pair for pair in headers if pair[0] != b"cross-origin-resource-policy"]
            headers += [
                (b"access-control-allow-origin", self._foreign_origin.encode("latin-1")),
                (b"access-control-expose-headers", b"ETag"),
                (b"cross-origin-resource-policy", b"cross-origin"),
                (b"vary", b"origin"),
            ]
        return headers
