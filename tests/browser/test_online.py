"""The online-training lens: first and last batch of each timestep, and a strip of quantiles."""

from __future__ import annotations

import re

import pytest

from overview_page import hash_holds, hash_lacks, place, shown, table

PANEL = "#panel-online"


@pytest.fixture
def page(served, open_page, figures):
    """The page of a run of 130 timesteps of 12 batches, with the lens in sight."""
    opened = open_page(f"{served.url}#lower=online")
    opened.locator(f"{PANEL} .u-over").wait_for()
    figures.wait(opened, f"{PANEL} .panel-header", "timestep 130")
    return opened


def test_its_table_holds_the_servers_signals(page, served, figures):
    """First and last batch, gain, jump, and the quantiles of all batches."""
    signals = served.ask("api/loss/online")
    newest = table(page, PANEL)[0]
    names = ("first_batch", "last_batch", "gain", "boundary_jump", "max", "percentile_90")
    assert [figures.number(cell) for cell in newest[2:8]] == [signals[name][-1] for name in names]
    by_timestep = served.ask("api/loss/by_timestep/1979-01-02%2008:30:00")["losses"]
    assert figures.number(newest[2]) == by_timestep[0]
    assert figures.number(newest[3]) == by_timestep[-1]


def test_a_click_in_the_strip_opens_that_timesteps_batches_as_in_the_file(page, served, figures):
    """The lowest part of the chart is the strip."""
    box = page.locator(f"{PANEL} .u-over").bounding_box()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.9 * box["height"])
    hash_holds(page, "timestep=", "lower=online")
    index = int(page.evaluate("location.hash").split("timestep=")[1].split("&")[0])
    assert 36 <= index <= 42
    label = served.ask("api/loss/timesteps")["timesteps"][index]
    figures.wait(page, "#panel-batches .panel-header", label[5:16])
    losses = [figures.number(row[1]) for row in table(page, "#panel-batches")]
    assert losses == served.ask(f"api/loss/by_timestep/{label.replace(' ', '%20')}")["losses"]


def test_it_shares_zoom_and_cursor_with_the_history(page, figures):
    """One x-axis for all time charts."""
    page.evaluate("() => void (location.hash = 'lower=online&zoom=20,60')")
    shown(page, PANEL, "40 timesteps, from timestep 21,")
    page.mouse.move(*place(page, 0.5))
    tag = page.locator("#panel-history .chart-tag")
    tag.wait_for()
    figures.wait(page, f"{PANEL} .chart-tag", tag.inner_text())


def test_the_switch_is_moved_by_arrow_keys_and_keeps_the_focus(page):
    """Though the panel that had it goes."""
    page.locator(f"{PANEL} .lower-switch [aria-checked=true]").focus()
    page.keyboard.press("ArrowLeft")
    hash_lacks(page, "lower")
    page.locator("#panel-band .u-over").wait_for()
    page.wait_for_function(
        "() => document.activeElement.closest('#panel-band .lower-switch') !== null"
    )
    page.keyboard.press("ArrowRight")
    page.locator(f"{PANEL} .u-over").wait_for()
    page.wait_for_function("() => document.activeElement.textContent === 'Online'")


def test_words_say_what_the_signals_mean(page):
    """On pointing at the legend; the help says it to everybody."""
    key = page.locator(f"{PANEL} .chart-key", has_text="boundary jump")
    assert "the new data were harder" in key.get_attribute("title")


def test_it_follows_a_growing_run(losses, serve, open_page, figures):
    """As all charts do."""
    losses.run(5)
    page = open_page(serve(losses.folder).read(total_timesteps=5).url + "#lower=online")
    figures.wait(page, f"{PANEL} .panel-header", "timestep 5")
    losses.write(6, [0.5, 0.25])
    figures.wait(page, f"{PANEL} .panel-header", "timestep 6")
    figures.wait(page, f"{PANEL} .chart-legend", "gain0.2500")


def test_a_lens_that_does_not_come_is_told_in_its_place(served, open_page, pages):
    """And can be asked for again."""
    page = open_page(served.url)
    pages[0].allowed.append(re.compile("ERR_FAILED"))
    page.locator("#panel-band .u-over").wait_for()
    page.route("**/charts/online.js", lambda route: route.abort())
    page.get_by_role("radio", name="Online training").first.click()
    told = page.locator(f"{PANEL} .panel-error")
    told.filter(has_text="could not be loaded").wait_for()
    page.unroute("**/charts/online.js")
    told.get_by_role("button", name="Try again").click()
    page.locator(f"{PANEL} .u-over").wait_for()


def test_values_that_are_not_finite_are_marked_and_leave_a_gap(losses, serve, open_page, figures):
    """A first batch that is NaN has no gain."""
    losses.run(9)
    losses.write(9, ["nan", 0.5])
    page = open_page(serve(losses.folder).read(total_timesteps=9).url + "#lower=online")
    figures.wait(page, f"{PANEL} .panel-header", "timestep 9")
    assert page.locator(f"{PANEL} .chart-legend b").all_inner_texts() == ["–", "0.5000", "–", "–"]
