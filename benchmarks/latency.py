"""How soon a written loss reaches a connected page.

Enters: how often to write. Leaves: median and 95th percentile, in milliseconds, of the time
from the end of the write to the stream's event that holds the loss: for a line added to the
newest file, and for a new file. Budget: 200 ms on a local disk.

    python benchmarks/latency.py --times 50
"""

from __future__ import annotations

import argparse
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from served import Served

PAUSE_S = 1.1
START = datetime(1979, 1, 1)  # noqa: DTZ001 - model time has no zone


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


def main() -> None:
    """Write now and then, print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        number = 1
        path = log(directory, number)
        path.write_text("0.5\n")
        with Served(directory) as served:
            page = Page(served)
            page.when("open")
            waits = []
            for count in range(options.times):
                time.sleep(PAUSE_S)
                waits.append(add(page, path, float(count + 1) + 1 / 8))
            tell("a line added to the newest file", waits)
            waits = []
            for count in range(options.times):
                time.sleep(PAUSE_S)
                number += 1
                waits.append(add(page, log(directory, number), float(count + 1) + 1 / 16))
            tell("a new file", waits)


def log(directory: Path, number: int) -> Path:
    """Return the path of a timestep's file."""
    return directory / f"log_{START + number * timedelta(minutes=15):%Y-%m-%d %H:%M:%S}.txt"


def add(page: Page, path: Path, loss: float) -> float:
    """Add a loss to a file; return the seconds until the page has it."""
    with path.open("a") as file:
        file.write(f"{loss!r}\n")
    written_s = time.monotonic()
    return page.when(repr(loss)) - written_s


def tell(what: str, waits_s: list[float]) -> None:
    """Print median and 95th percentile."""
    ordered = sorted(waits_s)
    median, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
    print(
        f"{what}: median {median * 1e3:.0f} ms, 95 % {high * 1e3:.0f} ms, "
        f"worst {ordered[-1] * 1e3:.0f} ms of {len(ordered)}",
        flush=True,
    )


if __name__ == "__main__":
    main()
