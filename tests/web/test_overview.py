"""The page's state: what it holds, how small its changes are, and that they add up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from loss_monitor.clock import ManualClock
from loss_monitor.series.run import Run
from loss_monitor.types import ActivityEntry, Alert, Attempt, Loading, Mark, SourceState, Timestep
from loss_monitor.web import columns, overview
from loss_monitor.web.events import SNAPSHOT_BYTES_MAX, Encoder
from loss_monitor.web.overview import ACTIVITY_MAX, difference, page_state
from loss_monitor.web.stream_models import EVENTS

ENCODER = Encoder(
    ManualClock(),
    {
        "version": "0", "user": "me", "host": "here", "directory": "/data", "job_logs": [],
        "core": "python", "refresh_rate_s": 5.0, "max_history_limit": 1000,
        "histogram_bins": 20, "demo": False, "is_open": False,
    },
)  # fmt: skip
BINS = 20


def _data(event: bytes) -> dict[str, Any]:
    """The data of one event, checked against the schema that is published."""
    name, version, data = event.decode().removesuffix("\n\n").split("\n")
    assert version.startswith("id: ")
    content = json.loads(data.removeprefix("data: "))
    model = EVENTS[name.removeprefix("event: ")]
    model.model_validate_json(data.removeprefix("data: "), strict=True)
    assert isinstance(content, dict)
    return content


def _snapshot_event(page: overview.PageState) -> bytes:
    return ENCODER.snapshot_head("v") + ENCODER.snapshot_rest(page)


def apply(page: dict[str, Any], name: str, event: dict[str, Any]) -> dict[str, Any]:
    """The least that a page does with an event; written after the schema, not the code."""
    page = json.loads(json.dumps(page))
    if name == "activity":
        rows = {entry["row"] for entry in event["entries"] if entry["row"] is not None}
        kept = [entry for entry in page["activity"] if entry["row"] not in rows]
        page["activity"] = (kept + event["entries"])[-100:]
        return page
    if name == "alert":
        kept = {alert["id"]: alert for alert in page["alerts"] + event["alerts"]}
        page["alerts"] = [kept[number] for number in sorted(kept)][-50:]
        return page
    page.update(event.get("set", {}))
    for part, fields in event.get("merge", {}).items():
        assert set(fields) <= set(page[part])
        page[part].update(fields)
    if "recent_splice" in event:
        recent = event["recent_splice"]
        page["recent"] = page["recent"][recent["drop"] :] + recent["append"]
    for table, splice in event.get("splice", {}).items():
        drop, keep = splice.get("drop", 0), splice["keep"]
        for column, values in splice["append"].items():
            before = page[table][column][drop:]
            assert keep <= len(before)
            page[table][column] = before[:keep] + values
        if "start" in splice:
            page[table]["start"] = splice["start"]
    if "current_append" in event:
        grown = event["current_append"]
        assert grown["index"] == page["current"]["index"]
        values = page["current"]["values"][: grown["keep"]] + grown["values"]
        page["current"].update(values=values, complete=grown["complete"], count=grown["count"])
    return page


def _without_times(page: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in page.items() if not name.startswith("server_time")}


LOSSES = st.one_of(
    st.floats(0.125, 10, width=32),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 0.0, -1.5, 1e-300]),
)
VALUES = st.lists(LOSSES, max_size=8)


class PagesFollow(RuleBasedStateMachine):
    """Any history of a run: applying each change gives what a fresh snapshot says."""

    build: Any

    @initialize()
    def begin(self) -> None:
        """A page that is connected before the first loss."""
        self.run = Run.empty("run-0", "experiment")
        self.runs = 0
        self.activity: tuple[ActivityEntry, ...] = ()
        self.alerts: tuple[Alert, ...] = ()
        self.source = SourceState("/data")
        self.keys: list[int] = []
        self.counter = 0
        self.state = self._state()
        self.page = _data(_snapshot_event(self.state))

    def _state(self) -> overview.PageState:
        self.counter += 1
        snapshot = self.build.snapshot(
            self.run,
            self.counter,
            activity=self.activity,
            source=self.source,
            alerts=self.alerts,
        )
        return page_state(snapshot, BINS)

    def _follow(self) -> None:
        state = self._state()
        change = difference(self.state, state)
        if change is None:
            self.page = _data(_snapshot_event(state))
        else:
            if change.entries:
                entries = _data(ENCODER.activity("v", change.entries))
                self.page = apply(self.page, "activity", entries)
            if change.alerts:
                self.page = apply(self.page, "alert", _data(ENCODER.alerts("v", change.alerts)))
            if change.update:
                update = _data(ENCODER.update("v", change.update))
                self.page = apply(self.page, "update", update)
        self.state = state
        assert _without_times(self.page) == _without_times(_data(_snapshot_event(state)))

    def _put(self, numbers: list[int], values: list[list[float]], **fields: object) -> None:
        steps = [
            self.build.timestep(number, losses, **fields)
            for number, losses in zip(numbers, values, strict=True)
        ]
        self.run = self.run.put(steps)
        self.keys = sorted({*self.keys, *numbers})
        self._follow()

    @rule(values=st.lists(VALUES, min_size=1, max_size=12), complete=st.booleans())
    def append(self, values: list[list[float]], complete: bool) -> None:
        """New timesteps at the end."""
        first = self.keys[-1] + 1 if self.keys else 1000
        self._put(list(range(first, first + len(values))), values, complete=complete)

    @rule(values=VALUES, number=st.integers(0, 20))
    def put_before(self, values: list[float], number: int) -> None:
        """A timestep before all others: newest first at a cold start."""
        first = self.keys[0] - 1 - number if self.keys else 1000
        self._put([max(0, first)], [values])

    @precondition(lambda self: bool(self.keys))
    @rule(values=VALUES, complete=st.booleans())
    def grow(self, values: list[float], complete: bool) -> None:
        """The newest timestep gets more batches."""
        last = self.run.timestep(-1)
        grown = np.concatenate([last.values, values])
        self.run = self.run.put([last._replace(values=grown, complete=complete)])
        self._follow()

    @precondition(lambda self: bool(self.keys))
    @rule(values=VALUES, data=st.data())
    def rewrite(self, values: list[float], data: st.DataObject) -> None:
        """A timestep is written again, anywhere."""
        self._put([data.draw(st.sampled_from(self.keys))], [values])

    @precondition(lambda self: bool(self.keys))
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """Timesteps go away, anywhere."""
        numbers = data.draw(st.sets(st.sampled_from(self.keys), min_size=1, max_size=5))
        gone = [self.build.timestep(number, []).key for number in numbers]
        self.run = self.run.drop(gone)
        self.keys = [number for number in self.keys if number not in numbers]
        self._follow()

    @rule()
    def begin_another_run(self) -> None:
        """The directory was deleted and made again."""
        self.runs += 1
        self.run = Run.empty(f"run-{self.runs}", "experiment")
        self.keys = []
        self._follow()

    @rule(dropped=st.integers(0, 3), state=st.sampled_from(["running", "stale"]))
    def describe(self, dropped: int, state: str) -> None:
        """What surrounds the losses changes."""
        key = self.build.timestep(self.keys[0], []).key if self.keys else None
        marks = [Mark("rollback", key, 1_000_000_000.0, "rolled back")] * dropped
        run = self.run.with_attempts([Attempt("7", 1.0, None)], dropped).with_marks(marks)
        self.run = run
        self.source = replace(self.source, state=state, incidents=dropped, exists=True)
        self._follow()

    @rule(
        rows=st.lists(st.sampled_from([None, None, "a", "b"]), min_size=1, max_size=40),
        entries_max=st.sampled_from([5, 500]),
    )
    def tell(self, rows: list[str | None], entries_max: int) -> None:
        """Rows of the activity log come, replace each other, and go."""
        for row in rows:
            number = self.activity[-1].id + 1 if self.activity else 1
            kept = [e for e in self.activity if row is None or e.row != row]
            kept.append(self.build.entry(number, row=row))
            self.activity = tuple(kept[-entries_max:])
        self._follow()

    @rule(which=st.lists(st.integers(1, 60), max_size=5), closed=st.booleans())
    def alert(self, which: list[int], closed: bool) -> None:
        """Alerts are opened, updated and closed; the oldest are forgotten."""
        kept = {alert.id: alert for alert in self.alerts}
        for number in which:
            end_s = 2.0 if closed else None
            kept[number] = Alert(number, "spike", "warning", f"alert {number}", 1.0, 1.0, end_s)
        self.alerts = tuple(kept[number] for number in sorted(kept))[-55:]
        self._follow()


def test_applying_changes_equals_a_fresh_snapshot(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens to a run: append, grow, put in between, rewrite, drop, begin anew."""
    # Small limits bring windows, buckets and reduced timesteps into reach of short histories.
    monkeypatch.setattr(overview, "TIMESTEPS_MAX", 6)
    monkeypatch.setattr(columns, "TIMESTEPS_MAX", 6)
    monkeypatch.setattr(columns, "BUCKETS_MAX", 4)
    monkeypatch.setattr(overview, "CURRENT_VALUES_MAX", 20)
    monkeypatch.setattr(overview, "_ROWS_REWRITTEN_MAX", 3)
    PagesFollow.build = build
    machine: Any = PagesFollow.TestCase
    machine.settings = settings(
        max_examples=60,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    machine().runTest()


def test_a_new_batch_is_a_small_update(build: Any) -> None:
    """A timestep that grows by a batch is told by that batch, not by all of them."""
    rng = np.random.default_rng(7)
    run = build.run(*rng.random((700, 136)).astype(np.float32))
    old = page_state(build.snapshot(run), BINS)
    last = run.timestep(-1)
    grown = run.put([last._replace(values=np.append(last.values, 0.25), complete=False)])
    change = difference(old, page_state(build.snapshot(grown, 2), BINS))
    assert change is not None
    update = _data(ENCODER.update("v", change.update))
    assert update["current_append"]["values"] == [0.25]
    assert update["splice"]["timesteps"]["keep"] == 499
    assert len(ENCODER.update("v", change.update)) < 4500


def test_nothing_new_is_no_change(build: Any) -> None:
    """A version in which only counters differ tells nothing."""
    run = build.run([1.0, 2.0])
    change = difference(
        page_state(build.snapshot(run, 1), BINS), page_state(build.snapshot(run, 2), BINS)
    )
    assert change is not None
    assert (change.update, change.entries) == ({}, ())


@pytest.mark.parametrize("timesteps", [756, 1013, 40_000])
def test_a_snapshot_is_small_whatever_the_size_of_the_run(build: Any, timesteps: int) -> None:
    """At most 200 KB, also with many timesteps, batches and long rows of activity."""
    rng = np.random.default_rng(3)
    values = rng.random((timesteps - 1, 3)).astype(np.float32) * -1e-5
    run = build.run(*values, rng.random(2000).astype(np.float32))
    places = run.keys[:: max(1, len(run.keys) // 300)]
    marks = [Mark("rollback", key, 1e9, "Rolled back " * 15, "f" * 60, 7, 8) for key in places]
    entries = tuple(
        build.entry(n, message="a message of usual length, with a name " * 3, file="f" * 60)
        for n in range(150)
    )
    snapshot = build.snapshot(run.with_marks(marks), activity=entries)
    event = _snapshot_event(page_state(snapshot, BINS))
    assert len(event) <= SNAPSHOT_BYTES_MAX
    data = _data(event)
    assert len(data["timesteps"]["label"]) == 500
    assert sum(data["buckets"]["timesteps"]) == timesteps - 500
    assert len(data["activity"]) > 20


def test_buckets_hold_the_extremes_of_their_timesteps(build: Any) -> None:
    """Older timesteps are reduced, their extremes and counts are not."""
    rng = np.random.default_rng(5)
    values = rng.random((2000, 4))
    values[77, 2] = 99.0
    values[78, 1] = np.nan
    data = _data(_snapshot_event(page_state(build.snapshot(build.run(*values)), BINS)))
    size = data["buckets"]["size"]
    assert size == 8
    row = 77 // size
    part = values[row * size : (row + 1) * size].ravel()
    assert data["buckets"]["max"][row] == 99.0
    assert data["buckets"]["min"][row] == np.nanmin(part)
    assert data["buckets"]["mean"][row] == pytest.approx(np.nanmean(part))
    assert data["buckets"]["std"][row] == pytest.approx(np.nanstd(part))
    assert data["buckets"]["non_finite"][row] == 1
    assert data["buckets"]["start"][row] == row * size
    assert data["timesteps"]["start"] == 1500


def test_many_batches_of_a_timestep_are_reduced(build: Any) -> None:
    """Above 2,000 batches the current timestep is told as buckets that keep extremes."""
    values = np.linspace(1, 2, 5000)
    values[1234] = 77.0
    data = _data(_snapshot_event(page_state(build.snapshot(build.run([1.0], values)), BINS)))
    current = data["current"]
    assert "values" not in current
    assert current["count"] == 5000
    assert sum(current["buckets"]["count"]) == 5000
    assert max(current["buckets"]["max"]) == 77.0
    assert current["buckets"]["x_start"][0] == current["start"] == 1


def test_a_timestep_without_batches_is_not_the_current_one(build: Any) -> None:
    """The original's "latest" is the latest that has any."""
    data = _data(_snapshot_event(page_state(build.snapshot(build.run([1.0], [])), BINS)))
    assert data["current"]["index"] == 0


def test_a_page_of_nothing_says_so(build: Any) -> None:
    """Before the first loss there is a run, and nothing in it."""
    source = SourceState("/data", loading=Loading(1, 2, 3, 4))
    empty = build.snapshot(Run.empty("", ""), source=source)
    data = _data(_snapshot_event(page_state(empty, BINS)))
    assert data["current"] is None
    assert data["statistics"] is None
    assert data["distribution"] is None
    assert data["recent"] == []
    assert data["source"]["loading"]["files_total"] == 2


def test_activity_keeps_the_newest_rows(build: Any) -> None:
    """The page holds a hundred rows of whatever the log keeps."""
    entries = tuple(build.entry(n) for n in range(1, 251))
    page = page_state(build.snapshot(build.run([1.0]), activity=entries), BINS)
    assert [entry.id for entry in page.activity] == list(range(251 - ACTIVITY_MAX, 251))


def test_a_rewrite_far_back_is_a_new_snapshot(build: Any) -> None:
    """What is no append is said whole."""
    run = build.run(*([[float(n)] for n in range(100)]))
    changed = run.put([build.timestep(3, [5.0])])
    old, new = (page_state(build.snapshot(each), BINS) for each in (run, changed))
    assert difference(old, new) is None
    near: Callable[[int], Timestep] = lambda number: build.timestep(number, [5.0])  # noqa: E731
    assert difference(old, page_state(build.snapshot(run.put([near(98)])), BINS)) is not None


def test_no_bucket_joins_two_attempts(build: Any) -> None:
    """Where one begins within a bucket that is cut; each timestep is in one all the same."""
    run = build.run(*[[float(number)] for number in range(1100)])
    steps = [run.timestep(index) for index in range(101, 1100)]
    run = run.put(step._replace(attempt=1) for step in steps)
    rows = page_state(build.snapshot(run), BINS).buckets
    starts, sizes = rows.arrays["start"].tolist(), rows.arrays["timesteps"].tolist()
    assert {100, 101, 104} <= set(starts)
    assert [start + size for start, size in zip(starts, sizes, strict=True)] == [*starts[1:], 600]
    assert rows.arrays["attempt"].tolist() == [int(start >= 101) for start in starts]
    assert rows.arrays["max"][starts.index(100)] == 100.0
