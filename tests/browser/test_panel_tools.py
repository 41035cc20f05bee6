"""What a panel can do: fill the page, be saved as a picture, be saved as numbers."""

from __future__ import annotations

import csv
import io
import json
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


def _rows(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


def _export(page, wait_until, entry):
    """Choose an entry of the open export menu; returns the file's rows."""
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name=entry).click()
    path = saved.value.path()
    wait_until(path.exists)
    return _rows(path.read_bytes()) if "CSV" in entry else json.loads(path.read_bytes())["data"]


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
    """All timesteps in sight with all their figures, as the server has them."""
    name, content = _save(page, "history", "Numbers (CSV)", wait_until)
    assert name == "data-timesteps.csv"
    rows = _rows(content)
    wanted = served.ask("api/loss/history?limit=130")["mean_losses"]
    assert [float(row["mean"]) for row in rows] == wanted
    page.get_by_role("radio", name="50", exact=True).click()
    rows = _rows(_save(page, "band", "Numbers (CSV)", wait_until)[1])
    assert [int(row["timestep_index"]) for row in rows] == list(range(80, 130))


def test_the_chosen_timesteps_batches_are_saved(page, served, wait_until):
    """As they stand in its file."""
    page.evaluate("() => void (location.hash = 'timestep=41')")
    page.locator("#panel-batches .panel-header", has_text="01-01 10:30").wait_for()
    name, content = _save(page, "batches", "Numbers (CSV)", wait_until)
    assert name == "data-batches.csv"
    wanted = served.ask("api/loss/by_timestep/1979-01-01%2010:30:00")["losses"]
    assert [float(row["loss"]) for row in _rows(content)] == wanted


def test_bins_and_statistics_are_saved_as_they_stand_on_the_page(page, wait_until):
    """With every digit."""
    rows = _rows(_save(page, "distribution", "Numbers (CSV)", wait_until)[1])
    assert sum(int(row["values"]) for row in rows) == 130 * 12
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save Statistics as CSV").click()
    wait_until(saved.value.path().exists)
    rows = {row["statistic"]: row["all"] for row in _rows(saved.value.path().read_bytes())}
    assert rows["Count"] == "1560"
    assert len(rows["Mean"]) > 12


@pytest.mark.parametrize(
    ("entry", "count"),
    [("Batches (CSV)", 1560), ("Timesteps (JSON)", 130), ("Batches (JSON)", 1560)],
)
def test_the_export_is_of_the_whole_run(page, wait_until, entry, count):
    """Every value, whatever the charts show."""
    page.get_by_role("radio", name="50", exact=True).click()
    page.keyboard.press("e")
    page.get_by_role("menu", name="Export").get_by_text("All 130 timesteps").wait_for()
    assert len(_export(page, wait_until, entry)) == count


def test_the_report_is_one_page_that_needs_no_server(page, wait_until):
    """Whatever is zoomed."""
    page.keyboard.press("e")
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Report of the run (HTML)").click()
    wait_until(saved.value.path().exists)
    assert saved.value.suggested_filename == "data-report.html"
    assert saved.value.path().read_bytes().lower().startswith(b"<!doctype html>")


def test_the_export_is_of_what_is_zoomed(page, wait_until):
    """And says so."""
    page.evaluate("() => void (location.hash = 'zoom=20,30')")
    page.get_by_role("button", name="Reset zoom").wait_for()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("menu", name="Export").get_by_text("Timesteps 21–30, as zoomed").wait_for()
    rows = _export(page, wait_until, "Batches (CSV)")
    assert {int(row["timestep_index"]) for row in rows} == set(range(20, 30))
    assert len(rows) == 120


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
        "([id, before]) => { const box = document.getElementById(id).getBoundingClientRect();"
        " return Object.entries(before).every(([side, px]) => Math.abs(box[side] - px) < 1); }",
        arg=[f"panel-{panel}", before],
    )
    assert button.evaluate("(one) => one === document.activeElement")


def test_escape_in_an_expanded_chart_first_takes_its_cursor(page, figures):
    """Then it leads back."""
    page.locator("#panel-history [data-tool=expand]").click()
    page.locator("dialog.expanded #panel-history .chart-plot").focus()
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
