"""What a panel can do: fill the page, be saved as a picture, be saved as numbers."""

from __future__ import annotations

import csv
import io
import struct

import pytest

PANELS = ("history", "distribution", "band", "batches")
PICTURE = (1920, 1080)


@pytest.fixture
def page(served, open_page, figures):
    """The page of a run of 130 timesteps, drawn."""
    opened = open_page(served.url)
    figures.wait(opened, "#panel-history .panel-header", "timestep 130")
    return opened


def _save(page, panel, what, wait_until):
    """Choose an entry of a panel's menu; returns the file's name and content."""
    page.locator(f"#panel-{panel} [aria-haspopup=menu]").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name=what).locator("visible=true").click()
    path = saved.value.path()
    wait_until(path.exists)
    return saved.value.suggested_filename, path.read_bytes()


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_is_saved_as_a_picture(page, panel, wait_until):
    """A PNG of a fixed size, whatever the window's."""
    name, content = _save(page, panel, "Picture (PNG)", wait_until)
    assert name.endswith(".png")
    assert content.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", content[16:24]) == PICTURE
    assert len(content) > 10_000, "nothing is drawn on it"
    assert page.locator(".picture-host").count() == 0


def test_a_picture_is_light_in_a_dark_page(page):
    """And the page itself stays dark."""
    before = page.evaluate("document.querySelector('#panel-history canvas').toDataURL()")
    corner = page.evaluate(
        """async () => {
          const made = [];
          const make = HTMLCanvasElement.prototype.toBlob;
          HTMLCanvasElement.prototype.toBlob = function (done, type) {
            const pixel = this.getContext("2d").getImageData(2, 2, 1, 1).data;
            made.push([...pixel]);
            make.call(this, done, type);
          };
          document.querySelector("#panel-history [aria-haspopup=menu]").click();
          document.querySelector("#panel-history [role=menuitem]").click();
          while (made.length === 0) await new Promise(requestAnimationFrame);
          return made[0];
        }"""
    )
    assert corner == [255, 255, 255, 255]
    assert page.evaluate("document.querySelector('#panel-history canvas').toDataURL()") == before


def test_a_panel_is_saved_as_numbers(page, served, wait_until):
    """The means of all timesteps, with the digits that the interface gives."""
    name, content = _save(page, "history", "Numbers (CSV)", wait_until)
    assert name == "data-Loss-history.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    wanted = served.ask("api/loss/history?limit=130")["mean_losses"]
    assert [float(row["mean"]) for row in reversed(rows)] == wanted
    assert [int(row["timestep"]) for row in reversed(rows)] == list(range(1, 131))


@pytest.mark.parametrize("panel", PANELS)
def test_an_expanded_panel_fills_the_page_until_escape(page, panel):
    """The focus comes back to its button, the panel to its place."""
    before = page.locator(f"#panel-{panel}").bounding_box()
    button = page.locator(f"#panel-{panel} [data-tool=expand]")
    button.click()
    page.wait_for_function(
        "(id) => document.getElementById(id).getBoundingClientRect().width > innerWidth - 40",
        arg=f"panel-{panel}",
    )
    page.wait_for_function(
        "(id) => document.querySelector(`#${id} canvas`).clientWidth > innerWidth - 80",
        arg=f"panel-{panel}",
    )
    assert button.evaluate("(one) => one === document.activeElement")
    page.keyboard.press("Escape")
    page.wait_for_function(
        "([id, width]) => Math.abs(document.getElementById(id).getBoundingClientRect().width"
        " - width) < 1",
        arg=[f"panel-{panel}", before["width"]],
    )
    assert page.locator(f"#panel-{panel}").bounding_box() == before
    assert button.evaluate("(one) => one === document.activeElement")


def test_escape_in_an_expanded_chart_first_takes_its_cursor(page, figures):
    """Then it leads back."""
    page.locator("#panel-history [data-tool=expand]").click()
    page.locator("#panel-history .chart-plot").focus()
    page.keyboard.press("End")
    figures.wait(page, "#panel-history .chart-tag", "01-02 08:30")
    page.keyboard.press("Escape")
    page.locator("#panel-history .chart-tag").wait_for(state="hidden")
    assert page.locator("dialog.expanded").count() == 1
    page.keyboard.press("Escape")
    page.locator("dialog.expanded").wait_for(state="detached")


def test_an_expanded_panel_stays_live(losses, serve, open_page, figures):
    """What is written meanwhile is drawn."""
    losses.run(5)
    page = open_page(serve(losses.folder).read(total_timesteps=5).url)
    figures.wait(page, "#panel-history .panel-header", "timestep 5")
    page.locator("#panel-history [data-tool=expand]").click()
    losses.write(6, losses.values(6))
    figures.wait(page, "dialog #panel-history .panel-header", "timestep 6")


def test_the_menu_is_gone_through_by_keys(page):
    """Down, up, Escape; the focus returns to the button."""
    button = page.locator("#panel-history [aria-haspopup=menu]")
    button.focus()
    page.keyboard.press("Enter")
    focused = "document.activeElement.textContent"
    assert page.evaluate(focused) == "Picture (PNG)"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "Numbers (CSV)"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "Picture (PNG)"
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert button.evaluate("(one) => one === document.activeElement")


@pytest.mark.parametrize("way", ["beside", "tab"])
def test_the_menu_closes_when_the_user_turns_away(page, way):
    """By a press beside it, or on with Tab."""
    button = page.locator("#panel-history [aria-haspopup=menu]")
    button.click()
    if way == "beside":
        page.mouse.click(5, 300)
    else:
        page.keyboard.press("Tab")
    page.locator("#panel-history [role=menu]").wait_for(state="hidden")
