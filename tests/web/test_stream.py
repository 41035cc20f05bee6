"""The stream over a real server: order, resumption, slow readers, ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from loss_monitor.series.run import Run
from loss_monitor.web import broadcast, stream

Listen = Callable[..., Any]


def test_a_reader_is_given_a_snapshot_and_then_each_change(
    running: Any, build: Any, listen: Listen
) -> None:
    """The snapshot at once; an append as an update with the new rows only."""
    first = running.publish(build.run([1.0, 2.0]))
    reader = listen()
    head = reader.head.lower()
    assert b"content-type: text/event-stream" in head
    assert b"x-accel-buffering: no" in head
    assert b"cache-control: no-store" in head
    snapshot = reader.next("snapshot")
    assert reader.retry_ms is not None
    assert snapshot.id == snapshot.data["version"] == running.hub.version(first.counter)
    assert snapshot.data["current"]["values"] == [1.0, 2.0]
    second = running.publish(build.run([1.0, 2.0], [3.0]))
    update = reader.next("update")
    assert update.id == update.data["version"] == running.hub.version(second.counter)
    assert update.data["splice"]["timesteps"]["append"]["mean"] == [3.0]
    assert update.data["set"]["current"]["values"] == [3.0]


def test_page_and_interface_agree(running: Any, build: Any, listen: Listen) -> None:
    """The figures of the stream are those of the routes."""
    rng = np.random.default_rng(4)
    running.publish(build.run(*rng.random((30, 7)), [float("nan"), 0.5]))
    data = listen().next("snapshot").data
    assert data["statistics"] == running.get("/api/loss/statistics").json()
    current = running.get("/api/loss/current").json()
    assert data["current"]["label"] == current["timestamp"]
    assert data["timesteps"]["mean"][-1] == current["mean_loss"]
    history = running.get("/api/loss/history").json()
    assert data["timesteps"]["std"] == history["std_losses"]
    assert data["timesteps"]["label"] == history["timestamps"]
    assert data["recent"] == history["all_losses"][-60:]
    bins = running.get("/api/loss/distribution").json()
    assert data["distribution"]["linear"]["counts"] == bins["counts"]
    assert data["sentence"] + "\n" == running.get("/api/summary.txt").text


def test_a_reader_that_comes_first_waits_for_the_first_look(
    running: Any, build: Any, listen: Listen
) -> None:
    """The stream is open before there is anything to say."""
    reader = listen()
    running.publish(build.run([1.0]))
    assert reader.next("snapshot").data["run"]["batches"] == 1


def test_a_reader_that_comes_back_gets_what_it_missed(
    running: Any, build: Any, listen: Listen
) -> None:
    """By `Last-Event-ID`, without gap or duplicate, then the present time."""
    running.publish(build.run([1.0]))
    watching, leaving = listen(), listen()
    watching.next("snapshot")
    last = leaving.next("snapshot").id
    leaving.held.close()
    for n in range(2, 5):
        running.publish(build.run(*[[1.0]] * n))
        watching.next("update")
    back = listen(last_event_id=last)
    missed = [back.next("update") for _ in range(3)]
    assert [event.id for event in missed] == [event.id for event in watching.seen[1:]]
    beat = back.event()
    assert beat is not None
    assert (beat.name, beat.id) == ("heartbeat", missed[-1].id)
    again = listen(last_event_id=missed[-1].id)
    beat = again.event()
    assert beat is not None
    assert beat.name == "heartbeat"


def test_a_stream_of_once_ends_when_it_has_said_what_is_new(
    running: Any, build: Any, listen: Listen
) -> None:
    """A snapshot, what was missed, or a heartbeat: an answer that no proxy holds back."""
    assert running.get("/api/stream?once=true").status_code == 503, "before the first look"
    running.publish(build.run([1.0]))
    first = listen(query="?once=true")
    snapshot = first.next("snapshot")
    assert first.event() is None
    nothing_new = listen(query="?once=true", last_event_id=snapshot.id)
    beat = nothing_new.event()
    assert (beat.name, beat.id) == ("heartbeat", snapshot.id)
    assert nothing_new.event() is None
    watching = listen()
    watching.next("snapshot")
    running.publish(build.run([1.0], [2.0]))
    watching.next("update")  # The newest version is there.
    changed = listen(query="?once=true", last_event_id=snapshot.id)
    assert changed.next("update").data["splice"]["timesteps"]["append"]["mean"] == [2.0]
    assert changed.event().name == "heartbeat"
    assert changed.event() is None


@pytest.mark.parametrize("last", ["nothing", "0-1", "x" * 500], ids=["text", "old", "long"])
def test_an_unknown_position_gets_a_snapshot(
    running: Any, build: Any, listen: Listen, last: str
) -> None:
    """Of another server's start, or no longer kept."""
    running.publish(build.run([1.0]))
    assert listen(last_event_id=last).next("snapshot")


