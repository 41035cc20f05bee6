"""The command `status`: whether a monitor runs on this node, and what is installed.

Enters: the record in the state directory, the monitor's own answers. Leaves: an exit code:
0 it runs, 1 it runs and does not answer, 3 it does not run. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from pathlib import Path

from loss_monitor import __version__
from loss_monitor.cli.ask import ask
from loss_monitor.cli.installed import parts
from loss_monitor.cli.instance import (
    Instance,
    forget_instance,
    instances_elsewhere,
    read_instance,
)
from loss_monitor.cli.process import is_running
from loss_monitor.cli.told import last_lines, print_row, print_where, token_of
from loss_monitor.errors import EXIT_FAILURE, EXIT_NOT_RUNNING
from loss_monitor.settings import config_path_of, host_dir, host_name, load_settings

LOG_LINES_SHOWN = 5


class Status:
    """`loss-monitor status`."""

    name = "status"
    summary = "tell where the monitor of this node is, what it read and what is installed"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options: none."""

    def run(self, options: argparse.Namespace) -> int:  # noqa: ARG002 - the protocol's
        """Tell it."""
        instance = read_instance(os.environ)
        if instance is not None and not instance.runs and not _trains(instance):
            print(f"The monitor of PID {instance.pid} ended unasked; its record is cleaned up")
            forget_instance(os.environ)
            code = _tell_none(Path(instance.log_file))
        elif instance is not None:
            code = _tell(instance)
        else:
            settings = load_settings({}, os.environ, config_path_of(None, os.environ))
            code = _tell_none(settings.log_file)
        for other in instances_elsewhere(os.environ):
            since = time.strftime("%Y-%m-%d %H:%M", time.localtime(other.started_at))
            print(f"On {other.node} one was started at {since} (PID {other.pid}): {other.url}")
        _tell_installation()
        return code


def _trains(instance: Instance) -> bool:
    """Tell whether the demo's trainer outlived its monitor: `stop` then still has work."""
    return is_running(instance.demo_pid, instance.demo_mark)


def _tell(instance: Instance) -> int:
    uptime = duration(time.time() - instance.started_at)
    state = "is running" if instance.runs else "has ended"
    print(
        f"ICON ML Training Loss Monitor {instance.version} {state} on {instance.node} "
        f"(PID {instance.pid}, up {uptime})"
    )
    print_where(instance)
    if instance.demo_pid:
        state = "is running" if _trains(instance) else "has ended"
        print_row("Demo", f"training {state} (PID {instance.demo_pid})")
    place = instance.address
    answer = ask(place, "/api/status", token=token_of(os.environ)) if instance.url else None
    healthy = answer or (instance.url and ask(place, "/api/health"))
    if answer is not None:
        _tell_read(answer)
    else:
        print_row("Answers", "health only" if healthy else "no; the log tells why")
    _tell_log(Path(instance.log_file))
    return 0 if healthy else EXIT_FAILURE


def _tell_read(answer: Mapping[str, object]) -> None:
    asked = answer.get("io")
    io = asked if isinstance(asked, dict) else {}
    print_row(
        "Read",
        f"{answer.get('total_batches')} values in {answer.get('total_timesteps')} timesteps; "
        f"files opened {io.get('opens')}, bytes read {io.get('bytes_read')}",
    )
    print_row("Run", run_text(answer))
    print_row("Data from", str(answer.get("last_update") or "none yet"))
    print_row("Training", str(answer.get("state_text") or answer.get("state")))
    if answer.get("finishes"):
        print_row("Finishes", f"{answer['finishes']}, at model time {answer.get('model_end')}")
    job = answer.get("job")
    if isinstance(job, dict):
        print_row("Job", job_text(job))
    print_row("Incidents", str(answer.get("incidents")))
    print_row("Core", str(answer.get("core")))


def run_text(answer: Mapping[str, object]) -> str:
    """Return label and parameters of the run in one line."""
    params = answer.get("params")
    pairs = params.items() if isinstance(params, dict) else ()
    given = ", ".join(f"{name}={value}" for name, value in pairs)
    return str(answer.get("label", "")) + (f" ({given})" if given else "")


def job_text(job: Mapping[str, object]) -> str:
    """Return what is known of the job, in the order in which one asks."""
    parts = [str(job.get("id"))]
    if job.get("state") is None:
        return f"{parts[0]}, of which Slurm tells nothing"
    parts.append(str(job["state"]) + (f" on {job['node']}" if job.get("node") else ""))
    used, limit = job.get("used_s"), job.get("limit_s")
    if isinstance(used, (int, float)) and isinstance(limit, (int, float)):
        parts.append(f"{duration(used)} of {duration(limit)} used")
    if job.get("model_time_at_limit"):
        parts.append(f"model time {job['model_time_at_limit']} at the limit")
    return ", ".join(parts)


def _tell_none(log_file: Path | None) -> int:
    print(f"ICON ML Training Loss Monitor {__version__}: none is running on {host_name()}")
    print_row("State", str(host_dir(os.environ)))
    if log_file is not None:
        print_row("Log file", str(log_file) + ("" if log_file.exists() else " (not there yet)"))
        _tell_log(log_file)
    return EXIT_NOT_RUNNING


def _tell_log(log_file: Path) -> None:
    for line in last_lines(log_file, LOG_LINES_SHOWN):
        print(f"    {line}")


def _tell_installation() -> None:
    print("Installation")
    for part in parts():
        print_row(part.name, part.found or f"missing: {part.remedy}")


def duration(seconds: float) -> str:
    """Return a time span in its two largest units.

    >>> duration(3725)
    '1 h 2 min'
    """
    left = max(0, int(seconds))
    days, left = divmod(left, 86400)
    hours, left = divmod(left, 3600)
    minutes, left = divmod(left, 60)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s"))
    first = next((index for index, (count, _) in enumerate(units) if count), len(units) - 1)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2])
