"""Pictures of the page for the documentation, taken from a demo that really runs.

    python docs/make_screenshots.py [--chromium PATH] [--seconds S] [--images DIR]

Enters: nothing; a demo and a server are started on a free loopback port, over a directory
of their own that is removed again. Leaves: `dashboard.png` and `dashboard-light.png`,
`scalars.png` and `histograms.png` at 1440x900, `phone.png` at 390x844 with two pixels a
point, in `docs/images`. Needs the test
requirements (Playwright) and a Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent / "images"
DEADLINE_S = 30.0
SPEED = "4"
PICTURES = (
    ("dashboard.png", (1440, 900), "dark", 1, "scale=log"),
    ("dashboard-light.png", (1440, 900), "light", 1, "scale=log"),
    ("phone.png", (390, 844), "dark", 2, "scale=log"),
    ("scalars.png", (1440, 900), "dark", 1, "view=scalars&scalars.smoothing=0.8"),
    ("histograms.png", (1440, 900), "light", 1, "view=histograms"),
)
"""File, width and height in points, theme, pixels a point, state of the page."""


@contextlib.contextmanager
def running(*words: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of the package until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "loss_monitor", *words],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def port_of(file: Path) -> int:
    """Wait until a server listens, and return where.

    Raises:
        TimeoutError: It does not.
    """
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError):
            return int(file.read_text())
        time.sleep(0.05)
    raise TimeoutError("the server does not listen")


def take(browser: Browser, url: str, images: Path) -> None:
    """Take all pictures of a page that shows a running demo."""
    for name, (width, height), theme, ratio, state in PICTURES:
        options: dict[str, Any] = {"color_scheme": theme, "device_scale_factor": ratio}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        page.goto(f"{url}#{state}")
        page.locator("#connection", has_text="Live").wait_for()
        page.locator(".view:not([hidden]) .u-over").first.wait_for()
        # Charts are drawn at most twice a second.
        page.wait_for_timeout(1200)
        page.screenshot(path=images / name)
        context.close()
        print(images / name)


def main() -> int:
    """Start everything, wait for a run worth showing, take the pictures."""
    parser = argparse.ArgumentParser(description="take the pictures of the documentation")
    parser.add_argument("--chromium", default=os.environ.get("LOSS_MONITOR_CHROMIUM"))
    parser.add_argument("--seconds", type=float, default=75.0, help="how long the demo runs")
    parser.add_argument("--images", type=Path, default=IMAGES)
    asked = parser.parse_args()
    chromium = asked.chromium or shutil.which("chromium")
    if not chromium:
        parser.error("no Chromium found: give its path with --chromium")
    asked.images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        place = Path(folder)
        # Short, as it stands in the pictures.
        data = place / "icon_exercise_comin"
        port_file = place / "port"
        state = {"XDG_STATE_HOME": str(place / "state")}
        words = ["--demo", "--port", "0", "--port-file", str(port_file)]
        with (
            running("demo", str(data), "--speed", SPEED),
            running("serve", str(data), *words, **state),
        ):
            url = f"http://127.0.0.1:{port_of(port_file)}/"
            print(f"A demo runs for {asked.seconds:g} s at {url}", flush=True)
            time.sleep(asked.seconds)
            with sync_playwright() as playwright:
                arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
                browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
                take(browser, url, asked.images)
                browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
