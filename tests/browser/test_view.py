"""What the user sets: window, scale, axis, theme, zoom, the timestep chosen; and the address."""

from __future__ import annotations

import pytest

from overview_page import HISTORY, drag, hash_holds, hash_lacks, picture, place, shown


@pytest.fixture
def page(served, open_page, figures):
    """The page of a run of 130 timesteps, drawn."""
    opened = open_page(served.url)
    opened.locator("#panel-history .u-over").wait_for()
    figures.wait(opened, "#panel-history .panel-header", "timestep 130")
    return opened


def _checked(page, group, name):
    page.get_by_role("radiogroup", name=group).get_by_role(
        "radio", name=name, exact=True, checked=True
    ).wait_for()


@pytest.mark.parametrize(("size", "count"), [("50", 50), ("100", 100), ("200", 130)])
def test_a_window_button_shows_so_many_timesteps(page, size, count):
    """In both time charts, in the table and in the address."""
    page.get_by_role("radio", name=size, exact=True).click()
    hash_holds(page, f"window={size}")
    for panel in ("#panel-history", "#panel-band"):
        shown(page, panel, f"{count} timesteps, from timestep {131 - count},")
    page.locator("#panel-statistics th", has_text=f"Last {size}").wait_for()
    page.get_by_role("radio", name="All", exact=True).first.click()
    shown(page, "#panel-history", "130 timesteps, from timestep 1,")
    page.wait_for_function("() => location.hash === ''")


def test_linear_and_logarithmic_scales_differ(page):
    """Each is drawn, marked as chosen, and kept in the address."""
    pictures = {}
    for name, value in (("Linear", "linear"), ("Logarithmic", "log")):
        page.get_by_role("radio", name=name, exact=True).click()
        hash_holds(page, f"scale={value}")
        _checked(page, "Scale of the losses", name)
        pictures[name] = picture(page)
    assert pictures["Linear"] != pictures["Logarithmic"]


def test_the_axis_decides_in_which_words_the_cursor_speaks(page, figures):
    """Model time where it is known; the timestep's number on request."""
    plot = page.locator(HISTORY)
    plot.focus()
    page.keyboard.press("End")
    figures.wait(page, "#panel-history .chart-tag", "01-02 08:30")
    page.get_by_label("X-axis of the time charts").select_option("timestep")
    hash_holds(page, "axis=timestep")
    plot.focus()
    page.keyboard.press("End")
    figures.wait(page, "#panel-history .chart-tag", "timestep 130")


def test_the_theme_is_kept_over_a_reload(page):
    """Dark as the system wishes, until this browser chose light."""
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch to light theme").click()
    assert page.evaluate(theme) == "light"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    page.reload()
    assert page.evaluate(theme) == "light"
    page.get_by_role("button", name="Switch to dark theme").click()
    assert page.evaluate(theme) == "dark"


def test_a_drag_on_the_history_zooms_all_time_charts(page):
    """The range is in the address; the button and a double click show everything again."""
    for again in ("button", "double click"):
        drag(page, 0.25, 0.5)
        hash_holds(page, "zoom=")
        start, stop = (
            float(end) for end in page.evaluate("location.hash").split("zoom=")[1].split(",")
        )
        assert 30 <= start <= 36
        assert 62 <= stop <= 68
        for panel in ("#panel-history", "#panel-band"):
            shown(page, panel, f"from timestep {int(start) + 1},")
        if again == "button":
            page.get_by_role("button", name="Reset zoom").click()
        else:
            page.mouse.dblclick(*place(page, 0.5))
        hash_lacks(page, "zoom")
        shown(page, "#panel-history", "130 timesteps, from timestep 1,")


