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
import secrets
import socket
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from loss_monitor.errors import MonitorError
from loss_monitor.web.connection import Connection

TOKEN_FILE = "token"
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}", re.ASCII)
COOKIE_AGE_S = 30 * 86400
"""A monitor is left open for days; a month spares its owner the token after a restart."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?", re.ASCII)

Admission = Literal["peer", "token", "cookie"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: the status and the words to answer with."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one running server."""

    token: str
    own_uid: int
    cookie_name: str
    """One for each instance: a browser sends a cookie to every port of a host."""
    host_names: frozenset[str] = frozenset()
    """Lower-case names and addresses, besides loopback ones, that `Host` may hold."""
    own_addresses_allowed: bool = False
    """True where not bound to loopback: then the address a client reached is a `Host`."""
    origins: frozenset[str] = frozenset()
    """Configured foreign origins that may read the interface."""

    def admit(self, connection: Connection, headers: Mapping[str, str]) -> Admission | None:
        """Return on what grounds a request is let in, None where on none.

        `headers` has lower-case names. Does not look at `Host` and `Origin`.
        """
        if connection.peer_uid is not None and connection.peer_uid == self.own_uid:
            return "peer"
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(value.strip()):
            return "token"
        for value in _cookie_values(headers.get("cookie", ""), self.cookie_name):
            if _equal(value, self.cookie_value):
                return "cookie"
        return None

    def is_token(self, text: str) -> bool:
        """Tell whether `text` is the token, in time that does not depend on it."""
        return _equal(text, self.token)

    @property
    def cookie_value(self) -> str:
        """What the cookie holds: made from the token, and no way back to it."""
        message = f"cookie {self.cookie_name}".encode()
        return hmac.new(self.token.encode(), message, hashlib.sha256).hexdigest()

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
        if name and (_is_loopback(name) or name in self.host_names):
            return None
        if self.own_addresses_allowed and _same_address(name, connection.own_address):
            return None
        known = name or "(none)"
        remedy = f"start the monitor with --allow-host {name}" if name else "name a host"
        return Refusal(403, f"this monitor is not known as {known}: use localhost, or {remedy}")

    def refusal_of_origin(self, origin: str, host: str) -> Refusal | None:
        """Return why the page that made a browser ask may not, None where it may."""
        if origin in self.origins:
            return None
        try:
            place = urlsplit(origin).netloc.lower()
        except ValueError:
            place = ""
        if place and place == host.lower():
            return None
        return Refusal(
            403, "another site's page may not read this monitor: add its origin to CORS_ORIGINS"
        )


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _cookie_values(header: str, name: str) -> Iterable[str]:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            yield value


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _same_address(name: str, own: str) -> bool:
    try:
        given, reached = ipaddress.ip_address(name.strip("[]")), ipaddress.ip_address(own)
    except ValueError:
        return False
    mapped = getattr(reached, "ipv4_mapped", None)
    return given in {reached, mapped}


def access_of(
    token: str,
    *,
    host: str,
    port: int,
    allow_hosts: Iterable[str] = (),
    origins: Iterable[str] = (),
    public_host: str | None = None,
) -> Access:
    """Return the rules of a server that listens on `host` and `port`.

    `allow_hosts` are further names for `Host`, `origins` the configured foreign origins.
    May ask the name service for this node's full name where not bound to loopback.
    """
    names = {name.lower().rstrip(".") for name in allow_hosts}
    bound_wider = not _is_loopback(host)
    if bound_wider:
        own = {host, socket.gethostname(), socket.getfqdn(), public_host or ""}
        names |= {name.lower() for name in own if name}
    instance = hashlib.sha256(f"{socket.gethostname()}:{port}".encode()).hexdigest()[:12]
    return Access(
        token=token,
        own_uid=os.geteuid(),
        cookie_name=f"loss_monitor_{instance}",
        host_names=frozenset(names),
        own_addresses_allowed=bound_wider,
        origins=frozenset(origin.rstrip("/") for origin in origins),
    )


def load_token(state_dir: Path) -> str:
    """Return this user's token from a file that nobody else can read; make it if missing.

    A file that others could read, or that is no token, is replaced by a new one. Raises
    MonitorError where the state directory cannot be written.
    """
    path = state_dir / TOKEN_FILE
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _read_token(path) or _make_token(path)
    except OSError as error:
        raise MonitorError(
            f"cannot keep the access token in {path}: {error.strerror}; "
            "set XDG_STATE_HOME to a directory of yours"
        ) from error


def _read_token(path: Path) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        private = status.st_uid == os.geteuid() and not status.st_mode & 0o077
        text = file.read(256).decode("ascii", "replace").strip()
    return text if private and stat.S_ISREG(status.st_mode) and _TOKEN.fullmatch(text) else None


def _make_token(path: Path) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    made = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(token + "\n")
        if os.path.lexists(path):
            os.replace(made, path)
            return token
        try:
            # Of two monitors that start at once, the second takes the first one's token.
            os.link(made, path)
        except FileExistsError:
            return _read_token(path) or token
        except OSError:
            # Some file systems have no hard links.
            os.replace(made, path)
        return token
    finally:
        made.unlink(missing_ok=True)
