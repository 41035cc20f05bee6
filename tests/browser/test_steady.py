"""What the user does, reads or holds, while answers come late and data arrive: it stays."""

from __future__ import annotations

import re

from loss_monitor.writer import JobLogWriter
from overview_page import drawn, hash_holds, hash_lacks, place, shown
from tag_board_page import hold, let_go, panel_of
from tagged_runs import TaggedRuns

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
FOCUSED = "document.activeElement.textContent"
SELECTED = "String(getSelection())"
OF_B = re.compile(r"api/tensorboard/scalars\?.*tag=Loss%2Fbatch&tb_run=long%2Fb")


def _timesteps(page, figures, number):
    figures.wait(page, figures.CARD.format("Total timesteps") + " .card-value", str(number))


def _board(tmp_path, serve, open_page, **options):
    """The panel of two runs' loss; a server and files behind it."""
    runs = TaggedRuns(tmp_path).two_runs()
    page = open_page(f"{serve(tmp_path).read().url}#view=scalars", **options)
    panel = panel_of(page, "Loss/batch")
    panel.locator("[id$=-summary]:has-text('step 199')").wait_for(state="attached")
    return page, panel, runs


def _train(log, steps):
    for step in steps:
        log.time_step(step, f"1979-01-{1 + step // 24:02d} {step % 24:02d}:00:00")
        log.step(step, 1 / step)
        if step % 10 == 0:
            log.checkpoint_saved(step)


def _log(tmp_path, first, last):
    """A job log with a checkpoint every ten timesteps, as far as it was written."""
    log = JobLogWriter(tmp_path / "LOG.exp.unet.run.4711.o", tasks=1)
    _train(log, range(first, last + 1))
    log.close()


def test_a_row_of_an_open_table_stays_where_it_is_read(losses, serve, open_page, figures):
    """What is selected in it, too: whoever copies numbers has time to do so."""
    losses.run(60)
    page = open_page(serve(losses.folder).read(total_timesteps=60).url)
    page.get_by_role("button", name="Loss history as a table").click()
    table = page.locator("#panel-history .chart-table")
    row = table.locator("tbody tr", has_text="01-01 10:00")
    row.wait_for()
    table.evaluate("(table) => void (table.scrollTop = 480)")
    row.evaluate("(row) => getSelection().selectAllChildren(row)")
    selected, place_before = page.evaluate(SELECTED), row.bounding_box()
    assert len(selected) > 20
    losses.run(3, first=61)
    table.locator("tbody tr", has_text="01-01 15:45").wait_for(state="attached")
    drawn(page)
    assert page.evaluate(SELECTED) == selected
    assert row.bounding_box() == place_before


def test_the_cursor_stays_at_its_batch_while_a_timestep_grows(losses, serve, open_page, figures):
    """The bars become narrower; the cursor goes along with its own."""
    losses.run(5)
    losses.write(6, [0.5, 0.4, 0.3, 0.2])
    page = open_page(serve(losses.folder).read(total_timesteps=6).url)
    figures.wait(page, "#panel-batches .panel-header", "01:30")
    chart = page.locator("#panel-batches .chart-plot")
    chart.press("Home")
    chart.press("ArrowRight")
    tag = page.locator("#panel-batches .chart-tag", has_text="batch 1 · 0.4000")
    tag.wait_for()
    left = tag.bounding_box()["x"]
    losses.append(6, *[0.1] * 8)
    shown(page, "#panel-batches", "12 values")
    drawn(page)
    assert tag.is_visible()
    assert tag.bounding_box()["x"] < left - 20
    chart.press("ArrowRight")
    figures.wait(page, "#panel-batches .chart-tag", "batch 2 · 0.3000")


def test_enter_shows_the_log_of_the_mark_though_others_came(tmp_path, serve, open_page, figures):
    """A key had led to it before; it is still the one that is told."""
    _log(tmp_path, 1, 95)
    page = open_page(serve(tmp_path).read().url)
    page.wait_for_function(
        "() => document.querySelector('.ribbon-track')?.ariaLabel?.includes('checkpoint')"
    )
    page.evaluate("import('./js/marks/painting.js').then(() => null)")
    track = page.locator(".ribbon-track")
    track.press("Home")
    track.press("PageDown")
    tip = page.locator(".ribbon-tip", has_text="Checkpoint saved at step=10\n")
    tip.wait_for()
    _log(tmp_path, 96, 102)
    _timesteps(page, figures, 102)
    drawn(page)
    assert "click for the log around it" in tip.inner_text()
    track.press("Enter")
    page.locator("dialog.log-lines .is-here", has_text="step=10").wait_for()


