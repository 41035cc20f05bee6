"""The view Scalars in Chromium, thousands of tags behind it: what is made, and a letter typed.

Enters: numbers of tags and of points in each, how many letters. Leaves: panels and requests
that opening the view makes, script and layout of a text in the filter, with the charts that
it brings into sight.

    python benchmarks/page_tags.py --tags 5000
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from browser import Tab, browser, without_chromium
from command import command
from place import Place
from results import Detail, Figure, Result
from served import Served, percentile

from loss_monitor.writer.event_writer import EventWriter

A_LAYER = 25
FILTERS = ("w", "weight1", "weight1[0-3]", "layer12/", "(", "", "zzz", "")
"""One after the other: all, many, few, none, and all again."""


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    tags: int = 5_000
    points: int = 40
    rounds: int = 5


QUICK = Sizes(tags=500, points=5, rounds=1)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Open the view, then type into its filter."""
    if missing := list(without_chromium("page.filter")):
        yield from missing
        return
    name = f"tags_{sizes.tags}_{sizes.points}"
    directory = place.data(name, partial(write_tags, sizes), sizes.tags * sizes.points * 60)
    with Served(directory) as served, browser() as open_tab:
        served.wait_until_read()
        tab = open_tab()
        tab.page.goto(f"http://127.0.0.1:{served.port}/#view=scalars")
        tab.page.locator(".tag-panel .u-over").first.wait_for()
        tab.page.wait_for_timeout(1000)
        asked = sum("api/tensorboard/scalars" in url for url in tab.received)
        panels = tab.page.locator(".tag-panel").count()
        work = f"the view Scalars, {sizes.tags:,} tags"
        yield Detail(work, "panels made", panels, "")
        yield Detail(work, "requests made", asked, "")
        costs_ms = [letter(tab, text) for _ in range(sizes.rounds) for text in FILTERS]
        note = (
            f"median {statistics.median(costs_ms):.0f} ms, worst {max(costs_ms):.0f} ms "
            f"of {len(costs_ms)}, {sizes.tags:,} tags"
        )
        yield Figure("page.filter", percentile(costs_ms, 95), note)


def write_tags(sizes: Sizes, directory: Path) -> None:
    """Write one run with so many tags."""
    writer = EventWriter(directory / "runs" / "wide")
    for step in range(sizes.points):
        for tag in range(sizes.tags):
            layer, weight = divmod(tag, A_LAYER)
            writer.scalar(f"layer{layer}/weight{weight}/norm", tag / (step + 1), step)
    writer.close()


def letter(tab: Tab, text: str) -> float:
    """Return the milliseconds of script and layout that a text in the filter costs."""
    before = tab.metrics()
    tab.page.locator(".filter-field").fill(text)
    tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    after = tab.metrics()
    names = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    return sum(after[name] - before[name] for name in names) * 1e3


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
