"""The demo's two sinks: loss files with event files, or a job log, as the plugins write.

Enters: the losses of one timestep. Leaves: files, through the package's own `writer`.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loss_monitor.demo.network import Network
from loss_monitor.demo.training import BATCHES, Trained
from loss_monitor.writer import EventWriter, JobLogWriter, LossWriter

EPOCH = datetime(1979, 1, 1)  # noqa: DTZ001 - model time has no zone
MODEL_STEP = timedelta(minutes=15)
HISTOGRAMS_EVERY = 5
"""Timesteps between two sets of histograms: the plugin writes them each epoch."""
CHECKPOINT_EVERY = 25
RANKS = 4


def model_time(timestep: int) -> datetime:
    """Return the model time at the end of `timestep`, which counts from 1."""
    return EPOCH + timestep * MODEL_STEP


class Sink(Protocol):
    """Where a training leaves its losses."""

    def put(self, timestep: int, trained: Trained, network: Network) -> None:
        """Write one timestep."""
        ...

    def restart(self, timestep: int) -> None:
        """Begin again as another process would, with `timestep` as the next one."""
        ...

    def close(self) -> None:
        """End all files."""
        ...


class FileSink:
    """`log_T.txt`, `summary_T.txt`, event files and checkpoints in one directory."""

    def __init__(self, directory: str) -> None:
        """Write into `directory`, which is made where it is missing."""
        self._directory = directory
        self._losses = LossWriter(directory)
        self._run = os.path.join(directory, "runs", f"experiment_{EPOCH}")
        self._events = EventWriter(self._run)

    def put(self, timestep: int, trained: Trained, network: Network) -> None:
        """Write one timestep's files; histograms and checkpoints come now and then."""
        moment = model_time(timestep)
        losses = trained.losses
        first_step = self._losses.global_step
        for batch, loss in enumerate(losses):
            self._events.scalar("Loss/batch", float(loss), first_step + batch)
            nanoseconds = (moment - EPOCH).total_seconds() * 1e9
            self._events.scalar("Timestep/current", nanoseconds, first_step + batch)
        self._scalars(timestep, losses, trained.learning_rate)
        if timestep % HISTOGRAMS_EVERY == 0:
            for name, values in network.parameters.items():
                self._events.histogram(f"Parameters/{name}", values, timestep)
                self._events.histogram(f"Gradients/{name}", network.gradients[name], timestep)
        self._losses.timestep(moment, [float(loss) for loss in losses])
        self._events.flush()
        if timestep % CHECKPOINT_EVERY == 0:
            path = os.path.join(self._directory, f"net_{EPOCH}.pth")
            with open(path, "wb") as file:
                np.save(file, np.concatenate([p.ravel() for p in network.parameters.values()]))

    def restart(self, timestep: int) -> None:
        """A restarted process adds an event file and rewrites what it makes again."""
        self._events.close()
        self._losses.global_step = (timestep - 1) * BATCHES
        self._events = EventWriter(self._run)

    def close(self) -> None:
        """End the event file."""
        self._events.close()

    def _scalars(self, timestep: int, losses: NDArray[np.float32], rate: float) -> None:
        finite = losses[np.isfinite(losses)].astype(np.float64)
        figures = {
            "mean": finite.mean(),
            "std": finite.std(),
            "min": finite.min(),
            "max": finite.max(),
        }
        for name, value in figures.items():
            self._events.scalar(f"Loss/{name}_per_timestep", float(value), timestep)
        self._events.scalar("Learning_rate", rate, timestep)


class JobLogSink:
    """The log of a Slurm job in which each of some ranks prints its own loss."""

    def __init__(self, directory: str, experiment: str = "demo") -> None:
        """Begin with the first job's log in `directory`."""
        self._directory = directory
        self._experiment = experiment
        self._job = 1000
        self._begin()

    def put(self, timestep: int, trained: Trained, network: Network) -> None:
        """Print ICON's line and the ranks' losses of one step."""
        self._log.time_step(timestep, model_time(timestep))
        parts = np.array_split(trained.losses.astype(np.float64), RANKS)
        gradient = sum(float(np.sum(g.astype(np.float64) ** 2)) for g in network.gradients.values())
        for rank, part in enumerate(parts):
            skipped = not bool(np.isfinite(part).all())
            self._log.step(
                timestep,
                float(part.mean()),
                rank=rank,
                grad_norm=round(gradient**0.5, 4),
                skipped=skipped,
            )
        if timestep % CHECKPOINT_EVERY == 0:
            self._log.checkpoint_saved(timestep)

    def restart(self, timestep: int) -> None:
        """The job ends at its time limit and another one goes on from a checkpoint."""
        self._log.cancelled(self._job, "1979-01-01T00:00:00", time_limit=True)
        self._log.close()
        self._job += 1
        self._begin()
        self._log.restored(f"net_{EPOCH}.pth", timestep - 1)

    def close(self) -> None:
        """End the log as a clean job does."""
        self._log.finished()
        self._log.close()

    def _begin(self) -> None:
        name = f"LOG.exp.{self._experiment}.run.{self._job}.o"
        self._log = JobLogWriter(os.path.join(self._directory, name), tasks=RANKS)
        self._log.timestep_length(int(MODEL_STEP.total_seconds()))
