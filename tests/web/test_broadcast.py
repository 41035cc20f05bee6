"""The hub over hundreds of updates: every reader has each, and nothing piles up."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import numpy as np
import pytest

from loss_monitor.clock import SystemClock
from loss_monitor.settings import Settings
from loss_monitor.web import broadcast
from loss_monitor.web.broadcast import Hub, Reader
from loss_monitor.web.server import make_hub

EVENTS_MAX = 16
UPDATES = 300
"""Far beyond all bounds: four times as many positions as events are kept."""


async def follow(hub: Hub, reader: Reader, seen: list[bytes]) -> None:
    """Take whatever comes, as a stream that its page reads."""
    while not reader.ended:
        seen += hub.take(reader)
        await reader.wait()


def versions(pieces: list[bytes]) -> list[str]:
    """Return the ids of the update events among what a reader was sent."""
    lines = b"".join(pieces).split(b"\n")
    return [
        lines[at + 1].decode().removeprefix("id: ")
        for at, line in enumerate(lines)
        if line.startswith(b"event: update")
    ]


@pytest.fixture
def hub(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub that keeps little and does not pause between two updates."""
    monkeypatch.setattr(broadcast, "EVENTS_MAX", EVENTS_MAX)
    monkeypatch.setattr(broadcast, "_PAUSE_TO_WORK", 0.0)
    return make_hub(settings, SystemClock(), touch=lambda: None)


async def deliver(hub: Hub, snapshot: Any) -> None:
    """Publish a version and wait until it is worked out."""
    hub.publish(snapshot)
    version = hub.version(snapshot.counter)
    while version not in hub._positions:
        # The thread that works it out is given the interpreter.
        await asyncio.sleep(0.0005)


def test_after_hundreds_of_updates_nothing_has_grown(hub: Hub, build: Any) -> None:
    """Events, positions, readers and objects stay within bounds, also with a stalled reader."""
    run = build.run([1.0, 2.0])

    async def watch() -> list[int]:
        hub.attach()
        reading, stalled = hub.join("", lambda: None), hub.join("", lambda: None)
        seen: list[bytes] = []
        following = asyncio.create_task(follow(hub, reading, seen))
        objects = []
        for number in range(UPDATES):
            # The newest batch changes, so that the run itself does not grow.
            changed = run.put([build.timestep(0, [1.0, float(number)])])
            await deliver(hub, build.snapshot(changed, number + 1))
            seen.clear()
            if number in (UPDATES // 2, UPDATES - 1):
                gc.collect()
                objects.append(len(gc.get_objects()))
        assert len(hub._events) <= EVENTS_MAX
        assert hub._events_bytes <= broadcast.EVENTS_BYTES_MAX
        assert len(hub._positions) <= 4 * EVENTS_MAX + 1
        assert hub.n_readers == 2
        # A stalled reader is owed one snapshot, not three hundred updates.
        owed = hub.take(stalled)
        assert b"event: snapshot" in owed[0]
        assert versions(owed) == []
        hub.close()
        following.cancel()
        return objects

    before, after = asyncio.run(watch())
    assert after - before < UPDATES // 10


def test_each_of_many_readers_is_given_each_update_in_order(hub: Hub, build: Any) -> None:
    """Whenever it comes to read: some read at once, some every seventh time."""
    rows = np.random.default_rng(3).random((60, 3))

    async def watch() -> None:
        hub.attach()
        run = build.run(rows[0])
        # The page is worked out when somebody looks.
        first = hub.join("", lambda: None)
        await deliver(hub, build.snapshot(run, 1))
        readers = [first, *(hub.join("", lambda: None) for _ in range(999))]
        seen: list[list[bytes]] = [hub.take(reader) for reader in readers]
        for number in range(1, len(rows)):
            run = run.put([build.timestep(number, rows[number])])
            await deliver(hub, build.snapshot(run, number + 1))
            for at, reader in enumerate(readers):
                if at % 7 == 0 or number % 7 == 0:
                    seen[at] += hub.take(reader)
        expected = [hub.version(number + 1) for number in range(1, len(rows))]
        for at, reader in enumerate(readers):
            assert versions(seen[at] + hub.take(reader)) == expected
        hub.close()

    asyncio.run(watch())


def test_a_heartbeat_that_is_late_names_the_last_event_before_it(hub: Hub, build: Any) -> None:
    """With the version of its own time, a reader that comes back would get events again."""
    run = build.run([1.0])

    async def watch() -> None:
        hub.attach()
        reader = hub.join("", lambda: None)
        await deliver(hub, build.snapshot(run, 1))
        hub.take(reader)
        hub._beat()
        await deliver(hub, build.snapshot(run.put([build.timestep(1, [2.0])]), 2))
        sent = b"".join(hub.take(reader))
        assert [line for line in sent.split(b"\n") if line.startswith((b"event", b"id"))] == [
            b"event: update",
            b"id: " + hub.version(2).encode(),
            b"event: heartbeat",
            b"id: " + hub.version(2).encode(),
        ]
        back = hub.join(hub.version(2), lambda: None)
        assert versions(hub.take(back)) == []
        hub.close()

    asyncio.run(watch())


def test_a_version_that_cannot_be_worked_out_costs_no_later_one(
    hub: Hub, build: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of the monitor itself is told in its log; the page is given the next version."""
    monkeypatch.setattr(broadcast, "RESET_INTERVAL_S", 0.0)
    page_state = broadcast.page_state
    faulty = build.snapshot(build.run([1.0, 2.0]), 2)

    def faulty_once(snapshot: Any, bins: int) -> Any:
        if snapshot is faulty:
            raise OverflowError("too large")
        return page_state(snapshot, bins)

    monkeypatch.setattr(broadcast, "page_state", faulty_once)

    async def watch() -> None:
        hub.attach()
        reader = hub.join("", lambda: None)
        await deliver(hub, build.snapshot(build.run([1.0]), 1))
        hub.take(reader)
        hub.publish(faulty)
        while "could not be worked out" not in caplog.text:
            await asyncio.sleep(0.0005)
        await asyncio.wait_for(deliver(hub, build.snapshot(build.run([1.0, 3.0]), 3)), 20)
        assert b"event: snapshot" in b"".join(hub.take(reader))
        hub.close()

    asyncio.run(watch())
