"""The command `demo`: a small training that writes what the real plugin writes.

Enters: a directory and how the training shall go. Leaves: an exit code, when the training
ends or is interrupted. The training itself is the room `loss_monitor.demo`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from loss_monitor.cli.serve import missing

INJECTIONS = ("none", "nan", "spike", "stall", "restart")
FORMATS = ("files", "job-log")


class Demo:
    """`loss-monitor demo DIR`."""

    name = "demo"
    summary = "train a small model and write its losses, for shows and tests"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument(
            "directory", metavar="DIR", type=Path, help="where to write; made if missing"
        )
        parser.add_argument(
            "--speed", type=_positive, default=1.0, help="timesteps a second, times this factor"
        )
        parser.add_argument(
            "--timesteps",
            type=_count,
            default=None,
            metavar="N",
            help="end after so many timesteps (default: never)",
        )
        parser.add_argument("--seed", type=int, default=0, help="of all random numbers")
        parser.add_argument(
            "--inject",
            choices=INJECTIONS,
            default=None,
            help="what goes wrong (default: a spike, a NaN and a restart from the second "
            "minute on)",
        )
        parser.add_argument("--format", choices=FORMATS, default="files", help="what is written")

    def run(self, options: argparse.Namespace) -> int:
        """Train until the end."""
        try:
            from loss_monitor import demo
        except ModuleNotFoundError as error:
            raise missing(error) from error
        return demo.run(options)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed is a number above 0")
    return value


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed is a whole number from 1")
    return value