def test_two_events_of_one_version_have_names_of_their_own(
    running: Any, build: Any, listen: Listen
) -> None:
    """A connection lost between them goes on with the second."""
    running.publish(build.run([1.0]))
    reader = listen()
    reader.next("snapshot")
    entry = build.entry(1, row="routine")
    running.publish(build.run([1.0], [2.0]), activity=(entry,))
    activity = reader.next("activity")
    update = reader.next("update")
    assert [e["id"] for e in activity.data["entries"]] == [1]
    assert activity.id != update.id
    back = listen(last_event_id=activity.id)
    assert back.next("update").id == update.id


def test_another_run_is_announced_before_its_snapshot(
    running: Any, build: Any, listen: Listen
) -> None:
    """Connected pages follow by themselves."""
    running.publish(build.run([1.0]))
    reader = listen()
    reader.next("snapshot")
    running.publish(build.run([5.0], run_id="run-2"))
    assert reader.next("run").data == {"id": "run-2", "label": "experiment"}
    assert reader.next("snapshot").data["run"]["id"] == "run-2"


def test_rewrites_are_told_at_most_once_a_second(
    running: Any, build: Any, listen: Listen, wait_until: Any
) -> None:
    """A snapshot is large: of many rewrites the last one counts, and it does come."""
    losses = [[float(n)] for n in range(40)]
    running.publish(build.run(*losses))
    reader = listen()
    reader.next("snapshot")
    began = time.monotonic()
    for n in range(50):
        losses[0] = [100.0 + n]
        running.publish(build.run(*losses))
        time.sleep(0.005)
    snapshots = []
    while not snapshots or snapshots[-1].data["timesteps"]["mean"][0] != 149.0:
        snapshots.append(reader.next("snapshot"))
    assert len(snapshots) <= 2 + int(time.monotonic() - began)


