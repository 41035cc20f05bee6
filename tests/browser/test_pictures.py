"""What the overview looks like, beside pictures that were looked at.

`RENEW_PICTURES=1 pytest tests/browser/test_pictures.py` takes them anew; then look at what
changed (`git diff` shows which), since nothing else will. Where a picture differs, what was
seen and where it differs are in `test-results/`.

The data are made here, with ages that stay as long for a quarter of an hour; what the machine
or the hour would change is left out; texts are boxes (see `tests/support/pictures.py`), and
small differences pass: so the pictures hold on any machine.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from overview_page import drawn, place
from pictures import PIXELS_OFF_MAX, difference, in_boxes, small

PICTURES = Path(__file__).parent / "pictures"
SEEN = Path(__file__).parents[2] / "test-results"
RENEW = os.environ.get("RENEW_PICTURES") == "1"
TIMESTEPS = 640
AGE_S = 930.0
"""Of the newest file: the run is stale, and all ages have the same length for a while."""
LEAVE_OUT = """() => {
  // User and host, the path of the data, times of the day; their room stays.
  const gone = ["#owner", ".tools-directory", ".activity-list"];
  const blank = {"#sentence": 44, "#last-alert": 36};
  for (const at of gone) document.querySelector(at).style.display = "none";
  for (const [at, height] of Object.entries(blank)) {
    const {style} = document.querySelector(at);
    style.height = `${height}px`;
    style.overflow = style.visibility = "hidden";
  }
}"""


@pytest.fixture(scope="module")
def monitor(tmp_path_factory, _own_state, losses_in, monitor_over):
    """A server over a run with a spike, NaN, an infinity and a line that is no number."""
    folder = tmp_path_factory.mktemp("pictured") / "data"
    losses = losses_in(folder)
    for number in range(1, TIMESTEPS + 1):
        course = 0.012 + math.exp(-number / 30) + 0.09 * math.exp(-number / 150)
        spike = 0.05 * math.exp(-(number - 320) / 8) if number >= 320 else 0.0
        noise = [(number * 16 + batch) * 0.6180339887498949 % 1.0 for batch in range(16)]
        values: list[float | str] = [(course + spike) * (0.6 + 0.8 * one) for one in noise]
        if 450 <= number < 458:
            values[3] = "nan"
        if number == 520:
            values[7] = "inf"
        losses.write(number, values, age_s=AGE_S + 10 * (TIMESTEPS - number))
    running = monitor_over(tmp_path_factory.mktemp("state"), folder)
    yield running.read(total_timesteps=TIMESTEPS)
    running.stop()


def _open(monitor, open_page, figures, size=(1440, 900), theme="dark", address=""):
    page = open_page(monitor.url + address, size, theme, prepare=in_boxes)
    page.locator("#panel-history .u-over").wait_for()
    figures.wait(page, "#panel-statistics td", "10,23")
    page.evaluate("boxesLoaded")
    page.evaluate(LEAVE_OUT)
    # Axes and headers were laid out by the font that was there before: another size, and back.
    width, height = size
    page.set_viewport_size({"width": width + 8, "height": height + 1})
    drawn(page)
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("document.dispatchEvent(new CustomEvent('themechange'))")
    drawn(page)
    return page


def _compare(name: str, seen: bytes) -> None:
    kept = PICTURES / f"{name}.png"
    if RENEW:
        kept.write_bytes(small(seen))
        return
    assert kept.exists(), f"no picture {kept.name}: RENEW_PICTURES=1 takes it"
    share, where = difference(small(seen), kept.read_bytes())
    if share > PIXELS_OFF_MAX:
        SEEN.mkdir(exist_ok=True)
        (SEEN / f"{name}-seen.png").write_bytes(seen)
        (SEEN / f"{name}-difference.png").write_bytes(where)
    assert share <= PIXELS_OFF_MAX, f"{share:.2%} of {name} differ: see test-results/"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_first_screen_of_a_desktop(monitor, open_page, figures, theme):
    """One screen, nothing cut off."""
    page = _open(monitor, open_page, figures, theme=theme)
    _compare(f"desktop-{theme}", page.screenshot())


def test_a_tablet(monitor, open_page, figures):
    """Time charts one below the other, pairs below."""
    page = _open(monitor, open_page, figures, (1024, 768), "light")
    _compare("tablet", page.screenshot(full_page=True))


def test_a_phone(monitor, open_page, figures):
    """The answer first."""
    page = _open(monitor, open_page, figures, (390, 844))
    _compare("phone", page.screenshot())


PANELS = {
    "history-zoomed": ("#panel-history", "#zoom=430,530&axis=timestep&smoothing=0.8"),
    "history-linear-robust": ("#panel-history", "#scale=linear&y=robust&axis=timestep"),
    "history-batches": ("#panel-history", "#axis=batch&zoom=318,323&batches=5088,5168"),
    "statistics-symlog": ("#panel-band", "#scale=symlog&window=200"),
    "online": ("#panel-online", "#lower=online&axis=timestep"),
    "batches-chosen": ("#panel-batches", "#timestep=451"),
    "distribution": ("#panel-distribution", "#scale=log"),
}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel(monitor, open_page, figures, name):
    """On each axis and scale, with its marks."""
    panel, address = PANELS[name]
    page = _open(monitor, open_page, figures, theme="light", address=address)
    page.locator(f"{panel} .u-over").wait_for()
    page.mouse.move(0, 0)
    drawn(page)
    _compare(name, page.locator(panel).screenshot())


def test_the_cursor_and_its_values(monitor, open_page, figures):
    """In all time charts at once."""
    page = _open(monitor, open_page, figures)
    page.mouse.move(*place(page, 0.6))
    drawn(page)
    _compare("cursor", page.locator("#panel-band").screenshot())
