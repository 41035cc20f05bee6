"""Job logs as ICON, its training plugin and Slurm write them together.

Enters: what the model and the plugin have to say, per task. Leaves: lines, appended and
flushed one by one. With `label_tasks` each line begins with its task number, as under
`srun -l`.
"""

from __future__ import annotations

import os
from typing import TextIO

from loss_monitor.writer.failures import Failures
from loss_monitor.writer.time_text import moment_of

_SECONDS_PER_DAY = 86400


class JobLogWriter:
    """Writer of one job log, used by one thread; no method raises, see `failures`."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        plugin: str = "messe",
        tasks: int = 1,
        label_tasks: bool = True,
        colon: bool = True,
    ) -> None:
        """Append to `path`, whose directory is made where it is missing.

        `tasks` is how many processes the job has: their widest number sets the width of
        the labels. `colon` selects the spelling of ICON's time line, with `, model time:`
        or without.
        """
        self._log = Failures("job log writer")
        self.path = os.fspath(path)
        self._plugin = plugin
        self._width = len(str(max(tasks - 1, 0))) if label_tasks else 0
        self._colon = colon
        self._file: TextIO | None = None
        with self._log.guard(f"opening {self.path}"):
            os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
            self._file = open(self.path, "a", encoding="utf-8")  # noqa: SIM115

    @property
    def failures(self) -> list[str]:
        """What failed, oldest first, the first hundred."""
        return self._log.kept

    def line(self, text: str, *, rank: int | None = 0) -> None:
        """Append one line as task `rank` prints it; None for Slurm's own, without label."""
        with self._log.guard(f"writing to {self.path}"):
            if self._file is None:
                raise ValueError("the log is not open")
            label = f"{rank:>{self._width}}: " if self._width and rank is not None else ""
            self._file.write(f"{label}{text}\n")
            self._file.flush()

    def time_step(self, step: int, model_time: object, forecast_s: float | None = None) -> None:
        """Append ICON's line of one time step.

        `forecast_s` is the model time since the start in seconds, left out where None.
        """
        with self._log.guard("writing a time step"):
            moment = moment_of(model_time)
            if self._colon:
                text = f" Time step:{step:9d}, model time: {moment.icon}"
            else:
                text = f" Time step:{step:9d} model time {moment.icon}"
            if forecast_s is not None:
                days, seconds = divmod(int(forecast_s), _SECONDS_PER_DAY)
                minutes, seconds = divmod(seconds, 60)
                hours, minutes = divmod(minutes, 60)
                text += f" forecast time {days}d {hours:02d}:{minutes:02d}:{seconds:02d}"
            self.line(text)

    def step(self, step: int, loss: float | None = None, *, rank: int = 0, **pairs: object) -> None:
        """Append the plugin's line of one step of one rank.

        `pairs` follow in the order given: floats with four decimals, others as they print.
        """
        with self._log.guard("writing a step"):
            words = [f"step={step}"]
            if loss is not None:
                words.append(f"loss={float(loss):.6f}")
            words += [f"{key}={_as_text(value)}" for key, value in pairs.items()]
            self.message(" ".join(words), rank=rank)

    def waiting(self, step: int, horizon: int, *, rank: int = 0) -> None:
        """Append the line of a step whose loss comes `horizon` steps later."""
        self.message(f"step={step} waiting horizon={horizon} (due={step + horizon})", rank=rank)

    def message(self, text: str, *, rank: int = 0) -> None:
        """Append a line of the plugin as rank `rank` prints it."""
        self.line(f" INFO({self._plugin}): [rank={rank}] {text}", rank=rank)

    def timestep_length(self, seconds: int, *, rank: int = 0) -> None:
        """Append the length of a model timestep."""
        self.message(f"timestep length: {seconds} seconds", rank=rank)

    def dry_run_step(self, index: int, total: int, *, rank: int = 0) -> None:
        """Append step `index` of `total` of the run before the training."""
        self.message(f"Dry run step {index}/{total}", rank=rank)

    def dry_run_complete(self, *, rank: int = 0) -> None:
        """Append the end of the run before the training."""
        self.message("Dry run complete", rank=rank)

    def nan_detected(self, *, rank: int = 0) -> None:
        """Append that a loss was NaN and the last checkpoint is taken up."""
        self.message("NaN detected — rolling back to last checkpoint", rank=rank)

    def rolled_back(self, checkpoint_step: int | None, *, rank: int = 0) -> None:
        """Append to which step the network went back; None where there was no checkpoint."""
        if checkpoint_step is None:
            self.message("No checkpoint to roll back to", rank=rank)
        else:
            self.message(f"Rolled back to checkpoint at step={checkpoint_step}", rank=rank)

    def checkpoint_saved(self, step: int, *, rank: int = 0) -> None:
        """Append that the network of `step` was saved."""
        self.message(f"Checkpoint saved at step={step}", rank=rank)

    def restored(self, file_name: str, step: int, *, rank: int = 0) -> None:
        """Append that a restarted job goes on from a saved network."""
        self.message(f"Restored {file_name}, resuming from step={step}", rank=rank)

    def finished(self, *, rank: int = 0) -> None:
        """Append the plugin's last line of a job that ended by itself."""
        self.message("PyTorch distributed destroyed", rank=rank)

    def cancelled(self, job_id: int, at: str, *, time_limit: bool = False) -> None:
        """Append Slurm's last line of a job that was stopped, `at` an ISO time."""
        why = " DUE TO TIME LIMIT" if time_limit else ""
        self.line(f"slurmstepd: error: *** JOB {job_id} CANCELLED AT {at}{why} ***", rank=None)

    def close(self) -> None:
        """End the log; later lines are refused."""
        file, self._file = self._file, None
        if file is not None:
            with self._log.guard(f"closing {self.path}"):
                file.close()


def _as_text(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
