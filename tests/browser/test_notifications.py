"""Notifications of the browser: asked for by a press only; alerts, told while nobody looks."""

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


HEAR = """() => {
  globalThis.heard = [];
  const announcer = document.querySelector("#announcer");
  new MutationObserver(() => heard.push(announcer.textContent))
    .observe(announcer, { childList: true, characterData: true, subtree: true });
}"""
"""Keeps what is told to ears: the state of the training may be told right behind it."""


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


def _box(page):
    return page.get_by_role("dialog", name="Browser notifications")


def _turn_on(page):
    _bell(page).click()
    _box(page).get_by_role("button", name="Turn on").click()
    _box(page).get_by_role("button", name="Turn off").wait_for()
    page.keyboard.press("Escape")
    _box(page).wait_for(state="hidden")


def test_nobody_is_asked_before_they_are_turned_on(monitor, open_page, figures):
    """And a refusal is told, with what to do, to eyes and to ears."""
    page = _open(open_page, monitor, figures, allowed=False)
    page.evaluate(HEAR)
    _bell(page).click()
    assert page.evaluate("asked") == 0
    _box(page).get_by_role("button", name="Turn on").click()
    words = _box(page).get_by_text("does not allow notifications of this page. Allow them in")
    words.wait_for()
    page.wait_for_function("() => heard.some((words) => words.includes('does not allow'))")
    assert page.evaluate("asked") == 1
    assert _box(page).get_by_role("button", name="Turn on").is_visible()


def test_a_page_that_no_browser_allows_them_says_so(monitor, open_page, figures):
    """Plain HTTP from another host: nothing is offered that would do nothing."""
    script = "Object.defineProperty(window, 'isSecureContext', {value: false});"
    page = _open(open_page, monitor, figures, script=script)
    _bell(page).click()
    _box(page).get_by_text("reach the monitor through an SSH tunnel").wait_for()
    assert _box(page).get_by_role("button").count() == 0


@pytest.mark.parametrize("size", [(1280, 800), (1280, 960), (390, 844)])
def test_the_box_behind_the_bell_is_whole_in_sight(monitor, open_page, figures, size):
    """Also where the bell stands at the lower end of a page of one screen."""
    page = _open(open_page, monitor, figures)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    _bell(page).click()
    box = _box(page).bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= size[1]


def test_a_test_is_shown_whoever_looks(monitor, open_page, figures):
    """And it is told that it was sent."""
    page = _open(open_page, monitor, figures, script="document.hasFocus = () => true;")
    _bell(page).click()
    _box(page).get_by_role("button", name="Send a test").click()
    _box(page).get_by_text("A test was sent").wait_for()
    ((title, body, tag),) = page.evaluate("told")
    assert (title, tag) == ("data", "loss-monitor test")
    assert "This is a test" in body
    assert _box(page).get_by_role("button", name="Turn on").is_visible()


def test_an_alert_is_told_while_the_page_is_not_looked_at(monitor, losses, open_page, figures):
    """Once, with its rule, place and words; what was there before is not."""
    page = _open(open_page, monitor, figures, script="document.hasFocus = () => false;")
    _turn_on(page)
    losses.write(10, [0.5, "nan", 0.5])
    page.wait_for_function("() => told.length > 0")
    losses.append(10, 0.5)
    for number in range(11, 15):
        losses.write(number, losses.values(number))
    figures.wait(page, "#panel-history .panel-header", "timestep 14")
    ((title, body, _tag),) = page.evaluate("told")
    assert title == "data"
    assert body == f"Non finite at {losses.label(10)}: 1 of 3 losses is NaN"


def test_what_is_no_alert_is_not_told(monitor, losses, open_page, figures):
    """A refused line is in the log, and wakes nobody."""
    page = _open(open_page, monitor, figures, script="document.hasFocus = () => false;")
    _turn_on(page)
    losses.write(10, ["rubbish", 0.2])
    figures.wait(page, "#panel-activity", "rubbish")
    assert page.evaluate("told") == []


def test_who_looks_at_the_page_is_not_told(monitor, losses, open_page, figures):
    """The log says it already."""
    page = _open(open_page, monitor, figures, script="document.hasFocus = () => true;")
    _turn_on(page)
    losses.write(10, [0.5, "nan", 0.5])
    figures.wait(page, "#panel-activity", "NaN")
    assert page.evaluate("told") == []


def test_a_hidden_page_asks_once_a_minute(monitor, losses, open_page, figures, wait_until):
    """It has no stream that could tell."""
    page = _open(open_page, monitor, figures)
    _turn_on(page)
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
    wait_until(lambda: monitor.ask("api/alerts")["open"])
    page.clock.fast_forward(61_000)
    page.wait_for_function("() => told.length > 0")
    page.clock.fast_forward(61_000)
    assert len(page.evaluate("told")) == 1


def test_the_choice_is_remembered_and_can_be_taken_back(monitor, open_page, figures):
    """By this browser."""
    page = _open(open_page, monitor, figures)
    _turn_on(page)
    assert "is-on" in _bell(page).get_attribute("class")
    page.reload()
    _bell(page).click()
    _box(page).get_by_role("button", name="Turn off").click()
    _box(page).get_by_role("button", name="Turn on").wait_for()
    assert page.evaluate("asked") == 0, "the page was not asked for a second time"
    page.mouse.click(5, 5)
    _box(page).wait_for(state="hidden")
    assert "is-on" not in _bell(page).get_attribute("class")
