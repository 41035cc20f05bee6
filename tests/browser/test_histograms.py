"""The view Histograms: heat map, quantile lines, the histogram at the cursor."""

from __future__ import annotations

import re

import pytest

from overview_page import hash_holds
from tag_board_page import hold, let_go
from tagged_runs import TaggedRuns

REMAINDER = 0.6180339887498949


def _values(step, count=200):
    """Values that spread with the step, without chance."""
    return [((n * REMAINDER) % 1 - 0.5) * (1 + step / 10) for n in range(count)]


@pytest.fixture(scope="module")
def board(tmp_path_factory, _own_state, monitor_over):
    """A server over two runs that nobody changes; the first has 300 steps."""
    folder = tmp_path_factory.mktemp("histograms")
    runs = TaggedRuns(folder)
    for step in range(300):
        runs.histogram("a", "Parameters/w", _values(step, 40), step)
    for step in range(0, 30, 3):
        runs.histogram("a", "Gradients/w", _values(30 - step), step)
        runs.histogram("b", "Parameters/w", _values(5), step)
    monitor = monitor_over(tmp_path_factory.mktemp("state"), folder)
    yield monitor.read()
    monitor.stop()


@pytest.fixture
def page(board, open_page):
    """The view, drawn."""
    opened = open_page(f"{board.url}#view=histograms")
    opened.locator(".tag-panel .u-over").nth(3).wait_for()
    return opened


def _panel(page, tag):
    return page.get_by_role("region", name=tag, exact=True)


def _picture(page, tag, part):
    """What is drawn in a panel's heat map or profile, once it rests."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return _panel(page, tag).locator(f"{part} canvas").evaluate("(one) => one.toDataURL()")


def _differs(page, tag, part, before):
    """Wait until something else is drawn."""
    page.wait_for_function(
        "([panel, at, before]) => { const canvas = panel.querySelector(at);"
        " return canvas !== null && canvas.toDataURL() !== before; }",
        arg=[_panel(page, tag).element_handle(), f"{part} canvas", before],
    )


def test_each_tag_has_a_heat_map_and_the_newest_histogram(page):
    """In groups of their prefix; with words for those who do not see them."""
    groups = page.locator(".tag-group h2").all_inner_texts()
    assert [text.split("\n")[0] for text in groups] == ["Gradients", "Parameters"]
    moment = _panel(page, "Gradients/w").locator(".tag-moment")
    assert moment.inner_text() == "step 27"
    words = _panel(page, "Gradients/w").locator("[id$=-summary]").text_content()
    assert "10 steps, step 0 to step 27" in words
    assert "200 values" in words


def test_the_table_has_the_quantiles_of_the_interface(page, board, figures):
    """Newest first."""
    panel = _panel(page, "Gradients/w")
    panel.get_by_role("button", name="Gradients/w as a table").click()
    heads = panel.locator("thead th").all_inner_texts()
    shares = ["5 %", "25 %", "median", "75 %", "95 %"]
    assert heads == ["step", "values", "minimum", *shares, "maximum"]
    row = panel.locator("tbody tr").first.locator("td").all_inner_texts()
    answer = board.ask("api/tensorboard/histograms?tag=Gradients/w&bins=60")
    assert [figures.number(cell) for cell in row[2:7]] == answer["quantiles"][-1]
    assert panel.locator("tbody tr").count() == 10
    assert not panel.locator(".profile").is_visible()


def test_the_histogram_beside_follows_the_cursor(page, figures):
    """By keys, and by the mouse; without a cursor it is the newest."""
    panel = _panel(page, "Gradients/w")
    newest = _picture(page, "Gradients/w", ".profile")
    panel.locator(".chart-plot").focus()
    page.keyboard.press("Home")
    figures.wait(page, ".tag-moment", "step 0")
    panel.locator("[aria-live=polite]").filter(has_text="step 0: 200 values, median").wait_for(
        state="attached"
    )
    _differs(page, "Gradients/w", ".profile", newest)
    first = _picture(page, "Gradients/w", ".profile")
    box = panel.locator(".chart-plot .u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    _differs(page, "Gradients/w", ".profile", first)
    page.mouse.move(0, 0)
    figures.wait(page, ".tag-moment", "step 27")


def test_counts_are_linear_or_logarithmic(page):
    """In the heat map and beside it; the address keeps it."""
    before = [_picture(page, "Parameters/w", part) for part in (".chart-plot", ".profile")]
    page.get_by_role("radio", name="Logarithmic").click()
    page.wait_for_function("() => location.hash.includes('histograms.counts=log')")
    for part, picture in zip((".chart-plot", ".profile"), before, strict=True):
        _differs(page, "Parameters/w", part, picture)


def test_too_many_steps_are_thinned_in_words(page):
    """300 steps, of which a panel shows 240."""
    note = _panel(page, "Parameters/w").locator(".chart-note")
    assert note.inner_text() == "240 of 300 steps, evenly apart"
    assert not _panel(page, "Gradients/w").locator(".chart-note").is_visible()


def test_another_run_is_chosen_from_a_list(page):
    """Its tags take the place of the other's."""
    page.get_by_role("combobox", name="Run").select_option("b")
    page.wait_for_function("() => location.hash.includes('histograms.run=b')")
    page.wait_for_function("() => document.querySelectorAll('.tag-panel').length === 1")
    page.locator(".tag-moment", has_text="step 27").wait_for()
    page.reload()
    page.locator(".tag-panel .u-over").first.wait_for()
    assert page.locator(".tag-panel .panel-title").all_inner_texts() == ["Parameters/w"]


