"""The pace of looking: quick after a change, rare in quiet, rarer where looking is slow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.source.pace import look_interval_s


def interval(
    since_s: float,
    *,
    network: bool = False,
    watched: bool = True,
    least_s: float | None = None,
    cost_s: float = 0.001,
) -> float:
    return look_interval_s(
        since_s, network=network, watched=watched, least_s=least_s, last_look_cost_s=cost_s
    )


@pytest.mark.parametrize(
    ("since_s", "local_s", "network_s"),
    [(0, 0.1, 1), (2, 0.1, 1), (10, 0.5, 1), (60, 3, 3), (100, 5, 5), (1e9, 5, 5)],
)
def test_the_interval_is_a_twentieth_of_the_quiet(
    since_s: float, local_s: float, network_s: float
) -> None:
    """From 0.1 s (1 s on a network) to 5 s."""
    assert interval(since_s) == pytest.approx(local_s)
    assert interval(since_s, network=True) == pytest.approx(network_s)


def test_without_anybody_looking_it_is_ten_seconds() -> None:
    """Also in the middle of changes."""
    assert interval(0, watched=False) == 10
    assert interval(1e6, watched=False) == 10


def test_the_users_least_interval_is_kept() -> None:
    """It bounds below and never makes looks more frequent."""
    assert interval(0, least_s=2) == 2
    assert interval(1e6, least_s=2) == 5
    assert interval(0, least_s=30, watched=False) == 30


def test_a_slow_look_makes_the_next_ones_rarer() -> None:
    """Up to 200 ms nothing changes; beyond, at most a tenth of the time is spent looking."""
    assert interval(0, cost_s=0.2) == 0.1
    assert interval(0, cost_s=0.3) == pytest.approx(3)
    assert interval(0, cost_s=1000) == 60


@given(
    since_s=st.floats(0, 1e9),
    network=st.booleans(),
    watched=st.booleans(),
    least_s=st.none() | st.floats(0, 3600),
    cost_s=st.floats(0, 1e6),
)
def test_the_interval_is_always_finite_and_bounded(
    since_s: float, network: bool, watched: bool, least_s: float | None, cost_s: float
) -> None:
    """Whatever is measured, the next look comes, and never at once."""
    found = interval(since_s, network=network, watched=watched, least_s=least_s, cost_s=cost_s)
    assert math.isfinite(found)
    assert max(0.1, least_s or 0) <= found <= max(60, least_s or 0)
