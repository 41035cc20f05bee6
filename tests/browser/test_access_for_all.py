"""Access for all: axe-core, the keyboard, targets, narrow screens, reduced motion."""

from __future__ import annotations

import pytest

from access import (
    WIDTHS,
    check_all,
    check_narrow,
    check_tab_order,
    needs_axe,
    small_targets,
    violations,
)


@needs_axe
def test_axe_finds_nothing_in_a_live_page(served, open_page, figures):
    """With its charts, then with their tables open."""
    page = open_page(served.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    check_all(page)
    for button in page.locator(".chart-panel .chart-actions [aria-pressed] >> visible=true").all():
        button.click()
    page.locator("#panel-history tbody tr").first.wait_for()
    assert violations(page) == []


@needs_axe
def test_axe_finds_nothing_in_an_empty_page(losses, serve, open_page):
    """The page of a missing directory."""
    page = open_page(serve(losses.folder).read().url)
    page.locator("#empty").wait_for()
    check_all(page)


@needs_axe
def test_axe_finds_nothing_in_a_page_with_nan(losses, serve, open_page, figures):
    """Amber card, link, warnings in the log, a zoom, a chosen timestep."""
    losses.run(30)
    losses.write(20, [0.1, "nan", "inf"])
    losses.append(20, "no number")
    page = open_page(serve(losses.folder).read(total_timesteps=30).url)
    page.get_by_role("button", name="first at 20").click()
    figures.wait(page, "#panel-batches .panel-header", "05:00")
    check_all(page)


@needs_axe
def test_axe_finds_nothing_in_a_disconnected_page(losses, serve, open_page, figures):
    """Dimmed charts keep their contrast."""
    losses.run(20)
    monitor = serve(losses.folder).read(total_timesteps=20)
    page = open_page(monitor.url, lost_allowed=True)
    figures.wait(page, "#panel-history .panel-header", "timestep 20")
    monitor.stop()
    figures.wait(page, "#connection", "Reconnecting")
    check_all(page)


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_the_tab_key_reaches_everything_in_order_and_visibly(served, open_page, figures, width):
    """In the order of the document, each with a visible focus."""
    page = open_page(served.url, WIDTHS[width])
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    check_tab_order(page)


def test_the_skip_link_leads_to_the_charts(served, open_page, figures):
    """First of all, and without losing the address."""
    page = open_page(f"{served.url}#window=50")
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.evaluate("location.hash") == "#window=50"


def test_a_row_of_choices_is_moved_by_arrow_keys(served, open_page, figures):
    """One stop of the Tab key, then arrows."""
    page = open_page(served.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    page.get_by_role("radio", name="All", exact=True).first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => location.hash === '#window=500'")
    assert page.evaluate("document.activeElement.textContent") == "500"


@pytest.mark.parametrize(("width", "least"), [("desktop", 24), ("phone", 44)])
def test_targets_are_large_enough(served, open_page, figures, width, least):
    """24 px for a pointer, 44 px for a finger; in the sheet of settings, too."""
    page = open_page(served.url, WIDTHS[width])
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    if width == "phone":
        page.get_by_role("button", name="Chart settings").click()
        page.get_by_role("button", name="Done").wait_for()
    assert small_targets(page, least) == []


@pytest.mark.parametrize("state", ["live", "empty"])
def test_a_narrow_screen_needs_no_sideways_scrolling(
    served, serve, losses, open_page, figures, state
):
    """320 px wide, with a long directory name."""
    if state == "live":
        page = open_page(served.url, (320, 640))
        figures.wait(page, "#panel-history .panel-header", "timestep 130")
    else:
        page = open_page(serve(losses.folder).read().url, (320, 640))
        page.locator("#empty").wait_for()
    check_narrow(page, 320)


def test_a_turned_phone_keeps_headers_inside_their_panels(served, open_page, figures):
    """Though a run that stands still is not drawn again."""
    page = open_page(served.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    for width, height in ((390, 844), (844, 390), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """() => [...document.querySelectorAll(".chart-panel")].every((panel) =>
              [...panel.querySelectorAll(".panel-header *")].every((one) =>
                one.getBoundingClientRect().right <= panel.getBoundingClientRect().right))"""
        )


def test_a_status_that_changes_is_announced(losses, serve, open_page, figures):
    """A lost connection is told in words, once, politely."""
    losses.run(5)
    monitor = serve(losses.folder).read(total_timesteps=5)
    page = open_page(monitor.url, lost_allowed=True)
    figures.wait(page, "#connection", "Live")
    figures.wait(page, "#panel-history .panel-header", "timestep 5")
    monitor.stop()
    page.locator("#announcer").filter(has_text="Reconnecting").wait_for(state="attached")


def test_charts_are_groups_with_a_summary(served, open_page, figures):
    """A title, a description with trend and range, and keys that move the cursor."""
    page = open_page(served.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    for name in ("Loss history", "Loss distribution", "Timestep statistics", "Batch losses"):
        plot = page.get_by_role("group", name=name, exact=True)
        words = plot.evaluate(
            "(one) => document.getElementById(one.getAttribute('aria-describedby')).textContent"
        )
        assert any(character.isdigit() for character in words), name
        assert plot.get_attribute("tabindex") == "0"
