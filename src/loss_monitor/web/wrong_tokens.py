"""Wrong tokens: each costs its sender time, and the log tells of them without the token.

Enters: who presented one. Leaves: how long to wait before the refusal, or that too many wait
already. A token of 256 bits is not guessed; what this prevents is a log and a loop full of
tries, and a try that nobody hears of.
"""

from __future__ import annotations

import logging
import pwd
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from loss_monitor.web.connection import Connection

FIRST_WAIT_S = 0.5
WAIT_MAX_S = 8.0
"""What the fifth try and all further ones wait."""
FORGOTTEN_AFTER_S = 300.0
SENDERS_MAX = 256
WAITING_MAX = 32
"""Refusals that wait at a time, of all senders; more are refused at once."""
TOLD_EVERY_S = 60.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Sender:
    tries: int = 0
    last_s: float = 0.0


class WrongTokens:
    """Account of who presented wrong tokens; used by the event loop only."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        """Know of none."""
        self._now_s = monotonic_s
        self._senders: OrderedDict[object, _Sender] = OrderedDict()
        self._waiting = 0
        self._untold = 0
        self._told_s = -TOLD_EVERY_S

    def begin(self, connection: Connection, address: str) -> float | None:
        """Note a wrong token; return the seconds to wait, None where too many wait already.

        Call `end` when the wait is over. `address` is the sender's, for the log.
        """
        now_s = self._now_s()
        key = connection.peer_uid if connection.peer_uid is not None else address
        sender = self._senders.pop(key, None) or _Sender()
        if now_s - sender.last_s > FORGOTTEN_AFTER_S:
            sender.tries = 0
        sender.tries, sender.last_s = sender.tries + 1, now_s
        self._senders[key] = sender
        if len(self._senders) > SENDERS_MAX:
            self._senders.popitem(last=False)
        self._tell(connection, address, now_s)
        if self._waiting >= WAITING_MAX:
            return None
        self._waiting += 1
        return float(min(FIRST_WAIT_S * 2 ** min(sender.tries - 1, 10), WAIT_MAX_S))

    def end(self) -> None:
        """Note that a wait is over."""
        self._waiting -= 1

    def _tell(self, connection: Connection, address: str, now_s: float) -> None:
        self._untold += 1
        if now_s - self._told_s < TOLD_EVERY_S:
            return
        _log.warning(
            "A wrong token was presented by %s%s",
            _named(connection, address),
            f" ({self._untold} since the last such line)" if self._untold > 1 else "",
        )
        self._told_s, self._untold = now_s, 0


def _named(connection: Connection, address: str) -> str:
    uid = connection.peer_uid
    if uid is None:
        return address or "an unknown sender"
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"
