"""The book of alerts."""

from __future__ import annotations

from loss_monitor.health.book import AlertBook, Sighting
from loss_monitor.health.rule import Told
from loss_monitor.types import Evidence


def test_a_clock_that_is_behind_ends_no_incident_before_it_began() -> None:
    """The file server's clock tells when it began, this machine's when it turned out to be over."""
    told = Told("a matter", Evidence(), "warning")
    book = AlertBook()
    book.see([Sighting("rule", (1,), told, 100.0, None)], 90.0)
    book.close("rule", (1,), 95.0)
    book.see([Sighting("rule", (2,), told, 100.0, 99.0)], 90.0)
    assert [alert.closed_s for alert in book.alerts] == [100.0, 100.0]
