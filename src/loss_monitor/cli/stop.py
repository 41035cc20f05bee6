"""The command `stop`: ends the monitor that `start` started on this node.

Enters: the record in the state directory. Leaves: an exit code. Standard library only.
"""

from __future__ import annotations

import argparse
import os

from loss_monitor.cli.instance import (
    Instance,
    forget_instance,
    instances_elsewhere,
    read_instance,
)
from loss_monitor.cli.process import end_processes
from loss_monitor.errors import EXIT_FAILURE, EXIT_NOT_RUNNING
from loss_monitor.settings.places import host_name

GRACE_S = 10.0
"""Seconds that a monitor may take to end by itself, as in the original system."""


class Stop:
    """`loss-monitor stop`."""

    name = "stop"
    summary = "stop the monitor of this node, and the demo's training with it"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options: none."""

    def run(self, options: argparse.Namespace) -> int:  # noqa: ARG002 - the protocol's
        """Stop it; 0 if nothing runs on this node afterwards, 3 if it runs on another one."""
        instance = read_instance(os.environ)
        if instance is None:
            return _nothing_here()
        left = [one for one in instance.processes if one[0]]
        ran = instance.runs
        try:
            forced = end_processes(left, GRACE_S)
        except PermissionError:
            print(f"PID {instance.pid} on {instance.node} is not yours to stop")
            return EXIT_FAILURE
        forget_instance(os.environ)
        _tell(instance, ran=ran, forced=forced)
        return 0


def _tell(instance: Instance, *, ran: bool, forced: list[int]) -> None:
    if not ran:
        print(
            f"The monitor of {instance.node} (PID {instance.pid}) had already ended; "
            "what it left behind is cleaned up"
        )
    else:
        print(f"Stopped the monitor of {instance.node} (PID {instance.pid})")
    if instance.demo_pid:
        print(f"Stopped the demo's training (PID {instance.demo_pid}); its data stay")
    for pid in forced:
        print(f"PID {pid} did not end within {GRACE_S:.0f} s and was forced to")


def _nothing_here() -> int:
    elsewhere = instances_elsewhere(os.environ)
    if not elsewhere:
        print(f"No monitor is running on {host_name()}")
        return 0
    for instance in elsewhere:
        print(
            f"No monitor is running on {host_name()}; one was started on {instance.node} "
            f"(PID {instance.pid}, {instance.url}). Stop it there."
        )
    return EXIT_NOT_RUNNING