def test_an_entry_of_the_log_keeps_the_focus_when_the_tab_comes_back(
    tmp_path, serve, open_page, figures
):
    """All is told anew then, and nothing of it is new."""
    _log(tmp_path, 1, 30)
    page = open_page(serve(tmp_path).read().url)
    page.locator("button.activity-place").first.focus()
    focused = page.evaluate(FOCUSED)
    page.evaluate(HIDE, True)
    _log(tmp_path, 31, 33)
    page.evaluate(HIDE, False)
    _timesteps(page, figures, 33)
    drawn(page)
    assert "line" in focused
    assert page.evaluate(FOCUSED) == focused


def test_a_run_that_appears_leaves_the_focus_at_the_run_that_has_it(tmp_path, serve, open_page):
    """Also where there are so many then that the choice moves into a drawer."""
    page, _, runs = _board(tmp_path, serve, open_page)
    chips = page.locator(".run-chip")
    chips.nth(1).focus()
    runs.scalars("long/c", "Loss/batch", [1, 2, 3])
    chips.nth(2).wait_for()
    assert page.evaluate(FOCUSED) == "b"
    for name in ("long/d", "long/e"):
        runs.scalars(name, "Loss/batch", [1, 2, 3])
    chips.nth(4).wait_for()
    assert page.evaluate(FOCUSED) == "b"
    page.keyboard.press("Enter")
    page.get_by_text("4 of 5 runs").wait_for()


def test_values_stand_at_the_pointer_when_another_runs_arrive(tmp_path, serve, open_page):
    """The chart has other lines then; the pointer did not move."""
    held = []
    page, panel, _ = _board(
        tmp_path, serve, open_page, prepare=lambda page: held.append(hold(page, OF_B))
    )
    box = panel.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40)
    tag = panel.locator(".chart-tag", has_text="step")
    tag.wait_for()
    words = tag.inner_text()
    let_go(page, held[0])
    panel.locator(".tag-readout > div").nth(1).wait_for()
    assert tag.inner_text() == words
    assert panel.locator(".tag-moment").inner_text() == words


def test_a_range_is_not_chosen_on_an_axis_that_is_not_there_yet(tmp_path, serve, open_page):
    """Steps that are marked while hours are asked for are no hours."""
    page, panel, _ = _board(tmp_path, serve, open_page)
    panel.locator(".tag-figures .chart-key:nth-child(2)").wait_for()
    held = hold(page, re.compile("Loss%2Fbatch.*x=relative"))
    page.get_by_role("combobox", name="X-axis").select_option("Relative")
    panel.and_(page.locator("[aria-busy=true]")).wait_for()
    over = panel.locator(".u-over").bounding_box()
    for share in (0.2, 0.6):
        page.mouse.move(over["x"] + share * over["width"], over["y"] + 40)
        page.mouse.down() if share < 0.5 else page.mouse.up()
    let_go(page, held)
    panel.locator("[id$=-summary]", has_text="after 3 h 19 min").wait_for(state="attached")
    hash_lacks(page, "zoom")
    assert not page.get_by_role("button", name="Reset zoom").is_visible()


def test_a_drag_goes_on_while_data_ask_for_another_scale(losses, serve, open_page, figures):
    """The chart is made anew once it is let go, and not under the hand."""
    losses.run(60)
    monitor = serve(losses.folder).read(total_timesteps=60)
    page = open_page(f"{monitor.url}#scale=symlog&zoom=10,30")
    shown(page, "#panel-history", "timestep 11")
    page.keyboard.down("Shift")
    page.mouse.move(*place(page, 0.5))
    page.mouse.down()
    page.mouse.move(*place(page, 0.4))
    losses.write(61, [1e-7, 2e-7])
    _timesteps(page, figures, 61)
    drawn(page)
    page.mouse.move(*place(page, 0.25))
    page.mouse.up()
    page.keyboard.up("Shift")
    hash_holds(page, "zoom=15,35")
    shown(page, "#panel-history", "timestep 16")


