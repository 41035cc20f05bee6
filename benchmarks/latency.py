"""How soon a written loss reaches a connected page.

Enters: how often to write. Leaves: median and 95th percentile, in milliseconds, of the time
from the end of the write to the stream's event that holds the loss: for a line added to the
newest file, and for a new file. Budget: 200 ms on a local disk.

    python benchmarks/latency.py --times 30
"""

from __future__ import annotations

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command import command
from data_loss_files import path_of
from place import Place
from results import Figure, Result
from served import Served, percentile

PAUSE_S = 1.1


@dataclass(frozen=True)
class Sizes:
    """How often."""

    times: int = 30


QUICK = Sizes(times=2)


class Page:
    """A reader of the stream, which comes again when its stream ends."""

    def __init__(self, served: Served) -> None:
        """Read in a thread."""
        self._served = served
        self._seen: dict[str, float] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def when(self, sign: str, deadline_s: float = 20.0) -> float:
        """Return the monotonic time at which an event with `sign` came."""
        with self._changed:
            if not self._changed.wait_for(lambda: sign in self._seen, deadline_s):
                raise SystemExit(f"no event with {sign} came")
            return self._seen[sign]

    def _read(self) -> None:
        while True:
            try:
                for data in self._events():
                    arrived_s = time.monotonic()
                    with self._changed:
                        for sign in signs_of(data):
                            self._seen.setdefault(sign, arrived_s)
                        self._changed.notify_all()
            except (OSError, http.client.HTTPException):  # noqa: PERF203
                time.sleep(0.1)

    def _events(self) -> Iterator[dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._served.port, timeout=30)
        connection.request("GET", "/api/stream")
        answer = connection.getresponse()
        while line := answer.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def signs_of(data: dict[str, Any]) -> Iterator[str]:
    """Yield what an event tells as new: each of the run's recent losses, and `open`."""
    yield "open"
    recent = data.get("recent") or data.get("recent_splice", {}).get("append") or []
    for loss in recent:
        yield repr(loss)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Write now and then; tell how long it took."""
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        directory = Path(folder)
        number = 1
        path = path_of(directory, number)
        path.write_text("0.5\n")
        with Served(directory) as served:
            page = Page(served)
            page.when("open")
            waits_s = []
            for count in range(sizes.times):
                time.sleep(PAUSE_S)
                waits_s.append(add(page, path, float(count + 1) + 1 / 8))
            yield figure("latency.added", waits_s)
            waits_s = []
            for count in range(sizes.times):
                time.sleep(PAUSE_S)
                number += 1
                waits_s.append(add(page, path_of(directory, number), float(count + 1) + 1 / 16))
            yield figure("latency.new", waits_s)


def add(page: Page, path: Path, loss: float) -> float:
    """Add a loss to a file; return the seconds until the page has it."""
    with path.open("a") as file:
        file.write(f"{loss!r}\n")
    written_s = time.monotonic()
    return page.when(repr(loss)) - written_s


def figure(key: str, waits_s: list[float]) -> Figure:
    """Return the 95th percentile in milliseconds; median and worst are told beside it."""
    median, high, worst = (percentile(waits_s, percent) * 1e3 for percent in (50, 95, 100))
    note = f"median {median:.0f} ms, worst {worst:.0f} ms of {len(waits_s)}"
    return Figure(key, high, note)


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
