"""Bounds on what clients may ask of one server, and the account that is kept of them.

Enters: settings, connections as they come and go, requests. Leaves: in, or why not. The
owner's own connections are never counted together with anybody else's: whoever else fills
the node's loopback port does not keep the owner out.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from loss_monitor.settings import Settings
from loss_monitor.web.connection import Connection

OTHERS_SHARE = 2
"""Everybody but the owner has one in so many of all connections at most."""
SENDERS_MAX = 1024
"""Senders whose requests are counted at a time; the one longest silent is forgotten."""
RETRY_AFTER_S = 1


def too_long(limit_bytes: int) -> str:
    """Return what is told about an address and headers beyond the bound."""
    return f"address and headers are longer than {limit_bytes} bytes: shorten them"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds; each is a setting."""

    connections: int = 4096
    connections_each: int = 64
    """Of one other user or one other machine."""
    requests_per_s: int = 500
    """Of the owner; never below 100."""
    requests_per_s_each: int = 50
    """Of one other user or one other machine."""
    head_bytes: int = 16_384
    head_timeout_s: float = 10.0
    """A request line and headers have to be there within this time."""

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the bounds that `settings` set."""
        return cls(
            connections=settings.connections_max,
            connections_each=settings.connections_each_max,
            requests_per_s=settings.requests_per_s_max,
            requests_per_s_each=settings.requests_per_s_each_max,
            head_bytes=settings.head_bytes_max,
            head_timeout_s=settings.head_timeout_s,
        )


@dataclass(slots=True)
class _Bucket:
    """Requests that may come at once, refilled with time (a token bucket)."""

    level: float
    filled_s: float

    def take(self, rate: float, now_s: float) -> bool:
        # A second's worth may come at once: a page asks for a dozen things when it opens.
        self.level = min(rate, self.level + (now_s - self.filled_s) * rate)
        self.filled_s = now_s
        if self.level < 1.0:
            return False
        self.level -= 1.0
        return True


class Door:
    """Account of connections and requests; used by the event loop only."""

    def __init__(self, limits: Limits, own_uid: int, monotonic_s: Callable[[], float]) -> None:
        """Begin with nobody inside."""
        self.limits = limits
        self._own_uid = own_uid
        self._now_s = monotonic_s
        self._connections: Counter[object] = Counter()
        self._others = 0
        self._buckets: OrderedDict[object, _Bucket] = OrderedDict()

    def enter(self, connection: Connection) -> bool:
        """Count a connection in; False where its sender, or everybody, has too many."""
        sender = self._sender(connection)
        limits = self.limits
        if self._connections.total() >= limits.connections:
            return False
        if sender is not None and (
            self._connections[sender] >= limits.connections_each
            or self._others >= limits.connections // OTHERS_SHARE
        ):
            return False
        self._connections[sender] += 1
        self._others += sender is not None
        return True

    def leave(self, connection: Connection) -> None:
        """Count a connection out that `enter` let in."""
        sender = self._sender(connection)
        self._connections[sender] -= 1
        self._others -= sender is not None
        if not self._connections[sender]:
            del self._connections[sender]

    def may_ask(self, connection: Connection) -> bool:
        """Count a request; False where its sender asks too often."""
        sender = self._sender(connection)
        limits = self.limits
        rate = float(limits.requests_per_s if sender is None else limits.requests_per_s_each)
        now_s = self._now_s()
        bucket = self._buckets.pop(sender, None) or _Bucket(rate, now_s)
        self._buckets[sender] = bucket
        if len(self._buckets) > SENDERS_MAX:
            self._buckets.popitem(last=False)
        return bucket.take(rate, now_s)

    def _sender(self, connection: Connection) -> object | None:
        """Return whose connection it is; None stands for the owner."""
        if connection.peer_uid == self._own_uid:
            return None
        return connection.peer_address if connection.peer_uid is None else connection.peer_uid
