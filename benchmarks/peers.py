"""The peers: other programs that do such work, in an environment of their own.

Enters: `peers.txt`, with exact versions. Leaves: an environment `.venv-peers` in the
checkout, made once, and costs of the peers. A peer that does not install is told as missing
and stops nothing.

    python benchmarks/peers.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from turns import MissingError, Spent, script

HERE = Path(__file__).parent
FOLDER = HERE.parent / ".venv-peers"
WANTED = HERE / "peers.txt"
_INSTALLS_S = 600.0


class Peers:
    """The environment of the peers; it is made when the first one is asked for."""

    def __init__(self, folder: Path = FOLDER, wanted: Path = WANTED) -> None:
        """Use the environment in `folder`, which need not exist."""
        self._folder = folder
        self._wanted = wanted
        self._told = folder / "installed.json"

    def make(self, *, again: bool = False) -> dict[str, str]:
        """Install what is missing; return why, for each peer that could not be had.

        What could not be had before is tried only `again`.
        """
        wanted = self._lines()
        told = json.loads(self._told.read_text()) if self._told.exists() else {}
        if told.get("wanted") == wanted and not (again and told["missing"]):
            return dict(told["missing"])
        print(f"installing the peers into {self._folder}", file=sys.stderr, flush=True)
        missing = self._install(wanted)
        if self._folder.exists():
            self._told.write_text(json.dumps({"wanted": wanted, "missing": missing}))
        return missing

    def versions(self) -> list[str]:
        """Return the pinned peers that are installed."""
        missing = self.make()
        return [line for line in self._lines() if line.partition("==")[0] not in missing]

    def _lines(self) -> list[str]:
        lines = self._wanted.read_text().splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    def file(self, package: str, path: str) -> Path:
        """Return the path of a file of an installed package. Raises `MissingError`."""
        self._ask_for(package)
        found = sorted(self._folder.glob(f"lib/python3*/site-packages/{path}"))
        if not found:
            raise MissingError(f"{package} has no {path} here")
        return found[0]

    def run(self, package: str, name: str, *arguments: str | Path) -> Spent:
        """Run a script beside this one with the peers' Python; it prints what it took.

        Raises `MissingError` where the package is not installed or the script fails.
        """
        self._ask_for(package)
        return script(self._folder / "bin" / "python", name, *arguments)

    def _ask_for(self, package: str) -> None:
        missing = self.make()
        if package in missing:
            raise MissingError(f"{package} does not install: {missing[package]}")

    def _install(self, wanted: list[str]) -> dict[str, str]:
        """Install all at once; where that fails one by one, so that only some are missing."""
        words = [sys.executable, "-m", "venv", "--clear", str(self._folder)]
        made = subprocess.run(words, check=False, capture_output=True, text=True)
        if made.returncode != 0:
            return {line.partition("==")[0]: "no environment can be made" for line in wanted}
        if self._pip(wanted) is None:
            return {}
        told = {line.partition("==")[0]: self._pip([line]) for line in wanted}
        return {name: trouble for name, trouble in told.items() if trouble is not None}

    def _pip(self, wanted: list[str]) -> str | None:
        """Install some; return pip's last word where that fails."""
        options = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "10"]
        python = self._folder / "bin" / "python"
        try:
            ran = subprocess.run(
                [python, "-m", "pip", "install", *options, *wanted],
                check=False,
                capture_output=True,
                text=True,
                timeout=_INSTALLS_S,
            )
        except subprocess.TimeoutExpired:
            return f"pip takes longer than {_INSTALLS_S:.0f} s"
        if ran.returncode == 0:
            return None
        errors = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
        return (errors or ["pip fails"])[-1].removeprefix("ERROR: ")


PEERS = Peers()


if __name__ == "__main__":
    for name, why in PEERS.make().items():
        print(f"{name}: {why}")
