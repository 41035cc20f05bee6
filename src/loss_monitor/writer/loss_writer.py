"""Loss files of one run: `log_T.txt` with every loss, `summary_T.txt` with the figures.

Enters: the losses of each model timestep. Leaves: files as the plugins write them: opened
with "w" under their own name, no temporary name, no sync.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable, Sequence
from typing import TextIO

from loss_monitor.writer.failures import Failures
from loss_monitor.writer.sums import exact_sum
from loss_monitor.writer.time_text import VARIANTS, ModelMoment, moment_of

FORMATS = ("log", "summary")


class LossWriter:
    """Writer of the loss files of one run, used by one thread.

    Either hand over whole timesteps with `timestep`, or `begin`, `batch` by `batch`, `end`.
    No method raises: what failed is in `failures`.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        formats: Collection[str] = FORMATS,
        *,
        time_variant: str = "N1",
        flush_each_batch: bool = False,
        global_step: int = 0,
    ) -> None:
        """Write into `directory`, which is made where it is missing.

        `formats` are of `log` and `summary`; `time_variant` is one of `N1` (blank and
        colons), `N2` (`T`, dashes, milliseconds), `N3` (`_` and dashes), `N4` (`T` and
        dashes). With `flush_each_batch` the log grows with every batch, otherwise it is
        written whole at the end of the timestep. `global_step` is the number of updates so
        far.
        """
        self._log = Failures("loss writer")
        self.directory = os.fspath(directory)
        self.global_step = global_step
        """Updates so far, over all timesteps."""
        self._formats = frozenset(formats)
        self._variant = time_variant
        self._flush_each_batch = flush_each_batch
        self._moment: ModelMoment | None = None
        self._losses: list[float] = []
        self._open_log: TextIO | None = None
        if not self._formats <= set(FORMATS):
            self._log.remember(f"formats {sorted(self._formats)} are not all of {FORMATS}")
        if time_variant not in VARIANTS:
            self._log.remember(f"time variant {time_variant!r} is none of {VARIANTS}; N1 is used")
            self._variant = VARIANTS[0]
        with self._log.guard(f"making {self.directory}"):
            os.makedirs(self.directory, exist_ok=True)

    @property
    def failures(self) -> list[str]:
        """What failed, oldest first, the first hundred."""
        return self._log.kept

    def timestep(self, model_time: object, losses: Iterable[float]) -> None:
        """Write the files of one whole timestep; `losses` are in batch order."""
        self.begin(model_time)
        with self._log.guard("taking losses"):
            for loss in losses:
                self.batch(loss)
        self.end()

    def begin(self, model_time: object) -> None:
        """Begin a timestep; one that is still open is ended first."""
        if self._moment is not None:
            self.end()
        self._losses = []
        with self._log.guard("beginning a timestep"):
            self._moment = moment_of(model_time)
            if self._flush_each_batch and "log" in self._formats:
                self._open_log = open(self._path("log"), "w", encoding="ascii")  # noqa: SIM115

    def batch(self, loss: float) -> None:
        """Add the loss of one batch, as float or anything `float` takes."""
        with self._log.guard("adding a loss"):
            value = float(loss)
            self._losses.append(value)
            self.global_step += 1
            if self._open_log is not None:
                self._open_log.write(f"{value}\n")
                self._open_log.flush()

    def end(self) -> None:
        """End the timestep and write what is not written yet."""
        if self._moment is None:
            return
        if "log" in self._formats:
            with self._log.guard(f"writing the log of {self._moment.label}"):
                self._end_log()
        if "summary" in self._formats:
            with self._log.guard(f"writing the summary of {self._moment.label}"):
                text = summary_text(self._moment.label, self.global_step, self._losses)
                _write_whole(self._path("summary"), text)
        self._moment = None

    def _end_log(self) -> None:
        if self._open_log is None:
            _write_whole(self._path("log"), "".join(f"{loss}\n" for loss in self._losses))
            return
        open_log, self._open_log = self._open_log, None
        open_log.close()

    def _path(self, kind: str) -> str:
        if self._moment is None:
            raise ValueError("no timestep has begun")
        name = f"{kind}_{self._moment.file_name(self._variant)}.txt"
        return os.path.join(self.directory, name)


def summary_text(label: str, global_step: int, losses: Sequence[float]) -> str:
    """Return the summary file of one timestep.

    As with numpy, on which the plugins rely, one NaN makes all four figures NaN, and so
    does a timestep without batches.

    >>> print(summary_text("1979-01-01 00:15:00", 2, [1.0, 2.0]).splitlines()[4])
    Std Loss: 0.500000
    """
    low = high = mean = deviation = math.nan
    if losses and not any(map(math.isnan, losses)):
        low, high = min(losses), max(losses)
        mean = exact_sum(losses) / len(losses)
        squares = [(loss - mean) * (loss - mean) for loss in losses]
        deviation = math.sqrt(exact_sum(squares) / len(losses))
    return (
        f"Timestep: {label}\n"
        f"Global Step: {global_step}\n"
        f"Number of Batches: {len(losses)}\n"
        f"Mean Loss: {mean:.6f}\n"
        f"Std Loss: {deviation:.6f}\n"
        f"Min Loss: {low:.6f}\n"
        f"Max Loss: {high:.6f}\n"
    )


def _write_whole(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
