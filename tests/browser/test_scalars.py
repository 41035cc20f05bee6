"""The view Scalars: tags, filter, pins, runs, smoothing, axes, zoom, keys."""

from __future__ import annotations

import json
import re

import pytest

from overview_page import hash_holds, hash_lacks
from tag_board_page import hold, let_go, listen_to_requests, panel_of, table, tags
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


def test_a_tab_leads_to_the_view_and_back_to_the_overview(board, open_page):
    """Nothing of the view is fetched before it is asked for; Back works."""
    fetched: list[str] = []
    page = open_page(
        board.url, prepare=lambda page: page.on("request", lambda one: fetched.append(one.url))
    )
    page.locator("#empty").wait_for()
    assert not [url for url in fetched if "/js/views/" in url or url.endswith("tag_board.css")]
    page.get_by_role("link", name="Scalars").click()
    page.locator(".tag-panel .u-over").first.wait_for()
    assert page.get_by_role("link", name="Scalars").get_attribute("aria-current") == "page"
    assert not page.locator("#view-overview").is_visible()
    page.go_back()
    page.locator("#empty").wait_for()
    assert not page.locator("#view-scalars").is_visible()


def test_each_tag_has_a_panel_in_the_group_of_its_prefix(page):
    """Groups in order; tags without a prefix last."""
    groups = page.locator(".tag-group h2").all_inner_texts()
    assert [text.split("\n")[0] for text in groups] == ["Grad", "Loss", "Other"]
    assert tags(page) == ["Grad/norm", "Loss/batch", "Loss/mean", "Learning_rate"]


def test_a_group_is_closed_and_stays_so(page):
    """In the address, so that a colleague sees the same."""
    page.get_by_role("button", name="Grad 1").click()
    panel_of(page, "Grad/norm", "Grad").wait_for(state="detached")
    hash_holds(page, "scalars.closed=Grad")
    page.reload()
    page.locator(".tag-panel .u-over").first.wait_for()
    assert "Grad/norm" not in tags(page)
    page.get_by_role("button", name="Grad 1").click()
    panel_of(page, "Grad/norm", "Grad").wait_for()


def test_the_filter_is_a_regular_expression_and_in_the_address(page):
    """With every letter; what it found is said; Escape empties it."""
    field = page.get_by_role("searchbox")
    field.fill("^loss/(batch|max)")
    page.locator(".filter-found", has_text="1 of 4 tags").wait_for()
    assert tags(page) == ["Loss/batch"]
    hash_holds(page, "scalars.filter=")
    page.reload()
    page.locator(".filter-found", has_text="1 of 4 tags").wait_for()
    page.locator(".tag-panel .u-over").first.wait_for()
    assert tags(page) == ["Loss/batch"]
    page.get_by_role("searchbox").press("Escape")
    page.locator(".filter-found", has_text="4 tags").wait_for()
    hash_lacks(page, "filter")


def test_a_bad_regular_expression_is_told_and_searched_for_as_it_stands(page):
    """Politely, and without losing what was typed."""
    page.get_by_role("searchbox").fill("norm(")
    page.locator(".filter-problem", has_text="No regular expression").wait_for()
    page.locator(".view-none", has_text="No tag matches norm(").wait_for()
    page.get_by_role("searchbox").fill("norm")
    page.wait_for_function("() => document.querySelector('.filter-problem').textContent === ''")
    assert tags(page) == ["Grad/norm"]


def test_a_pinned_tag_stands_on_top_also_tomorrow(page, board):
    """In the address of a link, and in this browser without one."""
    panel_of(page, "Loss/mean").get_by_role("button", name="Pin Loss/mean").click()
    panel_of(page, "Loss/mean", "Pinned").locator(".u-over").wait_for()
    assert tags(page)[0] == "Loss/mean"
    hash_holds(page, "scalars.pins=Loss/mean")
    page.goto("about:blank")
    page.goto(f"{board.url}#view=scalars")
    pinned = panel_of(page, "Loss/mean", "Pinned")
    pinned.get_by_role("button", name="Pin Loss/mean").click()
    pinned.wait_for(state="detached")
    page.reload()
    page.locator(".tag-panel .u-over").first.wait_for()
    assert page.locator(".tag-group[aria-label=Pinned]").count() == 0


def test_all_values_of_the_interface_are_in_the_table(page, board):
    """Both runs, newest first."""
    rows = table(page, "Loss/batch")
    wanted = board.ask("api/tensorboard/scalars?tag=Loss/batch&tb_run=long/a")["values"]
    own = [float(row[2]) for row in reversed(rows) if row[1] == "long/a"]
    assert own == wanted


