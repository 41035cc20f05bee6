"""What all tests share: how property tests run, and a monitor that serves a directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import settings

from loss_monitor.parse import cores
from waiting import DEADLINE_S, wait_for

# A busy machine makes single examples slow, which says nothing about the code; every test
# has a time limit of its own.
settings.register_profile("loss-monitor", deadline=None)
settings.load_profile("loss-monitor")


class Served:
    """`loss-monitor serve` over a directory, asked over HTTP as a page would."""

    def __init__(
        self, place: Path, state: Path, *options: str, environ: Mapping[str, str] | None = None
    ) -> None:
        """Start serving `place`; tokens and the port file lie in `state`."""
        self.directory = place
        port_file = state / "port"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("LOSS_MONITOR_") or name == "LOSS_MONITOR_CORE"
        }
        environ = {**inherited, **(environ or {}), "XDG_STATE_HOME": str(state)}
        words = ["serve", str(place), "--port", "0", "--port-file", str(port_file), *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loss_monitor", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environ,
        )
        self.wait_for(port_file.exists, "it listens")
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port_file.read_text().strip()}",
            timeout=DEADLINE_S,
            trust_env=False,
        )

    def wait_for(self, holds: Callable[[], bool], what: str = "it holds") -> None:
        """Poll until `holds`; fail after the deadline."""

        def there() -> bool:
            assert self.process.poll() is None, "the monitor ended"
            return holds()

        wait_for(there, what)

    def get(self, path: str, **query: object) -> Any:
        """Return the JSON of an answer, of an error too."""
        return self._answer(path, query).json()

    def text(self, path: str, **query: object) -> str:
        """Return an answer as text."""
        return self._answer(path, query).text

    def _answer(self, path: str, query: Mapping[str, Any]) -> httpx.Response:
        """Ask, again while it has not looked yet (503)."""

        def answered() -> httpx.Response | None:
            answer = self._client.get(path, params=query)
            return None if answer.status_code == 503 else answer

        told: httpx.Response = wait_for(answered, "it has looked")
        return told

    def losses(self, label: str) -> list[float | None]:
        """Return the losses of a timestep, [] where there is none."""
        return self.get(f"/api/loss/by_timestep/{label}").get("losses", [])

    def wait_for_losses(self, label: str, losses: list[float | None]) -> None:
        """Wait until a timestep holds just these losses."""
        self.wait_for(lambda: self.losses(label) == losses, f"{label} holds {losses[:9]}")

    def scalars(self, tb_run: str, tag: str = "Loss/batch") -> list[float | None]:
        """Return the points of a tag of an event file's run, [] where there is none."""
        answer = self.get("/api/tensorboard/scalars", tag=tag, tb_run=tb_run, attempts="all")
        return answer.get("values", [])

    def entries(self, file: str) -> list[dict[str, Any]]:
        """Return the rows of the activity log about a file, by its name, oldest first."""
        rows = self.get("/api/activity")["entries"]
        return [row for row in rows if file in (row["file"], (row["file"] or "").split("/")[-1])]

    def end(self) -> None:
        """End it as an owner would."""
        self._client.close()
        self.process.terminate()
        self.process.wait(DEADLINE_S)


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Start monitors over places; they end with the session, or earlier by `end`."""
    started: list[Served] = []

    def start(place: Path, *options: str, environ: Mapping[str, str] | None = None) -> Served:
        served = Served(place, tmp_path_factory.mktemp("state"), *options, environ=environ)
        started.append(served)
        return served

    yield start
    for served in started:
        served.end()


@pytest.fixture(params=["native", "python"], scope="module")
def core(request: pytest.FixtureRequest) -> Iterator[cores.Core]:
    """Run a test with the compiled core and once more with its Python twins.

    A module asks for it by `pytestmark = pytest.mark.usefixtures("core")`.
    """
    core = cores.NATIVE if request.param == "native" else cores.PYTHON
    if core is None:
        pytest.skip("the compiled core was not built, or is not wanted")
    before = cores.chosen
    cores.chosen = core
    yield core
    cores.chosen = before
