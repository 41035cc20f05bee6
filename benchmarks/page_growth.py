"""A tab that is left open for ten thousand updates: what it and the server grow by.

Enters: a number of updates. Leaves: memory of the page's scripts after a collection of
garbage, elements and listeners, and the server's memory, before and after. The monitor looks
more often than usual, so that a training of hours goes by in two minutes.

    python benchmarks/page_growth.py --updates 10000
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from browser import Tab, browser, without_chromium
from command import command
from place import Place
from results import Detail, Figure, Result
from served import Served
from training import Training
from turns import tell

LOSSES = 100
UPDATES_A_TIMESTEP = 500
"""So few timesteps are added that what grows is not the data."""
COUNT_UPDATES = """
globalThis.updates = 0;
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (type, listener) {
  listen.call(this, type, (event) => {
    updates += type === "update";
    listener.call(this, event);
  });
};
"""


@dataclass(frozen=True)
class Sizes:
    """How much."""

    settled: int = 4_000
    """Updates before the first measurement: what is kept fills up, code is compiled."""
    updates: int = 10_000


QUICK = Sizes(settled=20, updates=100)


@dataclass(frozen=True)
class Memory:
    """What page and server hold."""

    heap_mb: float
    nodes: float
    listeners: float
    server_mb: float


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Let a training write as fast as updates come."""
    if missing := list(without_chromium("page.growth", "stream.growth")):
        yield from missing
        return
    with (
        place.links() as directory,
        Served(directory, script="hurried.py") as served,
        browser() as open_tab,
    ):
        training = Training(directory, 0, LOSSES)
        training.add()
        tab = open_tab()
        tab.page.add_init_script(COUNT_UPDATES)
        tab.page.goto(f"http://127.0.0.1:{served.port}/")
        tab.wait_for_charts()
        until(tab, training, sizes.settled)
        before = held(tab, served)
        begun_s = time.monotonic()
        until(tab, training, sizes.settled + sizes.updates)
        seconds = time.monotonic() - begun_s
        after = held(tab, served)
    work = f"{sizes.updates:,} updates of an open tab"
    note = f"scripts' memory {before.heap_mb:.1f} MB before, {after.heap_mb:.1f} MB after"
    yield Figure("page.growth", after.heap_mb - before.heap_mb, note)
    note = f"{before.server_mb:.1f} MB before, {after.server_mb:.1f} MB after"
    yield Figure("stream.growth", after.server_mb - before.server_mb, note)
    yield Detail(work, "updates a second", sizes.updates / seconds, "")
    yield Detail(work, "more elements and texts", after.nodes - before.nodes, "")
    yield Detail(work, "more listeners", after.listeners - before.listeners, "")


def until(tab: Tab, training: Training, updates: int) -> None:
    """Write on until the page has had so many updates."""
    told = 0
    while (had := int(tab.page.evaluate("updates"))) < updates:
        if had // 1000 > told // 1000:
            tell(f"{had:,} updates")
        if had // UPDATES_A_TIMESTEP > told // UPDATES_A_TIMESTEP:
            training.add()
        told = had
        for _ in range(20):
            training.rewrite()
            time.sleep(0.005)


def held(tab: Tab, served: Served) -> Memory:
    """Return what page and server hold now."""
    heap_mb = tab.heap_mb()
    metrics = tab.metrics()
    return Memory(heap_mb, metrics["Nodes"], metrics["JSEventListeners"], served.memory_mb())


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
