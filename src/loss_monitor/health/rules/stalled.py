"""Rule `stalled`: nothing has been heard of the training for far longer than usual."""

from __future__ import annotations

from types import MappingProxyType

from loss_monitor.health.rule import Limits, Now, Told
from loss_monitor.health.words import duration
from loss_monitor.types import Evidence

_OLD_S = 6 * 3600.0
"""A run that was silent for so long when it was opened is an old one, and nobody waits."""
_PACE_LEAST_S = 0.001


class Stalled:
    """The age of the last sign of life against the writer's own rhythm."""

    name = "stalled"
    summary = "no new data for far longer than usual, and no word that the job has ended or waits"
    limits: Limits = MappingProxyType({"intervals": 10.0, "least_s": 300.0})

    def judge(self, now: Now, limits: Limits, *, is_open: bool) -> Told | None:
        """Return how long it has been silent."""
        if not (now.expects_data and now.heard_s and now.run.n_timesteps):
            return None
        age_s = now.now_s - now.heard_s
        usual_s = now.usual_interval_s
        after_s = max(limits["least_s"], limits["intervals"] * (usual_s or 0.0))
        if age_s < after_s or (age_s > _OLD_S and not is_open):
            return None
        # Files that were copied or written at once tell no pace.
        has_pace = usual_s is not None and usual_s >= _PACE_LEAST_S
        usual = f"; usually every {duration(usual_s or 0.0)}" if has_pace else ""
        newest = now.run.timestep(now.run.n_timesteps - 1)
        evidence = Evidence((age_s,), newest.label, None, newest.source)
        # Told to the minute: the message must not change with each look.
        message = f"no new data for {duration(age_s // 60 * 60)}{usual}{_of_job(now)}"
        return Told(message, evidence, "warning")


def _of_job(now: Now) -> str:
    job = now.job
    if job is None or not job.state:
        return ""
    return f"; Slurm has job {job.id} as {job.state}" + (f" on {job.node}" if job.node else "")
