"""The command `token`: tells where the token is, or puts another one in its place.

Enters: the state directory. Leaves: an exit code. Standard library only.
"""

from __future__ import annotations

import argparse
import os

from loss_monitor.cli.told import print_row
from loss_monitor.settings.places import state_dir
from loss_monitor.settings.token_file import TOKEN_FILE, load_token, rotate_token


class TokenCommand:
    """`loss-monitor token`."""

    name = "token"
    summary = "tell the token that lets others in, or put another one in its place"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument(
            "--rotate",
            action="store_true",
            help="make a new token: the old one and all cookies are worth nothing from then on",
        )

    def run(self, options: argparse.Namespace) -> int:
        """Tell it; monitors that run take a new one within a second."""
        folder = state_dir(os.environ)
        token = rotate_token(folder) if options.rotate else load_token(folder)
        print_row("Token", token.current())
        print_row("File", str(folder / TOKEN_FILE))
        if options.rotate:
            print("The old token and all cookies made of it are worth nothing any more")
        return 0
