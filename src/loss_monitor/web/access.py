"""Who is let in: a request's facts in, admission or a refusal out.

A login node is shared, and any of its users can connect to any loopback port. Admitted are
loopback connections whose other end belongs to the user that runs the monitor, and whoever
presents the token. The `Host` and `Origin` rules hold for everybody: they say which web
page made a browser ask, which the kernel cannot know.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from loss_monitor.settings.places import is_loopback
from loss_monitor.settings.token_file import Token
from loss_monitor.web.connection import Connection

COOKIE_AGE_S = 30 * 86400
"""A monitor is left open for days; a month spares its owner the token after a restart."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?", re.ASCII)

Admission = Literal["peer", "token", "cookie", "open"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: the status and the words to answer with."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one running server."""

    token: Token
    own_uid: int
    cookie_name: str
    """One for each instance: a browser sends a cookie to every port of a host."""
    host_names: frozenset[str] = frozenset()
    """Lower-case names and addresses, besides loopback ones, that `Host` may hold."""
    own_addresses_allowed: bool = False
    """True where not bound to loopback: then the address a client reached is a `Host`."""
    origins: frozenset[str] = frozenset()
    """Configured foreign origins that may read the interface."""
    frame_ancestors: tuple[str, ...] = ()
    """Origins whose pages may show ours in a frame, besides our own."""
    is_open: bool = False
    """True where the owner asked for no check of who connects (`--no-auth`)."""

    def admit(self, connection: Connection, headers: Mapping[str, str]) -> Admission | None:
        """Return on what grounds a request is let in, None where on none.

        `headers` has lower-case names. Does not look at `Host` and `Origin`.
        """
        if connection.peer_uid is not None and connection.peer_uid == self.own_uid:
            return "peer"
        if self.is_open:
            return "open"
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(value.strip()):
            return "token"
        for value in _cookie_values(headers.get("cookie", ""), self.cookie_name):
            if _equal(value, self.cookie_value):
                return "cookie"
        return None

    def is_key_presented(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a request presents a token or our cookie, right or wrong."""
        cookies = _cookie_values(headers.get("cookie", ""), self.cookie_name)
        return "authorization" in headers or any(True for _ in cookies)

    def is_token(self, text: str) -> bool:
        """Tell whether `text` is the token, in time that does not depend on it."""
        return _equal(text, self.token.current())

    @property
    def cookie_value(self) -> str:
        """What the cookie holds: made from the token, and no way back to it."""
        message = f"cookie {self.cookie_name}".encode()
        return hmac.new(self.token.current().encode(), message, hashlib.sha256).hexdigest()

    def refusal_of_host(self, host: str, connection: Connection) -> Refusal | None:
        """Return why a `Host` header is refused, None where it is one of ours.

        A page of another site can have its own name point to a loopback address; its
        requests then come from the owner's browser, and only the name gives them away.
        Nobody names a host towards a UNIX socket.
        """
        if connection.is_unix:
            return None
        match = _HOST.fullmatch(host)
        name = match[1].lower().rstrip(".") if match else ""
        if name and (is_loopback(name) or name in self.host_names):
            return None
        if self.own_addresses_allowed and _same_address(name, connection.own_address):
            return None
        known = name or "(none)"
        remedy = f"start the monitor with --allow-host {name}" if name else "name a host"
        return Refusal(403, f"this monitor is not known as {known}: use localhost, or {remedy}")

    def refusal_of_origin(self, origin: str, headers: Mapping[str, str]) -> Refusal | None:
        """Return why the page that made a browser ask may not, None where it may.

        Some browsers name the origin when a page asks for its own scripts. Behind a proxy it
        is the proxy's, while `Host` is what the proxy says (nginx: our own address); that the
        page is of the origin that was asked is then the browser's word (Fetch Metadata),
        which no page can forge.
        """
        if origin in self.origins or headers.get("sec-fetch-site") == "same-origin":
            return None
        try:
            place = urlsplit(origin).netloc.lower()
        except ValueError:
            place = ""
        if place and place == headers.get("host", "").lower():
            return None
        return Refusal(
            403,
            "another site's page may not read this monitor: add its origin to CORS_ORIGINS, or "
            "let your proxy pass the browser's Host on",
        )

    def refusal_of_site(self, headers: Mapping[str, str]) -> Refusal | None:
        """Return why a request that another site's page caused is refused, None if it is not.

        Browsers say so of images, scripts and frames too, which send no `Origin` (Fetch
        Metadata, W3C). A link to the page may be followed from anywhere: what it shows, the
        other site cannot read.
        """
        site = headers.get("sec-fetch-site", "none")
        if site in ("none", "same-origin") or headers.get("origin") in self.origins:
            return None
        target = headers.get("sec-fetch-dest", "")
        if headers.get("sec-fetch-mode") == "navigate":
            in_frame = target in ("iframe", "frame", "embed", "object")
            if target == "document" or (in_frame and self.frame_ancestors):
                return None
        return Refusal(
            403,
            "another site's page may not use this monitor: open it by itself, or name the "
            "other page in FRAME_ANCESTORS or CORS_ORIGINS",
        )


@dataclass(slots=True)
class Rules:
    """The rules in force; replaced as a whole when the configuration is read again."""

    access: Access


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _cookie_values(header: str, name: str) -> Iterable[str]:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            yield value


def _same_address(name: str, own: str) -> bool:
    try:
        given, reached = ipaddress.ip_address(name.strip("[]")), ipaddress.ip_address(own)
    except ValueError:
        return False
    mapped = getattr(reached, "ipv4_mapped", None)
    return given in {reached, mapped}


def access_of(
    token: Token,
    *,
    host: str,
    instance: str,
    allow_hosts: Iterable[str] = (),
    origins: Iterable[str] = (),
    frame_ancestors: Iterable[str] = (),
    public_host: str | None = None,
    is_open: bool = False,
) -> Access:
    """Return the rules of a server that listens on `host`.

    `instance` is its port or socket, which tells it from others on this node; `allow_hosts`
    are further names for `Host`, `origins` the configured foreign origins, `frame_ancestors`
    those whose pages may frame ours. May ask the name service for this node's full name
    where not bound to loopback.
    """
    names = {name.lower().rstrip(".") for name in allow_hosts}
    bound_wider = not is_loopback(host)
    if bound_wider:
        own = {host, socket.gethostname(), socket.getfqdn(), public_host or ""}
        names |= {name.lower() for name in own if name}
    place = f"{socket.gethostname()}:{instance}"
    cookie = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return Access(
        token=token,
        own_uid=os.geteuid(),
        cookie_name=f"loss_monitor_{cookie}",
        host_names=frozenset(names),
        own_addresses_allowed=bound_wider,
        origins=frozenset(origin.rstrip("/") for origin in origins),
        frame_ancestors=tuple(origin.rstrip("/") for origin in frame_ancestors),
        is_open=is_open,
    )
