"""Access for all in the views of tags: axe-core, the keyboard, targets, narrow screens."""

from __future__ import annotations

import pytest

from access import WIDTHS, check_all, check_narrow, check_tab_order, needs_axe, small_targets
from tagged_runs import TaggedRuns


@pytest.fixture(scope="module")
def board(tmp_path_factory, _own_state, monitor_over, losses_in):
    """A server over two directories that nobody changes, the first with tags."""
    folder = tmp_path_factory.mktemp("tagged")
    other = losses_in(tmp_path_factory.mktemp("other")).run(5)
    losses_in(folder).run(5)
    runs = TaggedRuns(folder).two_runs()
    for step in range(5):
        runs.histogram("long/a", "Loss/spread", range(step, 50), step)
        runs.histogram("long/b", "Loss/spread", range(50), step)
    monitor = monitor_over(tmp_path_factory.mktemp("state"), folder, other.folder)
    yield monitor.read()
    monitor.stop()


VIEWS = ("scalars", "histograms", "compare")
TAGGED = ("scalars", "histograms")
every_view = pytest.mark.parametrize("view", VIEWS)


@pytest.fixture
def page_of(board, open_page):
    """Opens a view, drawn."""

    def open_view(view, size=WIDTHS["desktop"]):
        page = open_page(f"{board.url}#view={view}", size)
        page.locator(".tag-panel .u-over").first.wait_for()
        page.locator(".run-select option").nth(1).wait_for(state="attached")
        if view == "compare":
            page.locator(".figures-table tbody tr").nth(1).wait_for()
        return page

    return open_view


@needs_axe
@every_view
def test_axe_finds_nothing(page_of, view):
    """With a pinned tag, the cursor in a chart, a table, a bad filter."""
    page = page_of(view)
    tag = {"scalars": "Loss/batch", "histograms": "Loss/spread", "compare": "Loss"}[view]
    if view in TAGGED:
        page.get_by_role("button", name=f"Pin {tag}").click()
    page.get_by_role("group", name=tag, exact=True).focus()
    page.keyboard.press("End")
    check_all(page)
    page.get_by_role("button", name=f"{tag} as a table").click()
    page.locator(".tag-panel tbody tr").first.wait_for()
    check_all(page)
    if view in TAGGED:
        page.get_by_role("searchbox").fill("(")
        page.locator(".view-none").wait_for()
        check_all(page)


@needs_axe
@pytest.mark.parametrize("view", TAGGED)
@pytest.mark.parametrize("state", ["empty", "lost"])
def test_axe_finds_nothing_where_something_is_missing(
    served, tmp_path, serve, open_page, state, view
):
    """No tags; no server."""
    if state == "empty":
        page = open_page(f"{served.url}#view={view}")
        page.get_by_role("heading", name=f"No {view} yet").wait_for()
    else:
        TaggedRuns(tmp_path).scalars("r", "t", [1.0, 2.0]).histogram("r", "t", [1.0, 2.0], 0)
        monitor = serve(tmp_path).read()
        page = open_page(f"{monitor.url}#view={view}", lost_allowed=True)
        page.locator(".tag-panel .u-over").first.wait_for()
        monitor.stop()
        page.locator("#connection", has_text="Reconnecting").wait_for()
    check_all(page)


@needs_axe
def test_axe_finds_nothing_where_there_is_one_run(served, open_page):
    """With the hint how to compare."""
    page = open_page(f"{served.url}#view=compare")
    page.get_by_role("heading", name="One run so far").wait_for()
    check_all(page)


@every_view
def test_the_tab_key_reaches_everything(page_of, view):
    """Filter, settings, groups and panels."""
    page = page_of(view)
    # The charts that are still to come are no stop yet.
    page.wait_for_function("() => !document.querySelector('.tag-panel:not(:has(.u-over))')")
    check_tab_order(page)


@every_view
@pytest.mark.parametrize(("width", "least"), [("desktop", 24), ("phone", 44)])
def test_targets_are_large_enough(page_of, view, width, least):
    """In the sheet of settings, too."""
    page = page_of(view, WIDTHS[width])
    if width == "phone":
        page.get_by_role("button", name="Chart settings").click()
        page.locator(f"#{view}-tools").get_by_role("button", name="Done").wait_for()
    assert small_targets(page, least) == []


@every_view
def test_a_narrow_screen_needs_no_sideways_scrolling(page_of, view):
    """320 px."""
    check_narrow(page_of(view, (320, 640)), 320)


def test_the_sheet_of_settings_is_that_of_the_view_shown(page_of):
    """On phones one button opens it, whatever view is shown."""
    page = page_of("scalars", WIDTHS["phone"])
    for view in (*VIEWS, "scalars"):
        page.locator("#bottom-bar").get_by_role("link", name=view.capitalize()).click()
        page.locator(f"#view-{view} .tag-panel .u-over").first.wait_for()
        page.get_by_role("button", name="Chart settings").click()
        page.locator(f"#{view}-tools.is-open").wait_for()
        assert page.locator(".tools.is-open").count() == 1
        page.keyboard.press("Escape")
        page.locator(".tools.is-open").wait_for(state="detached")
