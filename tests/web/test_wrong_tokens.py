"""Wrong tokens: slower each time, told without the token, never too many at once."""

from __future__ import annotations

import logging

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.web.connection import Connection
from loss_monitor.web.wrong_tokens import WAITING_MAX, WrongTokens

OTHER = Connection(12345, "127.0.0.1")


def _tries(wrong: WrongTokens, count: int, connection: Connection = OTHER) -> list[float]:
    waits = []
    for _ in range(count):
        wait_s = wrong.begin(connection, connection.peer_address)
        assert wait_s is not None
        waits.append(wait_s)
        wrong.end()
    return waits


def test_each_try_waits_longer_up_to_a_bound() -> None:
    """And a sender of its own is not slowed by another's tries."""
    wrong = WrongTokens(ManualClock().monotonic_s)
    assert _tries(wrong, 6) == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert _tries(wrong, 1, Connection(54321, "127.0.0.1")) == [0.5]


def test_a_sender_is_forgiven_after_a_while() -> None:
    """An outdated cookie of last week is no attack."""
    clock = ManualClock()
    wrong = WrongTokens(clock.monotonic_s)
    _tries(wrong, 5)
    clock.advance(301)
    assert _tries(wrong, 1) == [0.5]


def test_more_waiting_refusals_than_the_bound_are_answered_at_once() -> None:
    """Whoever sends thousands at a time does not fill the loop with sleepers."""
    wrong = WrongTokens(ManualClock().monotonic_s)
    waits = [wrong.begin(OTHER, "") for _ in range(WAITING_MAX + 3)]
    assert waits.count(None) == 3
    wrong.end()
    assert wrong.begin(OTHER, "") is not None


def test_the_log_tells_who_and_how_often_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """One line, not one a try: the log must not be filled by strangers either."""
    clock = ManualClock()
    wrong = WrongTokens(clock.monotonic_s)
    with caplog.at_level(logging.WARNING):
        _tries(wrong, 20)
        assert [record.getMessage() for record in caplog.records] == [
            "A wrong token was presented by user 12345"
        ]
        clock.advance(61)
        _tries(wrong, 1)
    assert caplog.records[-1].getMessage().endswith("(20 since the last such line)")
