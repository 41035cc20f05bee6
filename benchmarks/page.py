"""The page in Chromium, ten million losses behind it: weight, first charts, updates, gestures.

Enters: numbers of loss files and of losses in each; a training goes on meanwhile. Leaves:
what a first load sends, milliseconds to the first charts, script of an update, frames while
the history is panned and zoomed, and milliseconds from the write of a file to changed pixels.

    python benchmarks/page.py --files 10000 --losses 1000
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from browser import Tab, browser, without_chromium
from command import command
from loss_files import loss_files
from place import Place
from playwright.sync_api import Route
from results import Detail, Figure, Result
from served import Served, percentile
from training import Training

KEYS = tuple(f"page.{name}" for name in ("foreign", "weight", "first", "update", "pixels", "frame"))
LOSSES = 200
"""Losses of each timestep that is added."""
PAUSE_S = 1.1
PAN_AND_ZOOM = """async (frames) => {
  const over = document.querySelector("#panel-history .u-over");
  const box = over.getBoundingClientRect();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  const turn = (deltaX, deltaY) => over.dispatchEvent(
    new WheelEvent("wheel", { ...at, deltaX, deltaY, bubbles: true, cancelable: true }));
  const times = [];
  for (let i = 0; i < frames; i += 1) {
    times.push(await new Promise(requestAnimationFrame));
    const there = i % 40 < 20 ? 1 : -1;
    if (i < frames / 2) turn(there * 20, 0); else turn(0, there * 20);
  }
  return times.slice(1).map((time, i) => time - times[i]);
}"""
"""Turns the wheel once a frame, sideways and then up and down; gives the frames' lengths."""


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    files: int = 10_000
    losses: int = 1_000
    loads: int = 5
    updates: int = 10
    frames: int = 240
    writes: int = 20


QUICK = Sizes(files=300, losses=100, loads=1, updates=2, frames=40, writes=2)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Open the page some times, then watch the last one while data come and the user turns."""
    if missing := list(without_chromium(*KEYS)):
        yield from missing
        return
    with ExitStack() as stack:
        files = loss_files(place, sizes.files, sizes.losses)
        directory = stack.enter_context(place.links(files))
        served = stack.enter_context(Served(directory))
        open_tab = stack.enter_context(browser())
        served.wait_until_read()
        url = f"http://127.0.0.1:{served.port}/"
        tab = open_tab()
        tab.page.goto(url)
        drawn_ms = [tab.wait_for_charts()]
        yield from weight(tab, url)
        for _ in range(sizes.loads - 1):
            tab.page.context.close()
            tab = open_tab()
            tab.page.goto(url)
            drawn_ms.append(tab.wait_for_charts())
        first_ms, rest_ms = zip(*drawn_ms, strict=True)
        note = f"median of {len(first_ms)} first loads, worst {max(first_ms):.0f} ms"
        yield Figure("page.first", statistics.median(first_ms), note)
        work = f"first load, {sizes.files * sizes.losses:,} losses"
        yield Detail(work, "until the charts rest", statistics.median(rest_ms), "ms")
        training = Training(directory, sizes.files, LOSSES)
        training.add()
        # Files as old as these are looked at rarely until the first change.
        served.wait_for("/api/status", lambda told: told["total_timesteps"] > sizes.files)
        yield update(tab, training, sizes.updates)
        yield pixels(tab, training, sizes.writes)
        yield from frames(
            tab, f"{url}#zoom={sizes.files // 10},{sizes.files * 9 // 10}", sizes.frames
        )


def weight(tab: Tab, url: str) -> Iterator[Result]:
    """Yield what the first load took over the network."""
    host = url.split("/")[2]
    others = sorted({other for other in tab.hosts if other != host})
    yield Figure("page.foreign", sum(other != host for other in tab.hosts), ", ".join(others))
    files, bodies = (
        {name: size for name, size in counted.items() if "/api/" not in name}
        for counted in (tab.received, tab.bodies)
    )
    answers = sum(tab.received.values()) - sum(files.values())
    note = (
        f"{len(files)} files, {sum(bodies.values()) / 1e3:.0f} KB without their headers; "
        f"beside them {answers / 1e3:.0f} KB of answers"
    )
    yield Figure("page.weight", sum(files.values()) / 1e3, note)


def update(tab: Tab, training: Training, times: int) -> Figure:
    """Return the script time of updates that change all charts."""
    script_ms = []
    for _ in range(times):
        before_s = tab.metrics()["ScriptDuration"]
        training.add()
        tab.page.wait_for_timeout(PAUSE_S * 1e3)
        script_ms.append((tab.metrics()["ScriptDuration"] - before_s) * 1e3)
    note = f"a new timestep of {LOSSES} losses, {times} times; worst {max(script_ms):.1f} ms"
    return Figure("page.update", statistics.median(script_ms), note)


def pixels(tab: Tab, training: Training, times: int) -> Figure:
    """Return how soon a written timestep changes the picture of its batches."""
    box = tab.page.locator("#panel-batches canvas").first.bounding_box()
    if box is None:
        raise SystemExit("the batches have no chart")
    clip = {name: float(value) for name, value in box.items()}
    waits_ms = []
    for _ in range(times):
        tab.page.wait_for_timeout(PAUSE_S * 1e3)
        before = tab.picture(clip)
        written_s = training.add()
        tab.wait_for_change(clip, before)
        waits_ms.append((time.monotonic() - written_s) * 1e3)
    median, high = (percentile(waits_ms, percent) for percent in (50, 95))
    note = f"median {median:.0f} ms, worst {max(waits_ms):.0f} ms of {times}, taking the picture in"
    return Figure("page.pixels", high, note)


def frames(tab: Tab, url: str, times: int) -> Iterator[Result]:
    """Yield how long frames last while the history is panned and zoomed.

    Whatever number of buckets the page asks for, it is given and draws 2,000.
    """
    buckets: list[int] = []

    def give_more(route: Route) -> None:
        answer = route.fetch(url=re.sub(r"points=\d+", "points=2000", route.request.url))
        buckets.append(len(answer.json()["count"]))
        route.fulfill(response=answer)

    tab.page.route("**/api/loss/range?*", give_more)
    tab.page.goto(url)
    tab.page.wait_for_timeout(PAUSE_S * 1e3)
    tab.wait_for_charts()
    before_s = tab.metrics()["ScriptDuration"]
    lasted_ms = tab.page.evaluate(PAN_AND_ZOOM, times)
    script_ms = (tab.metrics()["ScriptDuration"] - before_s) * 1e3
    tab.page.unroute_all(behavior="ignoreErrors")
    drawn = f"{buckets[0]:,} buckets" if buckets else "a run short enough to be drawn whole"
    note = (
        f"{drawn}, {times} frames, worst {max(lasted_ms):.0f} ms; "
        f"{script_ms / times:.1f} ms of script a frame"
    )
    yield Figure("page.frame", percentile(lasted_ms, 95), note)


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