def test_all_points_of_a_tag_are_saved(page, wait_until):
    """Of all runs; of a zoomed range only those in it."""
    panel = panel_of(page, "Loss/batch")
    rows = []
    for _ in range(2):
        panel.locator("[aria-haspopup=menu]").click()
        with page.expect_download() as saved:
            page.get_by_role("menuitem", name="Numbers (CSV)").locator("visible=true").click()
        path = saved.value.path()
        wait_until(path.exists)
        rows.append(path.read_text().splitlines())
        panel.locator(".chart-plot").focus()
        page.keyboard.press("+")
        hash_holds(page, "scalars.zoom=")
    assert rows[0][0] == "tb_run,tag,step,wall_time_s,value"
    assert len(rows[0]) == 1 + 200 + 170
    assert 50 < len(rows[1]) < len(rows[0])


def test_a_run_can_be_hidden(page):
    """Its values go from all panels; the address keeps it."""
    page.get_by_role("button", name="b", exact=True).click()
    hash_holds(page, "scalars.hidden=long/b")
    rows = table(page, "Loss/batch")
    assert len(rows) == 200
    page.get_by_role("button", name="a", exact=True).click()
    page.get_by_text("All runs with this tag are hidden").first.wait_for()


def test_smoothing_is_the_servers_over_all_values(page, board, figures):
    """The slider's value is in the address, and the smoothed value in the legend."""
    page.get_by_role("button", name="b", exact=True).click()
    page.get_by_role("slider").fill("0.9")
    hash_holds(page, "scalars.smoothing=0.9")
    query = "tag=Loss/batch&tb_run=long/a&points=10&smoothing=0.9"
    smooth = board.ask(f"api/tensorboard/scalars?{query}")["smooth"][-1]
    page.wait_for_function(
        "([panel, wanted]) => Math.abs(parseFloat(panel.querySelector('.tag-figures b')"
        "?.title.split(': ')[1]) - wanted) < 1e-9",
        arg=[panel_of(page, "Loss/batch").element_handle(), smooth],
    )


@pytest.mark.parametrize(
    ("axis", "words"),
    [("Step", "step 199"), ("Relative", "after 3 h 19 min"), ("Wall time", "2026-05-28 23:45:40")],
)
def test_the_axis_decides_in_which_words_the_cursor_speaks(page, figures, axis, words):
    """Steps, time since the first point, or the time of day."""
    page.get_by_role("combobox", name="X-axis").select_option(axis)
    panel_of(page, "Loss/batch").locator(f"[id$=-summary]:has-text('{words}')").wait_for(
        state="attached"
    )
    panel_of(page, "Loss/batch").locator(".chart-plot").focus()
    page.keyboard.press("End")
    figures.wait(page, ".chart-tag", words)


OF_B = re.compile(r"api/tensorboard/scalars\?.*tag=Loss%2Fbatch&tb_run=long%2Fb")
OF_TWO = ".tag-figures .chart-key:nth-child(2)"


def test_the_cursor_stays_where_a_key_put_it_when_another_runs_values_arrive(board, open_page):
    """Each run has an answer of its own; through a slow tunnel they come apart."""
    held = []
    page = open_page(
        f"{board.url}#view=scalars", prepare=lambda page: held.append(hold(page, OF_B))
    )
    panel = panel_of(page, "Loss/batch")
    panel.locator("[id$=-summary]:has-text('step 199')").wait_for(state="attached")
    panel.locator(".chart-plot").press("End")
    tag = panel.locator(".chart-tag", has_text="step 199")
    tag.wait_for()
    let_go(page, held[0])
    panel.locator(OF_TWO).wait_for()
    assert tag.is_visible()
    panel.locator(".chart-plot").press("ArrowLeft")
    panel.locator(".chart-tag", has_text="step 198").wait_for()


def test_what_is_drawn_stays_until_all_values_of_another_axis_are_there(page):
    """No panel goes blank, or shows one run of two; it is told to be busy."""
    panel = panel_of(page, "Loss/batch")
    panel.locator(OF_TWO).wait_for()
    held = hold(page, OF_B)
    with page.expect_response(re.compile("Loss%2Fbatch&tb_run=long%2Fa.*x=relative")):
        page.get_by_role("combobox", name="X-axis").select_option("Relative")
    panel.and_(page.locator("[aria-busy=true]")).wait_for()
    summary = panel.locator("[id$=-summary]")
    assert "step 199" in summary.text_content()
    assert panel.locator(".u-over").is_visible()
    assert panel.locator(OF_TWO).is_visible()
    let_go(page, held)
    summary.filter(has_text="after 3 h 19 min").wait_for(state="attached")
    assert panel.get_attribute("aria-busy") == "false"


def test_a_key_that_asks_for_other_values_leaves_the_focus_in_the_chart(page):
    """What has the focus is not hidden while they come."""
    panel = panel_of(page, "Loss/batch")
    panel.locator(OF_TWO).wait_for()
    held = hold(page, re.compile("Loss%2Fbatch.*smoothing="))
    plot = panel.locator(".chart-plot")
    plot.press("]")
    let_go(page, held)
    panel.and_(page.locator("[aria-busy=false]")).wait_for()
    assert plot.evaluate("(plot) => plot === document.activeElement")


