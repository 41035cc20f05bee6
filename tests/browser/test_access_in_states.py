"""Access for all in every state and manner: axe-core, paper, contrast, motion, zoom."""

from __future__ import annotations

import re

import pytest

from access import check_all, check_narrow, needs_axe, violations
from overview_page import drawn

LOADING = """
const Stream = EventSource;
globalThis.EventSource = class extends Stream {
  addEventListener(type, listener) {
    super.addEventListener(type, (event) => {
      const data = JSON.parse(event.data);
      const source = data.source ?? data.set?.source;
      const loading = {files_done: 8, files_total: 34, bytes_done: 12, bytes_total: 48};
      if (source) Object.assign(source, {loading, state: "starting", state_text: "Reading files"});
      listener({data: JSON.stringify(data)});
    });
  }
};
"""
"""A stream that says that files are still being read."""


def _paused(page):
    page.keyboard.press("Space")
    page.locator("#connection", has_text="Paused").wait_for()


def _refused(page):
    page.route(
        "**/api/loss/statistics*",
        lambda route: route.fulfill(
            status=500, content_type="application/json", body='{"error": "Out of luck"}'
        ),
    )
    page.keyboard.press("1")
    page.locator("#panel-statistics .panel-error").wait_for()


def _lens(page):
    page.evaluate("() => void (location.hash = 'lower=online&smoothing=0.8&y=robust&axis=batch')")
    page.locator("#panel-online .u-over").wait_for()


def _help(page):
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Help").wait_for()


def _menu(page):
    page.locator("#panel-history [aria-haspopup=menu]").click()
    page.locator("#panel-history [role=menuitem]").first.wait_for()


def _expanded(page):
    page.keyboard.press("f")
    page.get_by_role("dialog", name="Loss history").wait_for()


def _by_hand(page):
    page.get_by_label("Range of the y-axis").select_option("edit")
    page.get_by_label("Least value of the y-axis").fill("x")
    page.keyboard.press("Enter")
    page.get_by_text("Two numbers, the second one larger").wait_for()


def _zoomed(page):
    page.evaluate("() => void (location.hash = 'zoom=20,60&timestep=30')")
    page.get_by_role("button", name="Follow newest").first.wait_for()


STATES = [_paused, _refused, _lens, _help, _menu, _expanded, _by_hand, _zoomed]


@needs_axe
@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__.strip("_"))
def test_axe_finds_nothing(served, open_page, figures, pages, reach):
    """In three widths and both themes."""
    page = open_page(served.url)
    pages[0].allowed.append(re.compile("status of 500"))
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    reach(page)
    check_all(page)


@needs_axe
def test_axe_finds_nothing_while_files_are_read(served, open_page):
    """With its progress."""
    page = open_page(served.url, prepare=lambda page: page.add_init_script(LOADING))
    page.locator("#notices .notice", has_text="8 of 34 files").wait_for()
    check_all(page)


@needs_axe
@pytest.mark.parametrize(
    ("last_line", "state"),
    [("", "No new data"), ("[rank=0] PyTorch distributed destroyed", "Finished")],
)
def test_axe_finds_nothing_once_the_training_stands(
    losses, tmp_path, serve, open_page, last_line, state
):
    """Stale, and finished."""
    if last_line:
        log = tmp_path / "LOG.exp.messe.run.17.o"
        log.write_text(f"[rank=0] step=1 loss=0.5\n[rank=0] step=2 loss=0.4\n{last_line}\n")
        page = open_page(serve(log).read(total_timesteps=2).url)
    else:
        for number in range(1, 9):
            losses.write(number, losses.values(number), age_s=900 + 10 * (9 - number))
        page = open_page(serve(losses.folder).read(total_timesteps=8).url)
    page.locator("#training", has_text=state).wait_for()
    check_all(page)


