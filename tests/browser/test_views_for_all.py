"""Access for all in the views of tags: axe-core, the keyboard, targets, narrow screens."""

from __future__ import annotations

import pytest

from access import WIDTHS, check_all, check_narrow, check_tab_order, needs_axe, small_targets
from tagged_runs import TaggedRuns


@pytest.fixture(scope="module")
def board(tmp_path_factory, _own_state, monitor_over):
    """A server over two runs that nobody changes."""
    folder = tmp_path_factory.mktemp("tagged")
    TaggedRuns(folder).two_runs()
    monitor = monitor_over(tmp_path_factory.mktemp("state"), folder)
    yield monitor.read()
    monitor.stop()


@pytest.fixture
def page(board, open_page):
    """The view, drawn."""
    opened = open_page(f"{board.url}#view=scalars")
    opened.locator(".tag-panel .u-over").first.wait_for()
    return opened


@needs_axe
def test_axe_finds_nothing(page):
    """With a pinned tag, a table, the cursor in a chart, a bad filter; then a dialog."""
    page.get_by_role("button", name="Pin Loss/mean").click()
    page.get_by_role("button", name="Loss/batch as a table").click()
    page.locator(".tag-panel tbody tr").first.wait_for()
    page.get_by_role("group", name="Grad/norm").focus()
    page.keyboard.press("End")
    check_all(page)
    page.get_by_role("searchbox").fill("(")
    page.locator(".view-none").wait_for()
    check_all(page)


@needs_axe
@pytest.mark.parametrize("state", ["empty", "lost"])
def test_axe_finds_nothing_where_something_is_missing(served, tmp_path, serve, open_page, state):
    """No tags; no server."""
    if state == "empty":
        page = open_page(f"{served.url}#view=scalars")
        page.get_by_role("heading", name="No scalars yet").wait_for()
    else:
        TaggedRuns(tmp_path).scalars("r", "loss", [1.0, 2.0])
        monitor = serve(tmp_path).read()
        page = open_page(f"{monitor.url}#view=scalars", lost_allowed=True)
        page.locator(".tag-panel .u-over").wait_for()
        monitor.stop()
        page.locator("#connection", has_text="Reconnecting").wait_for()
    check_all(page)


def test_the_tab_key_reaches_everything(page):
    """Filter, settings, groups and panels."""
    check_tab_order(page)


@pytest.mark.parametrize(("width", "least"), [("desktop", 24), ("phone", 44)])
def test_targets_are_large_enough(board, open_page, width, least):
    """In the sheet of settings, too."""
    page = open_page(f"{board.url}#view=scalars", WIDTHS[width])
    page.locator(".tag-panel .u-over").first.wait_for()
    if width == "phone":
        page.get_by_role("button", name="Chart settings").click()
        page.locator("#scalars-tools").get_by_role("button", name="Done").wait_for()
    assert small_targets(page, least) == []


def test_a_narrow_screen_needs_no_sideways_scrolling(board, open_page):
    """320 px."""
    page = open_page(f"{board.url}#view=scalars", (320, 640))
    page.locator(".tag-panel .u-over").first.wait_for()
    check_narrow(page, 320)
