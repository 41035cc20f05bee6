"""How long the interface's answers take at ten million losses, over HTTP, while data flow.

Enters: numbers of loss files, of losses in each, of timesteps in an event file beside them.
Leaves: of each route the median and 95th percentile in milliseconds from the request to the
answer's last byte. A training goes on meanwhile, a page is connected, and each answer is
asked for once a version, so that none is kept from the time before. Then what answers of
more than 2,000 points cost: others' waiting while they are sent, and memory.

    python benchmarks/answers.py --files 10000 --losses 1000
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from command import command
from data_loss_files import label_of, loss, moment_of
from event_file import event_file
from loss_files import loss_files
from place import Place
from results import Detail, Figure, Result
from served import Served, percentile
from training import repeated
from turns import tell

from loss_monitor.writer import EventWriter, LossWriter, histogram_of

WRITE_EVERY_S = 0.5
TAG = quote("Loss/batch", safe="")
HISTOGRAM = quote("Gradients/layers.0.weight", safe="")


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    files: int = 10_000
    losses: int = 1_000
    timesteps: int = 500
    """Of the event file: 1,000 batches and 20 histograms each."""
    rounds: int = 60
    """Times that each route is asked, each time of another version."""
    large_rounds: int = 5


QUICK = Sizes(files=300, losses=100, timesteps=4, rounds=3, large_rounds=1)


def small_answers(sizes: Sizes) -> dict[str, str]:
    """Return the paths of answers of at most 2,000 points, by what they are."""
    total = sizes.files * sizes.losses
    middle = label_of(sizes.files // 2)
    narrow = f"start={total // 3}&stop={total // 3 + 255_000}"
    wide = f"start={total // 3}&stop={total // 3 + 1_000_000}"
    return {
        "health": "health",
        "status": "status",
        "current": "loss/current",
        "history, 1,000": "loss/history?limit=1000",
        "statistics": "loss/statistics",
        "statistics, newest 100": "loss/statistics?last=100",
        "statistics, newest half": f"loss/statistics?last={sizes.files // 2}",
        "one timestep": f"loss/by_timestep/{quote(middle)}",
        "range, all": "loss/range",
        "range, 255,000 batches": f"loss/range?{narrow}",
        "range, 1,000,000 batches": f"loss/range?{wide}",
        "range, timesteps": "loss/range?x=timestep",
        "range, model time": "loss/range?x=model_time",
        "range, wall time": "loss/range?x=wall_time",
        "range, smoothed": "loss/range?smoothing=0.9",
        "range, 255,000 batches smoothed": f"loss/range?smoothing=0.9&{narrow}",
        "online, 500 timesteps": "loss/online?points=500",
        "distribution": "loss/distribution",
        "distribution, log": "loss/distribution?scale=log",
        "distribution, 1,000 bins of the newest half": (
            f"loss/distribution?bins=1000&last={total // 2}"
        ),
        "tags": "tensorboard/tags",
        "scalars in 2,000 buckets": f"tensorboard/scalars?tag={TAG}&points=2000",
        "scalars in 2,000 buckets, smoothed": (
            f"tensorboard/scalars?tag={TAG}&points=2000&smoothing=0.9"
        ),
        "comparison": "compare?points=1000",
        "scalars, 2,000 steps": f"tensorboard/scalars?tag={TAG}&start=2000&stop=4000",
        "histograms, newest 50": f"tensorboard/histograms?tag={HISTOGRAM}&last=50",
        "runs": "runs",
        "activity": "activity",
        "summary": "summary.txt",
    }


LARGE_ANSWERS = {
    "labels of all timesteps": "loss/timesteps",
    "range in 100,000 buckets": "loss/range?points=100000",
    "all scalars of a tag": f"tensorboard/scalars?tag={TAG}",
    "all histograms of a tag": f"tensorboard/histograms?tag={HISTOGRAM}",
    "export of all timesteps": "export?what=timesteps",
    "export of 1,000,000 batches": "export?stop=1000000",
    "report": "report.html",
}


class Client:
    """One connection that is kept, as a script's session has it."""

    def __init__(self, served: Served) -> None:
        """Connect at the first request."""
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)

    def seconds(self, path: str) -> float:
        """Return how long the answer to `api/PATH` takes to its last byte."""
        asked_s = time.monotonic()
        self._connection.request("GET", f"/api/{path}", headers={"accept-encoding": "identity"})
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} was answered with {answer.status}")
        return time.monotonic() - asked_s


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Measure small answers while data flow, then large ones."""
    files = loss_files(place, sizes.files, sizes.losses)
    events = event_file(place, sizes.timesteps, 1_000)
    with place.links(files, events) as directory, Served(directory) as served:
        status = served.wait_until_read()
        if status["total_batches"] < sizes.files * sizes.losses:
            raise SystemExit(f"{status['total_batches']} losses were read")
        with written(directory, sizes), connected(served):
            yield from small(served, sizes)
            yield from large(served, sizes)


def small(served: Served, sizes: Sizes) -> Iterator[Result]:
    """Ask each small answer once a version."""
    client = Client(served)
    waits: dict[str, list[float]] = {what: [] for what in small_answers(sizes)}
    version = ""
    for _ in range(sizes.rounds):
        version = next_version(served, version)
        for what, path in small_answers(sizes).items():
            waits[what].append(client.seconds(path))
    highs = {what: percentile(seconds, 95) for what, seconds in waits.items()}
    slowest = max(highs, key=lambda what: highs[what])
    note = f"the slowest of {len(waits)} routes: {slowest}; {sizes.rounds} requests each"
    yield Figure("answers.flowing", highs[slowest] * 1e3, note)
    work = f"answers at {sizes.files * sizes.losses:,} losses, data flow"
    for what, seconds in waits.items():
        yield Detail(work, what, percentile(seconds, 50) * 1e3, "ms", highs[what] * 1e3)


def next_version(served: Served, version: str) -> str:
    """Return the version that follows `version`."""
    changed = served.wait_for("/api/status", lambda status: status["version"] != version, 0.01)
    return str(changed["version"])


def large(served: Served, sizes: Sizes) -> Iterator[Result]:
    """Ask large answers, and a small one all the while by another connection."""
    client = Client(served)
    work = f"answers of more than 2,000 points at {sizes.files * sizes.losses:,} losses"
    for what, path in LARGE_ANSWERS.items():
        before_mb = served.memory_mb()
        with waiting(served) as waits:
            took = [client.seconds(path) for _ in range(sizes.large_rounds)]
        tell(f"{what}: {percentile(took, 50):.3f} s")
        yield Detail(work, what, percentile(took, 50) * 1e3, "ms")
        yield Detail(work, f"{what}, others meanwhile, 95 %", percentile(waits, 95) * 1e3, "ms")
        yield Detail(work, f"{what}, more memory after", served.memory_mb() - before_mb, "MB")


@contextmanager
def waiting(served: Served) -> Iterator[list[float]]:
    """Ask for the current loss over and over; the list fills with how long it took."""
    waits: list[float] = []
    client = Client(served)

    def ask() -> None:
        waits.append(client.seconds("loss/current"))

    with repeated(ask, 0.005):
        yield waits
    if not waits:
        ask()


@contextmanager
def connected(served: Served) -> Iterator[None]:
    """Be a page: take the stream's events, so that they are worked out."""
    stopped = threading.Event()

    def follow() -> None:
        while not stopped.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
            connection.request("GET", "/api/stream")
            answer = connection.getresponse()
            while not stopped.is_set() and answer.readline():
                pass
            connection.close()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


@contextmanager
def written(directory: Path, sizes: Sizes) -> Iterator[None]:
    """Let the training go on: twice a second a timestep, its scalars and histograms."""
    losses = LossWriter(directory, formats=["log"])
    (folder,) = (directory / "runs").iterdir()
    events = EventWriter(folder)
    chance = random.Random(3)
    shape = histogram_of([chance.gauss(0, 0.05) for _ in range(1000)])
    number = sizes.files

    def write() -> None:
        nonlocal number
        values = [loss(chance) for _ in range(sizes.losses)]
        losses.timestep(moment_of(number), values)
        step = sizes.timesteps * 1000 + (number - sizes.files) * sizes.losses
        for at, value in enumerate(values):
            events.scalar("Loss/batch", value, step + at)
        events.histogram("Gradients/layers.0.weight", shape, step)
        events.flush()
        number += 1

    with repeated(write, WRITE_EVERY_S):
        yield
    events.close()
    if losses.failures or events.failures:
        raise SystemExit(f"writing failed: {losses.failures or events.failures}")


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
