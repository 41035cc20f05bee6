"""The account at the door: who has how many connections, who asks how often."""

from __future__ import annotations

from loss_monitor.clock import ManualClock
from loss_monitor.web.connection import Connection
from loss_monitor.web.limits import Door, Limits

OWN_UID, OTHER_UID, THIRD_UID = 1000, 1001, 1002
OWNER = Connection(OWN_UID, "127.0.0.1")
OTHER = Connection(OTHER_UID, "127.0.0.1")
THIRD = Connection(THIRD_UID, "127.0.0.1")


def _door(**limits: int) -> tuple[Door, ManualClock]:
    clock = ManualClock()
    return Door(Limits(**limits), OWN_UID, clock.monotonic_s), clock


def _entered(door: Door, connection: Connection, times: int) -> int:
    return sum(door.enter(connection) for _ in range(times))


def test_one_other_user_has_a_bounded_number_of_connections() -> None:
    """The owner and a third user come in all the same."""
    door, _ = _door(connections=100, connections_each=5)
    assert _entered(door, OTHER, 20) == 5
    assert _entered(door, THIRD, 3) == 3
    assert _entered(door, OWNER, 50) == 50


def test_all_others_together_leave_half_of_the_places_to_the_owner() -> None:
    """However many users and machines take part."""
    door, _ = _door(connections=100, connections_each=5)
    strangers = [Connection(None, "10.0.0.1", peer_address=f"10.0.1.{n}") for n in range(40)]
    assert sum(_entered(door, stranger, 5) for stranger in strangers) == 50
    assert _entered(door, OWNER, 60) == 50


def test_who_has_left_may_come_again() -> None:
    """A place is counted once, and given back once."""
    door, _ = _door(connections=100, connections_each=2)
    for _ in range(10):
        assert _entered(door, OTHER, 3) == 2
        door.leave(OTHER)
        door.leave(OTHER)


def test_requests_are_refilled_with_time() -> None:
    """A second's worth may come at once; each sender has its own measure."""
    door, clock = _door(requests_per_s=200, requests_per_s_each=10)
    assert sum(door.may_ask(OTHER) for _ in range(50)) == 10
    assert sum(door.may_ask(OWNER) for _ in range(150)) == 150
    clock.advance(0.5)
    assert sum(door.may_ask(OTHER) for _ in range(50)) == 5
    clock.advance(3600)
    assert sum(door.may_ask(OTHER) for _ in range(50)) == 10


def test_the_account_of_senders_does_not_grow_for_ever() -> None:
    """Thousands of addresses are forgotten again, the silent ones first."""
    door, _ = _door(requests_per_s_each=1)
    for number in range(5000):
        door.may_ask(Connection(None, "10.0.0.1", peer_address=f"10.1.{number}"))
    assert len(door._buckets) <= 1024
