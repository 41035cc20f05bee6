"""Routes below `/api/loss`: a run's losses as the original system answered them, and ranges.

Enters: requests. Leaves: answers with the field names of the interface. Everything is taken
from one immutable snapshot, so that an answer never mixes two versions.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from typing import Annotated, Literal

import numpy as np
from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor.model_time import parse_model_time
from loss_monitor.parse.summary import mismatches
from loss_monitor.series.distribution import distribution
from loss_monitor.series.online import KeptPercentiles, online_columns
from loss_monitor.series.ranges import Axis, reduce_range
from loss_monitor.series.run import Run
from loss_monitor.settings import Settings
from loss_monitor.types import Timestep
from loss_monitor.web.answers import (
    POINTS_AT_ONCE,
    RequestError,
    Sliced,
    shown,
    versioned,
    versioned_in_thread,
)
from loss_monitor.web.describe import statistics
from loss_monitor.web.online import online_answer
from loss_monitor.web.runs import RunId, Runs

POINTS_MAX = 100_000
COLUMNS_MAX = 4000
BINS_MAX = 1000
NO_DATA = {"error": "No data available"}
"""What the original answered, with status 200, before the first loss."""

Last = Annotated[int | None, Query(ge=1, description="Only the newest so many.")]
Smoothing = Annotated[
    float | None,
    Query(ge=0, lt=1, description="Weight of a moving average over all values; adds `smooth`."),
]

_STEP = re.compile(r"step (\d{1,18})", re.ASCII)


class LossRoutes:
    """The routes, bound to where snapshots come from."""

    def __init__(self, runs: Runs, settings: Settings) -> None:
        """Answer from the snapshots of `runs`, within the limits of `settings`."""
        self._runs = runs
        self._settings = settings
        self._kept_percentiles = KeptPercentiles()

    async def current(self, request: Request, run_id: RunId = None) -> Response:
        """The latest timestep that has batches."""
        found = self._runs.find(run_id)
        return versioned(request, found.version, lambda: current_loss(found.snapshot.run))

    async def history(
        self,
        request: Request,
        limit: Annotated[
            int | None, Query(description="Timesteps, and batches; at most MAX_HISTORY_LIMIT.")
        ] = None,
        run_id: RunId = None,
    ) -> Response:
        """Figures of the newest timesteps, and the newest batches one by one; oldest first."""
        most = self._settings.max_history_limit
        wanted = min(self._settings.default_history_limit, most) if limit is None else limit
        if not 1 <= wanted <= most:
            raise RequestError(400, f"limit must be from 1 to {most}, not {wanted}")
        found = self._runs.find(run_id)
        return versioned(request, found.version, lambda: history(found.snapshot.run, wanted))

    async def statistics(
        self, request: Request, last: Last = None, run_id: RunId = None
    ) -> Response:
        """Figures over all finite losses, or over those of the newest `last` timesteps."""
        found = self._runs.find(run_id)

        def build() -> dict[str, object]:
            figures = statistics(found.snapshot.run, last)
            return dict(NO_DATA) if figures is None else asdict(figures)

        return versioned(request, found.version, build)

    async def timesteps(self, request: Request, run_id: RunId = None) -> Response:
        """The labels of all timesteps, in model-time order."""
        found = self._runs.find(run_id)
        run = found.snapshot.run
        return versioned(
            request, found.version, lambda: {"timesteps": Sliced(run.n_timesteps, run.labels)}
        )

    async def by_timestep(self, request: Request, timestamp: str, run_id: RunId = None) -> Response:
        """All batches of one timestep, named by its time in any form of the file names."""
        found = self._runs.find(run_id)
        index = index_of(found.snapshot.run, timestamp)
        if index is None:
            raise RequestError(
                404, f"unknown timestep {shown(timestamp)}; api/loss/timesteps lists all of them"
            )
        return versioned(request, found.version, lambda: one_timestep(found.snapshot.run, index))

    async def range(
        self,
        request: Request,
        start: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        stop: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        points: Annotated[int, Query(ge=1, le=POINTS_MAX)] = 2000,
        x: Axis = "batch",
        smoothing: Smoothing = None,
        run_id: RunId = None,
    ) -> Response:
        """A half-open range of the run in at most `points` buckets that keep every extreme."""
        check_order(start, stop)
        found = self._runs.find(run_id)

        def build() -> dict[str, object]:
            return vars_of(reduce_range(found.snapshot.run, start, stop, points, x, smoothing))

        if smoothing is None and points <= POINTS_AT_ONCE:
            return versioned(request, found.version, build)
        return await versioned_in_thread(request, found.version, build)

    async def online(
        self,
        request: Request,
        start: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        stop: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        points: Annotated[int, Query(ge=1, le=COLUMNS_MAX, description="Most columns.")] = 500,
        run_id: RunId = None,
    ) -> Response:
        """First and last batch, gain, boundary jump and percentiles of each timestep."""
        check_order(start, stop)
        found = self._runs.find(run_id)

        def build() -> dict[str, object]:
            columns = online_columns(
                found.snapshot.run, self._kept_percentiles, start, stop, points
            )
            return online_answer(found.snapshot.run, columns)

        return await versioned_in_thread(request, found.version, build)

    async def distribution(
        self,
        request: Request,
        bins: Annotated[int | None, Query(ge=1, le=BINS_MAX)] = None,
        scale: Literal["linear", "log"] = "linear",
        last: Last = None,
        run_id: RunId = None,
    ) -> Response:
        """Histogram of all losses, or of the newest `last` batches."""
        found = self._runs.find(run_id)
        wanted = self._settings.histogram_bins if bins is None else bins

        def build() -> dict[str, object]:
            return vars_of(distribution(found.snapshot.run, wanted, scale, last))

        return versioned(request, found.version, build)


def check_order(start: float | None, stop: float | None) -> None:
    """Raise RequestError (400) where a range ends before it begins."""
    if start is not None and stop is not None and stop < start:
        raise RequestError(400, f"stop must be at least start ({start:g}), not {stop:g}")


def vars_of(record: object) -> dict[str, object]:
    """Return the fields of a slotted dataclass that are not None, without copying arrays."""
    values = {name: getattr(record, name) for name in getattr(record, "__dataclass_fields__", {})}
    return {name: value for name, value in values.items() if value is not None}


def current_loss(run: Run) -> dict[str, object]:
    """Return `/api/loss/current`."""
    index = run.latest_filled
    if index is None:
        return dict(NO_DATA)
    timestep = run.timestep(index)
    latest = timestep.values[-1]
    return {
        "timestamp": timestep.label,
        **_figures_of(run, index),
        "num_batches": len(timestep.values),
        "latest_loss": float(latest),
        "non_finite": int(run.entry("count", index) - run.entry("finite", index)),
        "complete": timestep.complete,
    }


def _figures_of(run: Run, index: int) -> dict[str, float]:
    return {
        "mean_loss": run.entry("mean", index),
        "std_loss": math.sqrt(run.entry("m2", index) / max(run.entry("finite", index), 1)),
        "min_loss": run.entry("min", index),
        "max_loss": run.entry("max", index),
    }


def history(run: Run, limit: int) -> dict[str, object]:
    """Return `/api/loss/history` for a limit that was checked."""
    if not run.n_values:
        names = (
            "timestamps", "mean_losses", "std_losses", "min_losses", "max_losses",
            "all_losses", "all_timestamps", "batch_indices", "losses",
        )  # fmt: skip
        return {name: [] for name in names}
    start = max(0, run.n_values - limit)
    of, within = run.places(start)
    base = int(of[0])
    labels = run.labels(base, int(of[-1]) + 1)
    return {
        "timestamps": run.labels(max(0, run.n_timesteps - limit)),
        "mean_losses": run.newest("mean", limit),
        "std_losses": np.sqrt(run.newest("m2", limit) / np.maximum(run.newest("finite", limit), 1)),
        "min_losses": run.newest("min", limit),
        "max_losses": run.newest("max", limit),
        "all_losses": run.values(start),
        "all_timestamps": [labels[index - base] for index in of.tolist()],
        "batch_indices": within,
    }


def index_of(run: Run, text: str) -> int | None:
    """Return the index of the timestep that `text` names, None if there is none.

    `text` is a model time in any form that file names have, or `step N`. Where attempts of
    a run repeat a model time, the latest one is meant.
    """
    step = _STEP.fullmatch(text)
    if step is not None:
        return run.index_of((int(step[1]),))
    time = parse_model_time(text)
    if time is None:
        return None
    return run.index_at(tuple(time))


def one_timestep(run: Run, index: int) -> dict[str, object]:
    """Return `/api/loss/by_timestep` for the timestep of an index."""
    timestep: Timestep = run.timestep(index)
    answer: dict[str, object] = {
        "timestamp": timestep.label,
        "losses": timestep.values,
        "batch_indices": np.arange(len(timestep.values)),
        **_figures_of(run, index),
        "num_batches": len(timestep.values),
        "unit": timestep.unit,
        "mismatch": list(mismatches(timestep.summary, timestep.values)),
    }
    if timestep.summary:
        answer["summary"] = dict(timestep.summary)
    return answer