def test_without_losses_there_is_no_axis_of_model_time(page):
    """Nothing is dead."""
    options = page.get_by_role("combobox", name="X-axis").locator("option").all_inner_texts()
    assert options == ["Step", "Relative", "Wall time"]


def test_the_attempts_of_a_restarted_run_are_offered_and_shown(page):
    """Only the latest by default; then all, each a line of its own."""
    page.get_by_role("radiogroup", name="Points of a restarted training").wait_for()
    before = len(table(page, "Loss/batch"))
    page.get_by_role("radio", name="All", exact=True).click()
    hash_holds(page, "scalars.attempts=all")
    page.wait_for_function(
        "(before) => document.querySelectorAll('.tag-panel tbody tr').length === before + 50",
        arg=before,
    )


def test_a_drag_zooms_one_panel_into_finer_values(page):
    """The range is in the address and in a request of its own; a double click ends it."""
    asked = listen_to_requests(page)
    box = panel_of(page, "Loss/batch").locator(".u-over").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.up()
    hash_holds(page, "scalars.zoom=Loss/batch:")
    summary = panel_of(page, "Loss/batch").locator("[id$=-summary]")
    summary.filter(has_text="From step 49 to step").wait_for(state="attached")
    assert {one["tag"] for one in asked if "start" in one} == {"Loss/batch"}
    page.reload()
    summary.filter(has_text="From step 49 to step").wait_for(state="attached")
    page.mouse.dblclick(box["x"] + box["width"] * 0.4, y)
    hash_lacks(page, "zoom")
    summary.filter(has_text="From step 0 to step 199").wait_for(state="attached")


def test_arrow_keys_read_out_the_values_of_all_runs(page):
    """In a polite region, with names."""
    panel = panel_of(page, "Loss/batch")
    panel.locator(".chart-plot").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    said = panel.locator("[aria-live=polite]").filter(has_text="step 1: a 0.9853; b")
    said.wait_for(state="attached")


def test_values_that_are_not_finite_are_counted(page):
    """In the table and in the words of the cursor."""
    rows = table(page, "Grad/norm", "Grad")
    assert [row[-1] for row in rows] == ["0", "0", "1", "1", "0"]


def test_a_refused_request_is_told_in_its_panel(page, pages):
    """In the server's words; trying again brings the values."""
    pages[0].allowed.append(re.compile("status of 429"))
    answer = json.dumps({"error": "too many questions"})
    refuse = "**/api/tensorboard/scalars?*x=wall_time*"
    page.route(refuse, lambda route: route.fulfill(status=429, body=answer))
    page.get_by_role("combobox", name="X-axis").select_option("Wall time")
    failed = panel_of(page, "Loss/batch").locator(".panel-error", has_text="too many questions")
    failed.wait_for()
    page.unroute(refuse)
    failed.get_by_role("button", name="Try again").click()
    failed.wait_for(state="hidden")
    panel_of(page, "Loss/batch").locator(".u-over").wait_for()


def test_another_axis_and_filter_come_with_a_link(board, open_page):
    """The whole state of the view."""
    page = open_page(
        f"{board.url}#view=scalars&scalars.axis=relative&scalars.scale=log"
        "&scalars.smoothing=0.5&scalars.filter=batch"
    )
    page.locator(".tag-panel .u-over").first.wait_for()
    page.get_by_role("radiogroup", name="Scale of the values").get_by_role(
        "radio", name="Logarithmic", checked=True
    ).wait_for()
    assert page.get_by_role("combobox", name="X-axis").input_value() == "relative"
    assert page.get_by_role("slider").input_value() == "0.5"
    assert tags(page) == ["Loss/batch"]


def test_keys_set_what_the_charts_show(page):
    """Scale, smoothing, zoom, filter, a panel that fills the page; said to screen readers."""
    page.keyboard.press("l")
    hash_holds(page, "scalars.scale=log")
    page.locator("#announcer", has_text="Logarithmic scale").wait_for(state="attached")
    page.keyboard.press("l")
    hash_holds(page, "scalars.scale=linear")
    page.keyboard.press("]")
    hash_holds(page, "scalars.smoothing=0.2")
    page.keyboard.press("[")
    hash_lacks(page, "smoothing")
    panel_of(page, "Loss/batch").locator(".chart-plot").focus()
    page.keyboard.press("+")
    hash_holds(page, "scalars.zoom=Loss/batch:")
    page.keyboard.press("r")
    hash_lacks(page, "zoom")
    page.keyboard.press("f")
    page.locator("dialog.expanded .tag-panel", has_text="Loss/batch").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog.expanded").wait_for(state="detached")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "scalars-filter"
    page.keyboard.type("rate")
    page.locator(".filter-found", has_text="1 of 4 tags").wait_for()
