"""Follows runs as they grow, judged by all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from judged_runs import Followed, timestep
from loss_monitor.health.watch import HealthWatch
from loss_monitor.series.run import Run


@pytest.fixture
def follow() -> Callable[..., Followed]:
    """Follows losses as they are written: `one_by_one`, or all at once as after a start."""

    def make(
        series: Iterable[Iterable[float]] = (), *, one_by_one: bool = True, limits: object = None
    ) -> Followed:
        watch = HealthWatch(limits or {})  # type: ignore[arg-type]
        followed = Followed(watch, Run.empty("run", "run"), [])
        steps = [timestep(index, values) for index, values in enumerate(series)]
        if one_by_one:
            for step in steps:
                followed.put([step])
        else:
            followed.put(steps)
        return followed

    return make