@needs_axe
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_more_contrast_is_given_where_it_is_asked_for(served, open_page, figures, theme):
    """Charts follow; axe finds nothing."""
    page = open_page(served.url, theme=theme)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    drawn(page)
    grid = "getComputedStyle(document.documentElement).getPropertyValue('--grid')"
    canvas = "document.querySelector('#panel-history canvas').toDataURL()"
    before = page.evaluate(grid), page.evaluate(canvas)
    page.emulate_media(contrast="more")
    drawn(page)
    assert page.evaluate(grid) != before[0]
    assert page.evaluate(canvas) != before[1]
    assert violations(page) == []


def test_the_systems_colours_leave_every_shape_in_sight(served, open_page, figures):
    """Where backgrounds are taken away, the choice still has an outline."""
    page = open_page(served.url, forced_colors="active")
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    chosen = page.get_by_role("radio", name="All", exact=True).first
    assert chosen.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    shape = page.locator("#connection .shape")
    assert shape.evaluate("(one) => getComputedStyle(one).forcedColorAdjust") == "none"


def test_only_the_live_dot_moves_and_not_where_motion_is_unwelcome(served, open_page, figures):
    """The page asks the system."""
    moving = """() => document.getAnimations().map(({effect}) =>
      `${effect.target.className} ${effect.pseudoElement ?? ""}`)"""
    page = open_page(served.url)
    figures.wait(page, "#connection", "Live")
    assert page.evaluate(moving) == []
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function("() => document.getAnimations().length > 0")
    assert all("shape-live" in name for name in page.evaluate(moving))


@pytest.mark.parametrize("size", [(720, 450), (640, 400), (360, 225)])
def test_a_zoomed_page_needs_no_sideways_scrolling(served, open_page, figures, size):
    """1440 and 1280 px at 200 %, 1440 px at 400 %."""
    page = open_page(served.url, size)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    check_narrow(page, size[0])


def test_paper_is_light_and_holds_what_the_screen_scrolls(losses, serve, open_page, figures):
    """Nothing to press, the whole log, when and of what it was printed."""
    losses.run(30)
    for number in range(10, 26):
        losses.append(number, "no number")
    page = open_page(serve(losses.folder).read(total_timesteps=30).url)
    figures.wait(page, "#panel-history .panel-header", "timestep 30")
    page.emulate_media(media="print")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    assert page.locator("button:visible").all_inner_texts() in ([], [""])
    note = page.locator("#print-note")
    assert str(losses.folder) in note.inner_text()
    assert "printed" in note.inner_text()
    for scroll in (".activity-scroll", ".statistics-scroll"):
        box = page.locator(scroll)
        assert box.evaluate("(one) => one.scrollHeight <= one.clientHeight + 1"), scroll
    page.emulate_media(media="screen")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")


def test_nothing_in_the_header_lies_over_something_else(served, open_page, figures):
    """From tablets to desktops, with both pills at their longest."""
    page = open_page(served.url)
    figures.wait(page, "#connection", "Live")
    for width in (720, 760, 999, 1000, 1024, 1151, 1152, 1279, 1280, 1360, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate(
            """() => {
              const parts = [...document.querySelectorAll(
                ".brand-mark, #run-label, .views a, #owner, .pill, .pill b, .top-buttons button")]
                .filter((one) => one.checkVisibility())
                .map((one) => [one, one.getBoundingClientRect()]);
              const inside = (a, b) => a.contains(b) || b.contains(a);
              return parts.flatMap(([one, a]) => parts
                .filter(([other, b]) => one !== other && !inside(one, other)
                  && a.left < b.right - 1 && b.left < a.right - 1
                  && a.top < b.bottom - 1 && b.top < a.bottom - 1)
                .map(([other]) =>
                  [one, other].map((it) => it.id || it.textContent).join(" over ")));
            }"""
        )
        assert over == [], width
        wide = page.locator(".top").evaluate("(one) => one.scrollWidth <= one.clientWidth")
        assert wide, width
