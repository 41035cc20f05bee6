"""The gate before every route: access, `Host`, `Origin`, security headers, HEAD as GET.

Enters: ASGI requests. Leaves: the same requests, admitted, or a refusal in JSON. Plain ASGI,
so that a stream passes without being buffered or wrapped in tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import parse_qsl, quote, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loss_monitor.web.access import COOKIE_AGE_S, Access, Refusal, Rules
from loss_monitor.web.answers import NO_STORE, error_answer, security_headers
from loss_monitor.web.connection import Connection, connection_of
from loss_monitor.web.limits import RETRY_AFTER_S, Door, too_long
from loss_monitor.web.wrong_tokens import WrongTokens

HEAD_KEY = "loss_monitor.head"
"""True in the scope of a request that came as HEAD: an endless answer ends at its headers."""

_OPEN_PATH = "/api/health"
_BODY_BYTES_MAX = 1024
_BUSY = {"retry-after": str(RETRY_AFTER_S)}
_PARTS = (b"text/javascript", b"text/css")
_HEEDED_BY_PARTS = (b"x-content-type-options", b"cross-origin-resource-policy")
_NO_ACCESS = (
    "no access without the token: open the address that was printed when the monitor started, "
    "or send 'Authorization: Bearer TOKEN'"
)


class Gate:
    """ASGI middleware; all that it needs to know was decided when the server started."""

    def __init__(
        self,
        app: ASGIApp,
        rules: Rules,
        door: Door,
        wrong_tokens: WrongTokens,
    ) -> None:
        """Guard `app`."""
        self._app = app
        self._rules = rules
        self._door = door
        self._wrong_tokens = wrong_tokens

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
        added = security_headers(self._access.frame_ancestors)
        sender = _Sender(send, is_head, added, self._foreign_origin(origin))
        app = self._answer_without_app(scope, headers, origin) or self._app
        await app(scope, receive, sender)

    @property
    def _access(self) -> Access:
        return self._rules.access

    def _foreign_origin(self, origin: str | None) -> str | None:
        return origin if origin in self._access.origins else None

    def _answer_without_app(
        self, scope: Scope, headers: dict[str, str], origin: str | None
    ) -> ASGIApp | None:
        """Return a refusal or redirect, None where the request is admitted as it is."""
        connection = connection_of(scope)
        if not self._door.may_ask(connection):
            return error_answer(429, "too many requests: ask less often", _BUSY)
        if _head_bytes(scope) > self._door.limits.head_bytes:
            # Where it came in one piece, the parser below had no reason to complain.
            return error_answer(431, too_long(self._door.limits.head_bytes))
        if _has_large_body(headers):
            return error_answer(
                413, "no route here takes a body: send none", {"connection": "close"}
            )
        refusal = self._refusal_of_page(headers, connection, origin)
        if refusal is not None:
            return error_answer(refusal.status, refusal.message)
        if self._foreign_origin(origin) and scope["method"] == "OPTIONS":
            return _preflight
        if scope["path"] == _OPEN_PATH:
            return None
        return self._refusal_of_access(scope, headers, connection)

    def _refusal_of_page(
        self, headers: dict[str, str], connection: Connection, origin: str | None
    ) -> Refusal | None:
        """Return why a page that made a browser ask is refused, None where none is."""
        host = headers.get("host", "")
        refusal = self._access.refusal_of_host(host, connection)
        if refusal is None and origin is not None:
            refusal = self._access.refusal_of_origin(origin, headers)
        return refusal or self._access.refusal_of_site(headers)

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
            refused = error_answer(401, _NO_ACCESS, {"www-authenticate": "Bearer"})
            if tokens or self._access.is_key_presented(headers):
                return self._slowed(refused, connection)
            return refused
        if not tokens or scope["method"] != "GET":
            return None
        if not given and scope["path"] == "/" and "x-forwarded-prefix" in headers:
            # The key is the proxy's own, and the page may stand there without its final slash:
            # no relative address would lead back to it. The page cleans its address itself.
            return None
        rest = [pair for pair in pairs if pair[0] != "token"]
        cookie = self._cookie(scope) if given else None
        return _redirect(_clean_location(scope["path"], rest), cookie)

    def _slowed(self, refused: ASGIApp, connection: Connection) -> ASGIApp:
        """Return a refusal that costs whoever presented a wrong token some time."""
        wait_s = self._wrong_tokens.begin(connection, connection.peer_address)
        if wait_s is None:
            return error_answer(429, "too many wrong tokens: try again later", _BUSY)
        return _Late(refused, wait_s, self._wrong_tokens.end)

    def _cookie(self, scope: Scope) -> str:
        # Without Path it is kept below the page's own address: on a Jupyter hub the same
        # host serves other people's servers, and a cookie for "/" would go to them too.
        access = self._access
        text = (
            f"{access.cookie_name}={access.cookie_value}; Max-Age={COOKIE_AGE_S}; "
            "HttpOnly; SameSite=Strict"
        )
        return text + "; Secure" if scope.get("scheme") == "https" else text


def _head_bytes(scope: Scope) -> int:
    address = len(scope["path"]) + len(scope["query_string"])
    return address + sum(len(name) + len(value) for name, value in scope["headers"])


def _has_large_body(headers: dict[str, str]) -> bool:
    length = headers.get("content-length", "0")
    too_long = not length.isdecimal() or len(length) > 9 or int(length) > _BODY_BYTES_MAX
    return too_long or "transfer-encoding" in headers


def _clean_location(path: str, rest: list[tuple[str, str]]) -> str:
    """Return the address without the token, relative, so that any proxy's prefix stays."""
    last = path.rpartition("/")[2]
    return f"./{quote(last)}" + ("?" + urlencode(rest) if rest else "")


def _redirect(location: str, cookie: str | None) -> ASGIApp:
    headers = [(b"location", location.encode()), (b"cache-control", NO_STORE.encode())]
    if cookie is not None:
        headers.append((b"set-cookie", cookie.encode()))
    return _Bare(303, headers)


class _Late:
    """A response that comes after a while."""

    def __init__(self, answer: ASGIApp, wait_s: float, ended: Callable[[], None]) -> None:
        self._answer = answer
        self._wait_s = wait_s
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(self._wait_s)
        finally:
            self._ended()
        await self._answer(scope, receive, send)


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


def _is_part(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether an answer is a script or a style sheet of the page."""
    return any(name == b"content-type" and value.startswith(_PARTS) for name, value in headers)


def _of_a_part(added: tuple[tuple[bytes, bytes], ...]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers that a part of a page heeds; those of documents are 250 bytes each."""
    return (pair for pair in added if pair[0] in _HEEDED_BY_PARTS)


class _Sender:
    """Adds the headers that every answer has, and drops the body of an answer to HEAD."""

    def __init__(
        self,
        send: Send,
        is_head: bool,
        added: tuple[tuple[bytes, bytes], ...],
        foreign_origin: str | None,
    ) -> None:
        self._send = send
        self._is_head = is_head
        self._added = added
        self._foreign_origin = foreign_origin

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._headers(message.get("headers", ()))}
        elif self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    def _headers(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = [*given, *(_of_a_part(self._added) if _is_part(given) else self._added)]
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
