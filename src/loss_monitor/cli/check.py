"""The command `check`: one reading, a verdict in plain words, an exit code.

Enters: a directory or a job log. Leaves: what the health rules find, and 0, 5 or 6. For a
job script: it needs no server, no page and no port. With `--watch` it goes on reading beside
the job, and ends as soon as the verdict is bad or the job log tells the end.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from loss_monitor.cli.options import add_label_options, add_source_options
from loss_monitor.cli.places import refuse_unmet_start, source_settings
from loss_monitor.cli.serve import missing
from loss_monitor.clock import SystemClock, iso_time
from loss_monitor.errors import EXIT_BAD, EXIT_NO_DATA, SettingError

if TYPE_CHECKING:
    from types import FrameType

    from loss_monitor.monitor import Monitor
    from loss_monitor.series.snapshot import Snapshot
    from loss_monitor.types import Alert

FAIL_ON = ("non-finite", "diverged", "weights-corrupted", "stalled")
"""Rules whose open alert is a bad verdict unless others are named."""
REFUSED_SHOWN = 5
"""Files and lines that were refused and are told."""
EVENT_FILE_RULES = frozenset({"mismatch-events"})
"""Rules for which event files are read."""


class Check:
    """`loss-monitor check SOURCE`."""

    name = "check"
    summary = "read once and say whether the training is healthy; for job scripts"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument("source", metavar="SOURCE", help="directory or job log (pattern)")
        parser.add_argument(
            "--fail-on",
            metavar="RULE,...",
            default=",".join(FAIL_ON),
            help=f"rules whose open alert gives exit code {EXIT_BAD} (default: %(default)s)",
        )
        parser.add_argument(
            "--ever",
            action="store_true",
            help="also alerts that have closed again: anything during the whole run",
        )
        parser.add_argument("--json", action="store_true", help="the verdict as JSON")
        parser.add_argument(
            "--watch",
            action="store_true",
            help="go on reading until the verdict is bad or the job log tells the end",
        )
        add_source_options(parser)
        add_label_options(parser)
        parser.add_argument("--config", metavar="FILE", help="file of NAME = literal")

    def run(self, options: argparse.Namespace) -> int:
        """Read and judge; 0 healthy, 5 not, 6 no losses were found."""
        # Before all else: the job may end while what there is is still being read.
        ended = _end_of_job() if options.watch else threading.Event()
        meant = source_settings(options, os.environ, [options.source])
        if len(meant) > 1:
            # One verdict over several would be that of the one that wrote last.
            raise SettingError(f"{options.source} means {len(meant)} runs; check each by itself")
        (settings,) = meant
        try:
            from loss_monitor.monitor import Monitor
        except ModuleNotFoundError as error:
            raise missing(error) from error
        fail_on = _checked_rules(options.fail_on)
        if not fail_on & EVENT_FILE_RULES:
            # The event files hold the losses once more, and take longest to read.
            settings = replace(settings, tensorboard_enabled=False)
        monitor = Monitor(settings, SystemClock(), lambda _snapshot: None)
        snapshot = monitor.look()
        if options.watch:  # The training whose start is asked for may be yet to come.
            snapshot = _watch(monitor, fail_on, ended, ever=options.ever)
        else:
            refuse_unmet_start(monitor)
        bad = bad_alerts(snapshot, fail_on, ever=options.ever)
        code = EXIT_BAD if bad else 0 if snapshot.run.n_values else EXIT_NO_DATA
        print(as_json(snapshot, bad, code) if options.json else in_words(snapshot, bad))
        return code


def _checked_rules(text: str) -> frozenset[str]:
    from loss_monitor.health.table import RULES

    known = {rule.name for rule in RULES}
    given = frozenset(word.strip() for word in text.split(",") if word.strip())
    for name in sorted(given - known):
        raise SettingError(f"--fail-on names {name!r}; allowed are {', '.join(sorted(known))}")
    return given


def _end_of_job() -> threading.Event:
    """Return what a first signal will set, for the verdict; a second one ends the process."""
    told = threading.Event()

    def tell(number: int, _frame: FrameType | None) -> None:
        told.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    return told


def _watch(
    monitor: Monitor, fail_on: frozenset[str], ended: threading.Event, *, ever: bool
) -> Snapshot:
    """Look until there is a bad alert, an end, or a signal; return the last snapshot."""
    snapshot = monitor.snapshot
    while not (bad_alerts(snapshot, fail_on, ever=ever) or snapshot.source.has_ended):
        if ended.wait(monitor.interval_s):
            break
        snapshot = monitor.look()
    return snapshot


def bad_alerts(snapshot: Snapshot, fail_on: frozenset[str], *, ever: bool) -> list[Alert]:
    """Return the alerts that make a bad verdict: open ones, with `ever` closed ones too."""
    return [
        alert
        for alert in snapshot.alerts
        if alert.rule in fail_on and (ever or alert.closed_s is None)
    ]


def in_words(snapshot: Snapshot, bad: Sequence[Alert]) -> str:
    """Return the verdict for people: what was read, what is the matter, and where."""
    run = snapshot.run
    if not run.n_values:
        source = snapshot.source
        place = ", ".join(source.job_logs) or source.directory
        if source.error:
            return f"{place} cannot be read: {source.error}"
        return f"No losses in {place}" if source.exists else f"{place} does not exist"
    last = run.label_of(run.n_timesteps - 1)
    from loss_monitor.activity import counted

    losses = counted(run.n_values, "loss", "losses")
    timesteps = counted(run.n_timesteps, "timestep", "timesteps")
    lines = [
        f"{run.label}: {losses} in {timesteps}, up to {last}",
        "Verdict: not healthy" if bad else "Verdict: healthy",
    ]
    others = [alert for alert in snapshot.alerts if alert not in bad and alert.level != "info"]
    return "\n".join([*lines, *map(_line, bad), *map(_line, others), *_refused(snapshot)])


def _refused(snapshot: Snapshot) -> list[str]:
    """Return what was not read, and so is not judged either."""
    found = [entry for entry in snapshot.activity if entry.kind == "refused"]
    lines = []
    for entry in found[:REFUSED_SHOWN]:
        line = f", line {entry.line}" if entry.line else ""
        where = f" ({entry.file}{line})" if entry.file else ""
        lines.append(f"  not judged: {entry.message}{where}")
    more = len(found) - len(lines)
    return [*lines, f"  not judged: {more} more"] if more else lines


def _line(alert: Alert) -> str:
    evidence = alert.evidence
    place = f" at {evidence.timestamp}" if evidence.timestamp else ""
    where = ""
    if evidence.file:
        where = f" ({evidence.file}" + (f", line {evidence.line}" if evidence.line else "") + ")"
    over = "" if alert.closed_s is None else ", over since " + iso_time(alert.closed_s)
    return f"  {alert.level} {alert.rule}{place}: {alert.message}{where}{over}"


def as_json(snapshot: Snapshot, bad: Sequence[Alert], code: int) -> str:
    """Return the verdict for scripts; NaN and infinity are null."""
    run = snapshot.run
    content = {
        "healthy": code == 0,
        "exit_code": code,
        "run": run.label,
        "params": dict(run.params),
        "timesteps": run.n_timesteps,
        "losses": run.n_values,
        "latest": run.label_of(run.n_timesteps - 1) if run.n_timesteps else None,
        "state": snapshot.source.state,
        "bad": [alert.id for alert in bad],
        "alerts": [_row(alert) for alert in snapshot.alerts],
    }
    return json.dumps(content, indent=1)


def _row(alert: Alert) -> dict[str, Any]:
    evidence = asdict(alert.evidence)
    values = [value if value - value == 0 else None for value in alert.evidence.values]
    return {
        "id": alert.id,
        "rule": alert.rule,
        "level": alert.level,
        "message": alert.message,
        "opened": iso_time(alert.opened_s),
        "closed": None if alert.closed_s is None else iso_time(alert.closed_s),
        "evidence": {**evidence, "values": values},
    }
