"""Notifications of the browser: asked for by a press only, told while nobody looks."""

from __future__ import annotations

import pytest

TOLD = """
globalThis.told = [];
globalThis.asked = 0;
const Real = Notification;
globalThis.Notification = class extends Real {
  constructor(title, options) {
    super(title, options);
    told.push([title, options.body, options.tag]);
  }
  static requestPermission() {
    asked += 1;
    return Real.requestPermission();
  }
};
"""
"""The browser's own notifications, with a list of them beside."""


@pytest.fixture
def monitor(losses, serve):
    """A server over a run of 9 timesteps."""
    losses.run(9)
    return serve(losses.folder).read(total_timesteps=9)


def _open(open_page, monitor, figures, allowed=True, script=""):
    def prepare(page):
        page.add_init_script(TOLD + script)
        if allowed:
            page.context.grant_permissions(["notifications"], origin=monitor.url)

    page = open_page(monitor.url, prepare=prepare)
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    return page


def _bell(page):
    return page.get_by_role("button", name="Browser notifications")


def test_nobody_is_asked_before_the_bell_is_pressed(monitor, open_page, figures):
    """And a refusal is told."""
    page = _open(open_page, monitor, figures, allowed=False)
    assert page.evaluate("asked") == 0
    _bell(page).click()
    page.locator("#announcer").filter(has_text="does not allow").wait_for(state="attached")
    assert page.evaluate("asked") == 1
    assert _bell(page).get_attribute("aria-pressed") == "false"


def test_a_warning_is_told_while_the_page_is_not_looked_at(monitor, losses, open_page, figures):
    """Once, with its words; what was there before is not."""
    page = _open(open_page, monitor, figures, script="document.hasFocus = () => false;")
    _bell(page).click()
    page.get_by_role("button", name="Browser notifications", pressed=True).wait_for()
    losses.write(10, [0.5, "nan", 0.5])
    page.wait_for_function("() => told.length > 0")
    ((title, body, _tag),) = page.evaluate("told")
    assert title == "data"
    assert "NaN" in body


def test_who_looks_at_the_page_is_not_told(monitor, losses, open_page, figures):
    """The log says it already."""
    page = _open(open_page, monitor, figures, script="document.hasFocus = () => true;")
    _bell(page).click()
    losses.write(10, [0.5, "nan", 0.5])
    figures.wait(page, "#panel-activity", "NaN")
    assert page.evaluate("told") == []


def test_a_hidden_page_asks_once_a_minute(monitor, losses, open_page, figures):
    """It has no stream that could tell."""
    page = _open(open_page, monitor, figures)
    _bell(page).click()
    page.clock.install()
    page.reload()
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", {value: true, configurable: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    losses.write(10, [0.5, "nan", 0.5])
    monitor.read(total_timesteps=10)
    page.clock.fast_forward(61_000)
    page.wait_for_function("() => told.length > 0")
    assert len(page.evaluate("told")) == 1


def test_the_bell_is_remembered_and_pressed_again_to_stop(monitor, open_page, figures):
    """By this browser."""
    page = _open(open_page, monitor, figures)
    _bell(page).click()
    page.reload()
    page.get_by_role("button", name="Browser notifications", pressed=True).click()
    page.get_by_role("button", name="Browser notifications", pressed=False).wait_for()
    assert page.evaluate("asked") == 0, "the page was not asked for a second time"
