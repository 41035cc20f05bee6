"""What users say of a run in files beside its data: label and parameters.

Enters: files that the watch found new or changed, or lost. Leaves: the description that counts.
A file of the run's experiment goes before the directory's.
"""

from __future__ import annotations

from loss_monitor.activity import counted
from loss_monitor.monitor.reading import Reading
from loss_monitor.parse.run_toml import BYTES_MAX, RunDescription, parse_run_toml
from loss_monitor.source.found import FoundFile

_NOTHING = RunDescription()
_ROW = "refused"
"""Row of the activity log that `Reading.tell_refused` uses: a mended file takes its place."""


class Descriptions:
    """The descriptions of one watched place; used by the reading thread only."""

    def __init__(self, reading: Reading) -> None:
        """Begin without any."""
        self._reading = reading
        self._found: dict[str, tuple[str | None, RunDescription]] = {}

    def take(self, found: FoundFile) -> None:
        """Read a file that is new or has changed."""
        change = self._reading.change(found.path, None, bytes_max=BYTES_MAX + 1)
        if self._reading.has_failed(found, change):
            return
        read = parse_run_toml(change.data)
        if read.refusals:
            count = len(read.refusals)
            self._reading.tell_refused(found.shown, read.refusals[0], count=count)
            if read == _NOTHING and found.path in self._found:
                # Half written, or a slip of the hand: what it said before stays.
                return
        else:
            label = f"label {read.label!r}, " if read.label else ""
            params = counted(len(read.params), "parameter", "parameters")
            self._reading.tell("info", "description", f"Read: {label}{params}", found.shown, _ROW)
        self._found[found.path] = (found.file_name.experiment, read)

    def lose(self, found: FoundFile) -> None:
        """Forget a file that is gone."""
        self._found.pop(found.path, None)

    def of(self, experiment: str) -> RunDescription:
        """Return what is said of the run of an experiment, or of the directory's run."""
        by_experiment = dict(self._found.values())
        return by_experiment.get(experiment or None) or by_experiment.get(None) or _NOTHING