def test_events_are_encoded_once_for_all(
    running: Any, build: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand pages cost a thousand sends, not a thousand encodings."""
    running.publish(build.run([1.0]))
    readers = [listen() for _ in range(20)]
    for reader in readers:
        reader.next("snapshot")
    encoded = []
    update = type(running.hub._encoder).update

    def counted(*arguments: Any) -> bytes:
        encoded.append(arguments)
        return update(*arguments)

    monkeypatch.setattr(type(running.hub._encoder), "update", counted)
    running.publish(build.run([1.0], [2.0]))
    events = [reader.next("update") for reader in readers]
    assert len(encoded) == 1
    assert all(event.data == events[0].data for event in events)


def test_a_stalled_reader_slows_nobody_and_gets_a_snapshot(
    running: Any, build: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What piles up for it is bounded; when it reads again it is at the present."""
    monkeypatch.setattr(broadcast, "EVENTS_BYTES_MAX", 20_000)
    monkeypatch.setattr("loss_monitor.web.connection.SEND_BUFFER_BYTES", 8192)
    rows = np.random.default_rng(8).random((150, 100))
    run = build.run(rows[0])
    running.publish(run)
    stalled, reading = listen(receive_bytes=4096), listen()
    reading.next("snapshot")
    for number in range(1, 150):
        run = run.put([build.timestep(number, rows[number])])
        running.publish(run)
        reading.next("update")
    assert running.hub._events_bytes <= 20_000
    total = sum(event.size for event in reading.seen)
    last = reading.seen[-1].id
    while not stalled.seen or stalled.seen[-1].id != last:
        assert stalled.event() is not None
    assert [event.name for event in stalled.seen].count("snapshot") == 2
    assert sum(event.size for event in stalled.seen) < total / 2


def test_a_stream_ends_by_itself(
    running: Any, build: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a minute or two, so that no proxy keeps a dead one; the reader can come back."""
    monkeypatch.setattr(stream, "LIFE_S", (2.0, 2.1))
    running.publish(build.run([1.0]))
    reader = listen()
    assert reader.next("snapshot")
    assert reader.event() is None
    assert reader.ended
    reader.held.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with reader.held.makefile("rb") as answer:
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"


def test_a_reader_that_takes_nothing_is_dropped_at_its_end(
    running: Any, build: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch, wait_until: Any
) -> None:
    """A stalled connection must not outlive its stream."""
    monkeypatch.setattr(stream, "LIFE_S", (0.2, 0.3))
    monkeypatch.setattr(broadcast, "_STALLED_S", 0.2)
    monkeypatch.setattr("loss_monitor.web.connection.SEND_BUFFER_BYTES", 4096)
    rng = np.random.default_rng(6)
    running.publish(build.run(*rng.random((800, 50))))
    listen(receive_bytes=2048)
    wait_until(lambda: not running.server.server_state.connections)
    wait_until(lambda: running.hub.n_readers == 0)


def test_a_reader_that_goes_is_forgotten(
    running: Any, build: Any, listen: Listen, wait_until: Any
) -> None:
    """A disconnect ends the stream's task."""
    running.publish(build.run([1.0]))
    reader = listen()
    reader.next("snapshot")
    assert running.hub.n_readers == 1
    reader.held.close()
    wait_until(lambda: running.hub.n_readers == 0)


def test_streams_end_when_the_server_stops(running: Any, build: Any, listen: Listen) -> None:
    """By themselves, although nothing else is to be said."""
    running.publish(build.run([1.0]))
    readers = [listen() for _ in range(5)]
    for reader in readers:
        reader.next("snapshot")
    running.server.stop()
    for reader in readers:
        assert reader.event() is None
        assert reader.ended, "the server would cut off what goes on for seconds"


def test_heartbeats_come_while_nothing_happens(
    running: Any, build: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They tell version, age and the server's time, and that somebody looks."""
    touched = threading.Event()
    monkeypatch.setattr(broadcast, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(running.hub, "touch", touched.set)
    running.publish(build.run([1.0]))
    reader = listen()
    snapshot = reader.next("snapshot")
    for _ in range(3):
        beat = reader.next("heartbeat")
        assert beat.id == snapshot.id
        assert beat.data["age_s"] > 0
    assert touched.is_set()


def test_nothing_is_worked_out_while_nobody_looks(
    running: Any, build: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch, wait_until: Any
) -> None:
    """A monitor without pages builds none; the next page gets the latest all the same."""
    built: list[int] = []
    page_state = broadcast.page_state

    def counted(snapshot: Any, bins: int) -> Any:
        built.append(snapshot.counter)
        return page_state(snapshot, bins)

    monkeypatch.setattr(broadcast, "page_state", counted)
    for n in range(1, 20):
        running.publish(build.run(*[[1.0]] * n))
    assert running.get("/api/loss/timesteps").status_code == 200
    assert built == []
    assert len(listen().next("snapshot").data["timesteps"]["label"]) == 19
    assert built == [19]


def test_a_quiet_version_says_nothing(running: Any, build: Any, listen: Listen) -> None:
    """Counters of the source alone make no event."""
    run = build.run([1.0])
    running.publish(run)
    reader = listen()
    reader.next("snapshot")
    running.publish(run)
    running.publish(run.put([build.timestep(1, [2.0])]))
    assert reader.next("update").id.endswith("-3")


def test_the_newest_batches_of_a_growing_timestep_are_small(
    running: Any, build: Any, listen: Listen
) -> None:
    """Only what is new: a run of any length, a batch at a time."""
    rng = np.random.default_rng(9)
    run = build.run(*rng.random((300, 100)).astype(np.float32))
    running.publish(run)
    reader = listen()
    reader.next("snapshot")
    key = run.keys[-1]
    for value in (0.5, float("nan"), 0.25):
        run = run.extend(key, np.array([value]))
        running.publish(run)
        update = reader.next("update")
        assert len(update.data["current_append"]["values"]) == 1
        assert update.size < 4000


def test_an_empty_run_streams(running: Any, listen: Listen) -> None:
    """A page of a directory that does not exist yet is a page."""
    running.publish(Run.empty("", ""))
    data = listen().next("snapshot").data
    assert data["current"] is None
    assert data["timesteps"]["label"] == []


def test_more_streams_than_the_bound_are_put_off(start_server: Any, build: Any) -> None:
    """A page beyond it polls meanwhile; the others go on."""
    running = start_server(bounds={"streams_max": 1})
    running.publish(build.run([1.0]))
    with running.client.stream("GET", running.url + "/api/stream") as first:
        assert first.status_code == 200
        pieces = first.iter_raw()
        next(pieces)
        refused = running.get("/api/stream")
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert "too many streams" in refused.json()["error"]
        assert "event: snapshot" in running.get("/api/stream?once=true").text