def test_a_run_that_appears_does_not_take_the_place_of_the_one_shown(tmp_path, serve, open_page):
    """Though its name comes before it, and the one shown was not chosen by hand."""
    runs = TaggedRuns(tmp_path)
    for name in ("m", "n"):
        runs.histogram(name, "Parameters/w", _values(2), 0)
    page = open_page(f"{serve(tmp_path).read().url}#view=histograms")
    page.locator(".tag-panel .u-over").first.wait_for()
    choice = page.get_by_role("combobox", name="Run")
    assert choice.input_value() == "m"
    runs.histogram("a", "Parameters/w", _values(2), 0)
    choice.locator("option[value=a]").wait_for(state="attached")
    assert choice.input_value() == "m"
    choice.select_option("a")
    hash_holds(page, "histograms.run=a")


def test_a_heat_map_stays_until_another_range_of_it_is_there(page):
    """That of another run does not: nobody takes it for the one chosen."""
    panel = _panel(page, "Parameters/w")
    held = hold(page, re.compile("api/tensorboard/histograms.*Parameters.*span=all"))
    page.get_by_role("radio", name="All", exact=True).click()
    busy = panel.and_(page.locator("[aria-busy=true]"))
    busy.wait_for()
    assert panel.locator(".chart-plot .u-over").is_visible()
    let_go(page, held)
    busy.wait_for(state="detached")
    held = hold(page, re.compile("api/tensorboard/histograms.*Parameters.*tb_run=b"))
    page.get_by_role("combobox", name="Run").select_option("b")
    panel.locator(".chart-empty", has_text="Loading").wait_for()
    assert not panel.locator(".chart-plot .u-over").is_visible()
    let_go(page, held)
    panel.locator(".chart-plot .u-over").wait_for()


def test_an_outburst_is_left_out_or_shown(tmp_path, serve, open_page):
    """What lies beyond is told; the range of all values has it."""
    runs = TaggedRuns(tmp_path)
    for step in range(60):
        runs.histogram("a", "w", _values(0) if step != 30 else [1e6] * 200, step)
    page = open_page(f"{serve(tmp_path).read().url}#view=histograms")
    page.locator(".chart-note", has_text="of the values lie beyond").wait_for()
    page.get_by_role("radio", name="All", exact=True).click()
    page.locator(".chart-note", has_text="beyond").wait_for(state="hidden")


def test_panels_in_sight_follow_the_file(tmp_path, serve, open_page):
    """A histogram that is written later comes by itself."""
    runs = TaggedRuns(tmp_path).histogram("a", "w", _values(0), 0)
    page = open_page(f"{serve(tmp_path).read().url}#view=histograms")
    page.locator(".tag-moment", has_text="step 0").wait_for()
    runs.histogram("a", "w", _values(1), 1)
    page.locator(".tag-moment", has_text="step 1").wait_for()


def test_a_run_without_histograms_says_how_to_get_some(served, open_page):
    """With the line of code that writes one."""
    page = open_page(f"{served.url}#view=histograms")
    page.get_by_role("heading", name="No histograms yet").wait_for()
    assert "add_histogram" in page.locator("#view-histograms").inner_text()


def test_a_heat_map_is_saved_as_a_picture(page, wait_until):
    """With its lines."""
    panel = _panel(page, "Gradients/w")
    panel.locator("[aria-haspopup=menu]").click()
    with page.expect_download() as saved:
        panel.get_by_role("menuitem", name="Picture (PNG)").click()
    path = saved.value.path()
    wait_until(path.exists)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 10_000