def test_values_stand_at_the_pointer_when_data_ask_for_another_scale(
    losses, serve, open_page, figures
):
    """Of the same place as before."""
    losses.run(60)
    monitor = serve(losses.folder).read(total_timesteps=60)
    page = open_page(f"{monitor.url}#scale=symlog")
    shown(page, "#panel-history", "timestep 60")
    page.mouse.move(*place(page, 0.5))
    tag = page.locator("#panel-history .chart-tag", has_text="07:")
    tag.wait_for()
    left = tag.bounding_box()["x"]
    losses.write(61, [1e-7, 2e-7])
    shown(page, "#panel-history", "timestep 61")
    drawn(page)
    assert tag.is_visible()
    assert abs(tag.bounding_box()["x"] - left) < 20


def test_a_view_comes_back_where_it_was_left(tmp_path, serve, open_page):
    """By Back, and by its link."""
    runs = TaggedRuns(tmp_path)
    for number in range(160):
        runs.scalars("r", f"layer{number // 20}/weight{number % 20}", [number, number / 2])
    page = open_page(f"{serve(tmp_path).read().url}#view=scalars")
    page.locator(".tag-panel .u-over").first.wait_for()
    page.mouse.move(3, 500)
    page.mouse.wheel(0, 4000)
    page.wait_for_function("() => scrollY === 4000")
    for come_back in (page.go_back, page.get_by_role("link", name="Scalars").click):
        page.get_by_role("link", name="Overview").click()
        page.locator("#empty").wait_for()
        page.wait_for_function("() => scrollY === 0")
        come_back()
        page.wait_for_function("() => scrollY === 4000")


def test_a_table_is_open_again_in_a_view_that_comes_back(tmp_path, serve, open_page):
    """Its panel is made anew: out of sight it costs nothing."""
    page, panel, _ = _board(tmp_path, serve, open_page)
    panel.get_by_role("button", name="Loss/batch as a table").click()
    row = panel.locator("tbody tr", has_text="199").first
    row.wait_for()
    page.get_by_role("link", name="Overview").click()
    page.locator("#empty").wait_for()
    page.go_back()
    row.wait_for()
    assert not panel.locator(".chart-plot").is_visible()


def test_a_panel_that_fills_the_page_can_be_pinned(tmp_path, serve, open_page):
    """It goes on filling the page, and its table stays open on its new place."""
    page, panel, _ = _board(tmp_path, serve, open_page)
    panel.get_by_role("button", name="Loss/batch as a table").click()
    panel.get_by_role("button", name="Expand Loss/batch").click()
    dialog = page.locator("dialog.expanded")
    dialog.get_by_role("button", name="Pin Loss/batch").click()
    hash_holds(page, "scalars.pins=Loss/batch")
    assert dialog.locator("tbody tr", has_text="199").first.is_visible()
    page.keyboard.press("Escape")
    pinned = panel_of(page, "Loss/batch", "Pinned")
    pinned.locator("tbody tr", has_text="199").first.wait_for()
    assert not panel.is_visible()


def test_a_panel_does_not_fill_the_page_once_its_view_was_left(tmp_path, serve, open_page):
    """What does it is fetched when it is first asked for."""
    page, panel, _ = _board(tmp_path, serve, open_page)
    held = hold(page, re.compile("expand.js"))
    panel.get_by_role("button", name="Expand Loss/batch").click()
    page.get_by_role("link", name="Overview").click()
    page.locator("#empty").wait_for()
    let_go(page, held)
    page.evaluate("import('./js/panel_tools/expand.js').then(() => null)")
    drawn(page)
    assert page.locator("dialog[open]").count() == 0


def test_what_was_set_before_a_paused_tab_was_hidden_is_asked_for_on_return(
    served, open_page, figures
):
    """No data come that would ask for it."""
    page = open_page(served.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    page.keyboard.press("Space")
    held = hold(page, re.compile("smoothing=0.2"))
    with page.expect_request(re.compile("smoothing=0.2")):
        page.keyboard.press("]")
    page.keyboard.press("]")
    page.evaluate(HIDE, True)
    with page.expect_response(re.compile("smoothing=0.2")):
        let_go(page, held)
    drawn(page)
    with page.expect_request(re.compile("smoothing=0.4")):
        page.evaluate(HIDE, False)


def test_the_focus_stays_in_the_panel_whose_button_goes(served, open_page, figures):
    """Newest is offered as long as another timestep is shown."""
    page = open_page(f"{served.url}#timestep=4")
    figures.wait(page, "#panel-batches .panel-header", "01:15")
    page.locator("#panel-batches .u-over").wait_for()
    newest = page.get_by_role("button", name="Newest", exact=True)
    newest.press("Enter")
    newest.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.closest('#panel-batches') !== null")
