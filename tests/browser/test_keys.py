"""Keys that work anywhere, the help sheet, and the pause."""

from __future__ import annotations

import pytest

from overview_page import HISTORY, hash_holds, hash_lacks, place, shown


@pytest.fixture
def page(served, open_page, figures):
    """The page of a run of 130 timesteps, drawn."""
    opened = open_page(served.url)
    opened.locator("#panel-history .u-over").wait_for()
    figures.wait(opened, "#panel-history .panel-header", "timestep 130")
    return opened


def _told(page, text):
    page.locator("#announcer").filter(has_text=text).wait_for(state="attached")


def test_digits_choose_the_window(page):
    """In the order of the buttons."""
    for key, size in (("1", "50"), ("2", "100"), ("3", "200"), ("4", "500")):
        page.keyboard.press(key)
        hash_holds(page, f"window={size}")
        page.get_by_role("radio", name=size, exact=True, checked=True).wait_for()
    page.keyboard.press("5")
    hash_lacks(page, "window")
    _told(page, "All timesteps")


def test_letters_change_scale_theme_and_zoom(page):
    """And what changed is read out where nothing else says it."""
    page.keyboard.press("l")
    hash_holds(page, "scale=log")
    _told(page, "Logarithmic scale")
    page.keyboard.press("L")
    hash_holds(page, "scale=linear")
    page.keyboard.press("t")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    page.keyboard.press("+")
    hash_holds(page, "zoom=")
    page.keyboard.press("r")
    hash_lacks(page, "zoom")


def test_brackets_smooth_by_steps(page):
    """Up to nearly everything, down to nothing."""
    page.keyboard.press("]")
    hash_holds(page, "smoothing=0.2")
    for _ in range(12):
        page.keyboard.press("]")
    hash_holds(page, "smoothing=0.99")
    for _ in range(12):
        page.keyboard.press("[")
    hash_lacks(page, "smoothing")


def test_arrows_move_the_cursor_of_the_history_from_anywhere(page, figures):
    """With Shift by ten; Escape takes it away."""
    page.keyboard.press("ArrowLeft")
    figures.wait(page, f"{HISTORY} .chart-tag", "01-02 08:30")
    page.keyboard.press("Shift+ArrowLeft")
    figures.wait(page, f"{HISTORY} .chart-tag", "01-02 06:00")
    page.keyboard.press("Escape")
    page.locator(f"{HISTORY} .chart-tag").wait_for(state="hidden")


def test_a_panel_fills_the_page_and_goes_back_by_its_key(page):
    """The one under the pointer, or the one with the focus."""
    page.mouse.move(*place(page, 0.5, "#panel-batches .chart-plot"))
    page.keyboard.press("f")
    page.get_by_role("dialog", name="Batch losses").wait_for()
    page.keyboard.press("f")
    page.get_by_role("dialog").wait_for(state="detached")
    page.mouse.move(0, 0)
    page.locator("#panel-band .chart-plot").focus()
    page.keyboard.press("f")
    page.get_by_role("dialog", name="Timestep statistics").wait_for()


def test_the_filter_key_leads_to_the_filter_of_the_log(page):
    """Arrows then choose the level."""
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('.activity-filter') !== null")


def test_keys_are_not_taken_from_who_is_typing(page):
    """A number in a field is no window, a letter no command."""
    page.get_by_label("Range of the y-axis").select_option("edit")
    page.get_by_label("Least value of the y-axis").press_sequentially("1lt5? f")
    assert page.get_by_label("Least value of the y-axis").input_value() == "1lt5? f"
    assert page.evaluate("location.hash") == ""
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.get_by_role("dialog").count() == 0


def test_with_control_a_key_is_the_browsers(page):
    """Ctrl+L leads to the address bar, and nothing else."""
    page.keyboard.press("Control+l")
    page.keyboard.press("Alt+1")
    page.keyboard.press("2")
    hash_holds(page, "window=100")
    assert "scale" not in page.evaluate("location.hash")


def test_the_help_names_every_key_and_the_words_of_online_training(page):
    """It opens and closes by its key, by its button, and by Escape."""
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Help")
    sheet.wait_for()
    words = sheet.inner_text()
    for text in ("Space", "smoothing", "Boundary jump", "data that the network has not seen"):
        assert text in words
    page.keyboard.press("1")
    page.keyboard.press("?")
    sheet.wait_for(state="hidden")
    assert page.evaluate("location.hash") == ""
    page.get_by_role("button", name="Help", exact=True).click()
    sheet.get_by_role("button", name="Close the help").click()
    sheet.wait_for(state="hidden")
    page.keyboard.press("?")
    sheet.wait_for()
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")


def test_while_paused_nothing_moves_and_what_is_new_is_counted(losses, serve, open_page, figures):
    """In the pill, in the title and in the icon; going on shows it."""
    losses.run(12)
    monitor = serve(losses.folder).read(total_timesteps=12)
    page = open_page(monitor.url)
    total = figures.CARD.format("Total timesteps") + " .card-value"
    figures.wait(page, total, "12")
    page.keyboard.press("Space")
    pill = page.locator("#connection", has_text="Paused")
    pill.wait_for()
    _told(page, "Paused")
    assert page.title().startswith("Paused")
    assert page.locator("#icon").get_attribute("href") == "icons/paused.svg"
    losses.write(13, [0.5] * 14)
    pill.filter(has_text="14 new").wait_for()
    assert page.locator(total).inner_text() == "12"
    shown(page, "#panel-history", "12 timesteps,")
    page.get_by_role("button", name="Pause", pressed=True).click()
    figures.wait(page, total, "13")
    shown(page, "#panel-history", "13 timesteps,")
    figures.wait(page, "#connection", "Live")


def test_space_presses_the_button_that_has_the_focus_and_does_not_pause(page):
    """A key means what the focus is at."""
    page.get_by_role("button", name="Switch to light theme").focus()
    page.keyboard.press("Space")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    assert page.get_by_role("button", name="Pause", pressed=True).count() == 0
