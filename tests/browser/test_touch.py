"""Fingers on the charts: real touch events, as a phone's browser makes them."""

from __future__ import annotations

import time

import pytest

from overview_page import HISTORY, hash_holds, hash_lacks, shown

PHONE = (390, 844)


class Fingers:
    """Touches at shares of a chart's width, by the browser's own protocol."""

    def __init__(self, page, panel=HISTORY):
        self.page = page
        self.box = page.locator(f"{panel} .u-over").bounding_box()
        self.session = page.context.new_cdp_session(page)

    def points(self, shares):
        y = self.box["y"] + self.box["height"] / 2
        return [
            {"x": self.box["x"] + share * self.box["width"], "y": y, "id": number}
            for number, share in enumerate(shares)
        ]

    def touch(self, kind, *shares):
        event = {"type": f"touch{kind}", "touchPoints": self.points(shares)}
        self.session.send("Input.dispatchTouchEvent", event)

    def move(self, begin, end, steps=6):
        """Move all fingers from some places to others."""
        self.touch("Start", *begin)
        for step in range(1, steps + 1):
            share = step / steps
            at = [a + (b - a) * share for a, b in zip(begin, end, strict=True)]
            self.touch("Move", *at)
        self.touch("End")

    def tap(self, share):
        self.touch("Start", share)
        self.touch("End")


@pytest.fixture
def page(served, open_page, figures):
    """The page on a phone, drawn, with the history in sight."""
    opened = open_page(served.url, PHONE, has_touch=True, is_mobile=True)
    opened.locator("#panel-history .u-over").wait_for()
    figures.wait(opened, "#panel-history .panel-header", "timestep 130")
    opened.locator("#panel-history").scroll_into_view_if_needed()
    return opened


def _zoom(page):
    hash_holds(page, "zoom=")
    return [float(end) for end in page.evaluate("location.hash").split("zoom=")[1].split(",")]


def test_two_fingers_zoom_to_what_is_between_them(page):
    """The places under the fingers stay under them."""
    Fingers(page).move((0.4, 0.6), (0.1, 0.9))
    start, stop = _zoom(page)
    assert 43 <= start <= 51
    assert 79 <= stop <= 87
    shown(page, "#panel-band", f"from timestep {int(start) + 1},")


def test_one_finger_moves_a_zoomed_chart_along(page):
    """To the left, towards later timesteps."""
    page.evaluate("() => void (location.hash = 'zoom=40,80')")
    shown(page, "#panel-history", "40 timesteps, from timestep 41,")
    Fingers(page).move((0.8,), (0.3,))
    hash_lacks(page, "zoom=40,80")
    start, stop = _zoom(page)
    assert stop - start == 40
    assert 58 <= start <= 62


def test_one_finger_reads_a_chart_that_shows_everything(page, figures):
    """The cursor follows it, and the page does not zoom."""
    fingers = Fingers(page)
    fingers.touch("Start", 0.2)
    fingers.touch("Move", 0.25)
    fingers.touch("Move", 0.5)
    figures.wait(page, f"{HISTORY} .chart-tag", "01-01 1")
    fingers.touch("End")
    assert "zoom" not in page.evaluate("location.hash")


def test_a_double_tap_shows_everything_again(page):
    """And chooses no timestep."""
    page.evaluate("() => void (location.hash = 'zoom=40,80')")
    shown(page, "#panel-history", "40 timesteps, from timestep 41,")
    fingers = Fingers(page)
    # The page's own clock: a busy machine must not pass for a slow finger.
    page.clock.install()
    page.clock.pause_at(time.time() + 10)
    fingers.tap(0.5)
    page.clock.run_for(100)
    fingers.tap(0.5)
    page.clock.resume()
    hash_lacks(page, "zoom")
    assert "timestep=" not in page.evaluate("location.hash")


def test_a_tap_shows_the_batches_of_a_timestep(page):
    """After the time that a second tap could come in."""
    Fingers(page).tap(0.5)
    hash_holds(page, "timestep=")
    index = int(page.evaluate("location.hash").split("timestep=")[1])
    assert 62 <= index <= 67


def test_a_finger_that_goes_down_scrolls_the_page(page):
    """A chart takes only what goes along it."""
    before = page.evaluate("scrollY")
    fingers = Fingers(page)
    y = fingers.box["y"] + fingers.box["height"] / 2
    x = fingers.box["x"] + fingers.box["width"] / 2
    for kind, at in (("Start", y), ("Move", y - 40), ("Move", y - 120), ("Move", y - 200)):
        event = {"type": f"touch{kind}", "touchPoints": [{"x": x, "y": at}]}
        fingers.session.send("Input.dispatchTouchEvent", event)
    fingers.session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("(before) => scrollY > before + 50", arg=before)
    assert "zoom" not in page.evaluate("location.hash")
