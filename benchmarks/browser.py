"""Chromium as the benchmarks drive it: without a window, with its own counters at hand.

Enters: an address. Leaves: an open page, what its loading sent over the network, script
time, memory, pictures of a part of it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, Page, sync_playwright
from results import Figure

DEADLINE_S = 60.0
CHARTS = ("history", "distribution", "band", "batches")
WATCH_DRAWING = """
globalThis.firstDrawnAt = new WeakMap();
globalThis.drawnAt = new WeakMap();
for (const name of ["stroke", "fill", "fillRect", "drawImage"]) {
  const draw = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...rest) {
    const now = performance.now();
    if (!firstDrawnAt.has(this.canvas)) firstDrawnAt.set(this.canvas, now);
    drawnAt.set(this.canvas, now);
    return draw.apply(this, rest);
  };
}
"""
"""Notes when each canvas was drawn first and last."""


def chromium() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    names = (os.environ.get("LOSS_MONITOR_CHROMIUM"), "chromium", "chromium-browser")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def without_chromium(*keys: str) -> Iterator[Figure]:
    """Yield that figures were not measured, where there is no Chromium."""
    if chromium() is None:
        why = "no Chromium: set LOSS_MONITOR_CHROMIUM to its path"
        yield from (Figure(key, None, why) for key in keys)


class Tab:
    """One open page."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        """Count from now on what goes over the network."""
        self.page = page
        self._devtools = devtools
        self.hosts: list[str] = []
        self.received: dict[str, int] = {}
        """Bytes over the network by address, headers included, as compressed."""
        self.bodies: dict[str, int] = {}
        """The same without headers."""
        self._urls: dict[str, str] = {}
        devtools.on("Network.requestWillBeSent", self._sent)
        devtools.on("Network.dataReceived", self._data)
        devtools.on("Network.loadingFinished", self._finished)
        devtools.send("Network.enable")
        devtools.send("HeapProfiler.enable")
        # Processor time of the page's thread, not the time that others kept it waiting.
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def _sent(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        self._urls[event["requestId"]] = url
        if url.startswith("http"):
            self.hosts.append(urlsplit(url).netloc)

    def _data(self, event: dict[str, Any]) -> None:
        url = self._urls.get(event["requestId"], "")
        for counted in (self.bodies, self.received):
            counted[url] = counted.get(url, 0) + event["encodedDataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        self.received[self._urls.get(event["requestId"], "")] = event["encodedDataLength"]

    def metrics(self) -> dict[str, float]:
        """Return Chromium's counters: CPU seconds of script, layout, tasks; elements, ..."""
        told = self._devtools.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in told}

    def heap_mb(self) -> float:
        """Return the memory of its scripts after their garbage was collected."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return float(self._devtools.send("Runtime.getHeapUsage")["usedSize"]) / 2**20

    def picture(self, box: dict[str, float]) -> str:
        """Return a part of the page as the screen shows it, as text of a PNG."""
        options = {"format": "png", "optimizeForSpeed": True, "clip": {**box, "scale": 1}}
        return str(self._devtools.send("Page.captureScreenshot", options)["data"])

    def wait(self, what: str, is_so: Callable[[], bool], pause_ms: float = 20) -> None:
        """Wait until something is so."""
        begun_s = time.monotonic()
        while not is_so():
            if time.monotonic() - begun_s > DEADLINE_S:
                raise SystemExit(f"the page does not come to {what}")
            self.page.wait_for_timeout(pause_ms)

    def wait_for_change(self, box: dict[str, float], before: str) -> None:
        """Wait until a part of the page looks different."""
        self.wait("change", lambda: self.picture(box) != before, pause_ms=0)

    def wait_for_charts(self) -> tuple[float, float]:
        """Return the milliseconds from navigation until all charts were drawn, and rest.

        They rest when half a second has passed without a drawing.
        """
        names = [f"#panel-{name} canvas" for name in CHARTS]
        ask = """(names) => {
          const found = names.map((name) => document.querySelector(name));
          if (found.some((one) => !one || !drawnAt.has(one))) return null;
          const last = Math.max(...found.map((one) => drawnAt.get(one)));
          const first = Math.max(...found.map((one) => firstDrawnAt.get(one)));
          return performance.now() - last > 500 ? [first, last] : null;
        }"""
        drawn: list[tuple[float, float]] = []

        def is_drawn() -> bool:
            told = self.page.evaluate(ask, names)
            drawn.extend([] if told is None else [tuple(told)])
            return bool(drawn)

        self.wait("draw its charts", is_drawn)
        return drawn[0]


@contextmanager
def browser() -> Iterator[Callable[[], Tab]]:
    """Run a browser; what it gives opens an empty tab in a profile of its own."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=chromium(), args=arguments)

        def tab() -> Tab:
            context = running.new_context(viewport={"width": 1440, "height": 900})
            context.set_default_timeout(DEADLINE_S * 1000)
            context.add_init_script(WATCH_DRAWING)
            page = context.new_page()
            return Tab(page, context.new_cdp_session(page))

        yield tab
        running.close()
