"""Kept runs behind the routes: what is open is what is on disk, and its readers count."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loss_monitor.clock import SystemClock
from loss_monitor.history.archive import write_run
from loss_monitor.history.store import KeptRuns
from loss_monitor.web.answers import RequestError
from loss_monitor.web.kept import KeptSources
from loss_monitor.web.runs import Runs, Source
from loss_monitor.web.server import make_hub
from loss_monitor.web.stream import StreamRoutes


@pytest.fixture
def place(tmp_path: Path) -> KeptRuns:
    """Where runs are kept; none is yet."""
    return KeptRuns(tmp_path / "runs")


@pytest.fixture
def runs(place: KeptRuns, settings: Any, build: Any) -> Runs:
    """A live run, and those that are kept."""
    make = partial(make_hub, clock=SystemClock(), touch=lambda: None)
    hub = make(settings)
    hub.publish(build.snapshot(build.run([9.0], run_id="live")))
    return Runs([Source(hub, settings)], KeptSources([(place, settings)], make))


def keep(place: KeptRuns, run: Any, build: Any, saved_s: float) -> None:
    """Write a run as its keeper does."""
    write_run(place.path_of(run.id), build.snapshot(run), saved_s)


def test_a_run_that_is_kept_anew_is_read_anew(place: KeptRuns, runs: Runs, build: Any) -> None:
    """Its last losses are written when the next run has begun: who asked in between saw less."""

    async def ask() -> None:
        keep(place, build.run([1.0], run_id="a"), build, 1e9)
        before = await runs.kept.open("a")
        assert before is not None
        reader = before.hub.join("", lambda: None)
        assert await runs.kept.open("a") is before
        keep(place, build.run([1.0], [2.0], run_id="a"), build, 1e9 + 60)
        # As the keeper does, which looks into the same place.
        place.all()
        told = await runs.kept.header("a")
        assert (told is not None, told and told.timesteps) == (True, 2)
        after = await runs.kept.open("a")
        assert after is runs.kept.find("a")
        assert after.hub.current().run.n_timesteps == 2
        assert after.hub.version(1) != before.hub.version(1)
        assert reader.ended, "its page comes back for the newer one"
        runs.close()

    asyncio.run(ask())


def test_a_kept_run_that_is_deleted_while_it_is_open_still_answers(
    place: KeptRuns, runs: Runs, build: Any
) -> None:
    """Whoever looks at it looks on."""

    async def ask() -> None:
        keep(place, build.run([1.0], run_id="a"), build, 1e9)
        opened = await runs.kept.open("a")
        place.path_of("a").unlink()
        assert await runs.kept.open("a") is opened
        await runs.kept.refresh()
        assert await runs.kept.open("a") is opened
        runs.close()

    asyncio.run(ask())


def test_streams_of_kept_runs_are_bounded_with_the_others(
    place: KeptRuns, runs: Runs, build: Any
) -> None:
    """The bound is on what the server sends, whatever it is of."""

    async def ask() -> None:
        keep(place, build.run([1.0], run_id="a"), build, 1e9)
        opened = await runs.kept.open("a")
        assert opened is not None
        opened.hub.join("", lambda: None)
        for run_id in ("a", "live"):
            with pytest.raises(RequestError, match="too many streams"):
                await StreamRoutes(runs, 1).stream(None, run_id=run_id)  # type: ignore[arg-type]
        runs.close()

    asyncio.run(ask())
