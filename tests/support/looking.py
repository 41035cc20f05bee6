"""Looks of a watch, joined and shortened."""

from __future__ import annotations

from loss_monitor.clock import ManualClock
from loss_monitor.source.found import Look
from loss_monitor.source.watch import DirectoryWatch


def names(files) -> list[str]:
    return [file.name for file in files]


def look_until(watch: DirectoryWatch, clock: ManualClock, seconds: float, every_s: float = 5.0):
    """Look every `every_s` for `seconds`; return all looks."""
    looks = []
    for _ in range(round(seconds / every_s)):
        clock.advance(every_s)
        looks.append(watch.look())
    return looks


def joined(looks: list[Look], what: str) -> list:
    return [item for look in looks for item in getattr(look, what)]
