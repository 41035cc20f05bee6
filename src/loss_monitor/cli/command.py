"""What a command is: two methods, a name and a sentence."""

from __future__ import annotations

import argparse
from typing import Protocol


class Command(Protocol):
    """One word of `loss-monitor WORD`."""

    @property
    def name(self) -> str:
        """The word."""
        ...

    @property
    def summary(self) -> str:
        """What it does, in one sentence for the list of commands."""
        ...

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Do it; return the exit code. Raises `MonitorError` for what the user can mend."""
        ...