def test_a_zoom_that_reaches_the_newest_timestep_follows_it_until_the_user_pans(
    losses, serve, open_page, figures
):
    """A panned one stays where it is, and one click makes it follow again."""
    losses.run(40)
    monitor = serve(losses.folder).read(total_timesteps=40)
    page = open_page(f"{monitor.url}#zoom=10")
    shown(page, "#panel-history", "10 timesteps, from timestep 31,")
    losses.write(41, losses.values(41))
    shown(page, "#panel-history", "10 timesteps, from timestep 32,")
    page.mouse.move(*place(page, 0.5))
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(*place(page, 0.9))
    page.mouse.up()
    page.keyboard.up("Shift")
    hash_holds(page, "zoom=27,37")
    losses.write(42, losses.values(42))
    figures.wait(page, figures.CARD.format("Total timesteps") + " .card-value", "42")
    shown(page, "#panel-history", "10 timesteps, from timestep 28,")
    page.get_by_role("button", name="Follow newest").click()
    shown(page, "#panel-history", "10 timesteps, from timestep 33,")
    page.get_by_role("button", name="Follow newest").wait_for(state="hidden")
    page.get_by_role("button", name="Reset zoom").click()
    shown(page, "#panel-history", "42 timesteps, from timestep 1,")


def test_a_click_on_the_history_shows_that_timesteps_batches(page, served, figures):
    """Exactly the values that the interface has of it."""
    page.mouse.click(*place(page, 0.5))
    page.wait_for_function("() => location.hash.includes('timestep=')")
    index = int(page.evaluate("location.hash").split("timestep=")[1])
    assert 60 <= index <= 70
    label = served.ask("api/loss/timesteps")["timesteps"][index]
    figures.wait(page, "#panel-batches .panel-header", label[5:16])
    page.get_by_role("button", name="Batch losses as a table").click()
    cells = page.locator("#panel-batches tbody td").all_inner_texts()
    assert [figures.number(cell) for cell in cells] == (
        served.ask(f"api/loss/by_timestep/{label.replace(' ', '%20')}")["losses"]
    )
    page.get_by_role("button", name="Newest").click()
    figures.wait(page, "#panel-batches .panel-header", "01-02 08:30")
    page.wait_for_function("() => location.hash === ''")


def test_arrow_keys_move_a_cursor_that_all_time_charts_share(page, figures):
    """Left goes back by one, with Shift by ten; Enter chooses; the place is read out."""
    page.locator(HISTORY).focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    for panel in ("#panel-history", "#panel-band"):
        figures.wait(page, f"{panel} .panel-header", "timestep 119")
    page.locator("#panel-history [aria-live=polite]").filter(has_text="timestep 119").wait_for(
        state="attached"
    )
    page.keyboard.press("Enter")
    hash_holds(page, "timestep=118")
    page.keyboard.press("+")
    hash_holds(page, "zoom=")
    page.keyboard.press("Escape")


def test_the_state_in_the_address_survives_a_reload(served, open_page, figures):
    """Whoever has the link sees the same."""
    state = "#window=50&scale=log&axis=timestep&zoom=20,60&timestep=30"
    page = open_page(served.url + state)
    for _ in range(2):
        shown(page, "#panel-history", "40 timesteps, from timestep 21,")
        _checked(page, "Window: newest timesteps shown", "50")
        _checked(page, "Scale of the losses", "Logarithmic")
        assert page.get_by_label("X-axis of the time charts").input_value() == "timestep"
        figures.wait(page, "#panel-batches .panel-header", "07:45")
        assert page.evaluate("location.hash") == state
        page.reload()


@pytest.mark.parametrize("rubbish", ["#window=7&scale=x", "#zoom=9,3&timestep=-1", "#timestep=1e9"])
def test_rubbish_in_the_address_gives_the_default_view(served, open_page, rubbish):
    """No error, and everything is shown."""
    page = open_page(served.url + rubbish)
    shown(page, "#panel-history", "130 timesteps, from timestep 1,")


def test_the_ribbon_zooms_all_charts_to_where_it_is_clicked(page):
    """It shows the whole run, whatever the charts show."""
    box = page.locator("#ribbon").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    hash_holds(page, "zoom=")
