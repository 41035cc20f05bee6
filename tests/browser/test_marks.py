"""Marks on the ribbon and the charts, and the lines of the log around one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from access import needs_axe, violations
from loss_monitor.writer import JobLogWriter

JOB = 4711
SHEET = "dialog.log-lines"
TOLD = "() => document.querySelector('.ribbon-track')?.ariaLabel?.includes('rollback')"


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The logs of two jobs: a dry run, checkpoints, a rollback, a time limit, a restart."""
    folder = tmp_path / "night"
    log = JobLogWriter(folder / f"LOG.exp.unet.run.{JOB}.o", tasks=2)
    log.dry_run_step(1, 2)
    log.dry_run_step(2, 2)
    log.dry_run_complete()
    _train(log, range(1, 100))
    log.line("<img src=x onerror=alert(1)> \x1b[31mred\x1b[0m")
    log.nan_detected()
    log.rolled_back(90)
    _train(log, range(100, 151))
    log.cancelled(JOB, "2026-01-01T00:00:00", time_limit=True)
    log.close()
    later = JobLogWriter(folder / f"LOG.exp.unet.run.{JOB + 1}.o", tasks=2)
    later.restored("net.pth", 140)
    _train(later, range(141, 201))
    later.close()
    return folder


def _train(log: JobLogWriter, steps: range) -> None:
    for step in steps:
        log.time_step(step, f"1979-01-{1 + step // 24:02d} {step % 24:02d}:00:00")
        for rank in range(2):
            log.step(step, 1 / step + rank / 1000, rank=rank)
        if step % 30 == 0:
            log.checkpoint_saved(step)


@pytest.fixture
def page(night: Path, serve: Any, open_page: Any) -> Any:
    """The page of the two jobs, all marks in place."""
    page = open_page(serve(night).read(total_timesteps=200).url)
    page.locator(".ribbon-track").wait_for()
    return page


def _wait_for_marks(page: Any) -> None:
    """Wait until the page has marks, and what draws them, which comes by itself."""
    page.wait_for_function(TOLD)
    page.evaluate("import('./js/marks/painting.js').then(() => null)")


def _at_mark(page: Any, number: int) -> str:
    """Go to a mark of the ribbon by keys, from 1; return what is said of it."""
    track = page.locator(".ribbon-track")
    track.focus()
    tip = page.locator(".ribbon-tip")
    track.press("Home")
    for _ in range(number):
        track.press("PageDown")
    return str(tip.inner_text())


def test_page_down_goes_from_mark_to_mark_and_enter_shows_the_log(page: Any) -> None:
    """One tab stop for all marks; the sheet is closed by Escape and gives the focus back."""
    _wait_for_marks(page)
    texts: list[str] = []
    while not texts or "training lost" not in texts[-1]:
        texts.append(_at_mark(page, len(texts) + 1))
        assert len(texts) < 20, texts
    assert "Rolled back to checkpoint at step=90: 9 steps of training lost" in texts[-1]
    assert "click for the log around it" in texts[-1]
    page.keyboard.press("Enter")
    sheet = page.locator(SHEET)
    here = sheet.locator(".log-line.is-here")
    here.wait_for()
    assert "Rolled back to checkpoint at step=90" in here.inner_text()
    assert sheet.locator(".log-line").count() == 41
    title = sheet.locator("h2").inner_text()
    assert title.endswith("9 steps of training lost")
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className") == "ribbon-track"


def test_lines_of_the_log_are_text_and_can_be_copied(page: Any) -> None:
    """Markup in a log stays what it is; line numbers are not among what is copied."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#panel-activity button.activity-place").first.wait_for()
    rolled = page.locator("#panel-activity .activity-entry", has_text="Rolled back")
    rolled.locator("button.activity-place").click()
    sheet = page.locator(SHEET)
    sheet.locator(".log-line.is-here").wait_for()
    assert "<img src=x onerror=alert(1)> red" in sheet.inner_text()
    assert sheet.locator("img").count() == 0
    sheet.get_by_role("button", name="Copy").click()
    sheet.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(copied) == 41
    assert copied[20].startswith("0:  INFO(messe): [rank=0] Rolled back")


def test_a_click_on_a_shape_in_a_chart_shows_the_log(page: Any) -> None:
    """Beside it a click chooses a timestep, as everywhere in a chart."""
    _wait_for_marks(page)
    over = page.locator("#panel-history .u-over")
    box = over.bounding_box()
    places = page.evaluate("fetch('api/marks').then((answer) => answer.json())")["marks"]
    (back,) = [mark for mark in places if mark["kind"] == "rollback"]
    x = box["x"] + box["width"] * (back["index"] + 0.5) / 200
    # A picture is painted by the same hands, in another size.
    page.locator("#panel-history [aria-haspopup=menu]").click()
    with page.expect_download():
        page.get_by_role("menuitem", name="Picture (PNG)").locator("visible=true").click()
    page.mouse.click(x, box["y"] + box["height"] - 20)
    here = page.locator(f"{SHEET} .log-line.is-here")
    here.wait_for()
    assert "Rolled back" in here.inner_text()
    page.keyboard.press("Escape")
    page.mouse.click(x, box["y"] + box["height"] / 2)
    page.wait_for_function("() => location.hash.includes('timestep=')")


def test_the_cursor_of_a_chart_says_what_happened_there(page: Any) -> None:
    """By keys, to those who cannot see the shapes."""
    _wait_for_marks(page)
    page.locator("#panel-history .chart-plot").press("Home")
    readout = page.locator("#panel-history [aria-live=polite]")
    readout.filter(has_text="Dry run complete: 2 steps").wait_for(state="attached")


def test_marks_that_come_late_are_told_where_the_cursor_stands_already(
    night: Path, serve: Any, open_page: Any
) -> None:
    """Through a slow tunnel what draws them comes after the first key."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    url = serve(night).read(total_timesteps=200).url
    page = open_page(url, prepare=lambda page: page.route("**/marks/painting.js", hold))
    page.wait_for_function(TOLD)
    page.locator("#panel-history .chart-plot").press("Home")
    readout = page.locator("#panel-history [aria-live=polite]")
    readout.filter(has_text="timestep 1").wait_for(state="attached")
    tag = page.locator("#panel-history .chart-tag")
    assert "dry run" not in (readout.text_content() + tag.text_content()).lower()
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    readout.filter(has_text="Dry run complete: 2 steps").wait_for(state="attached")
    assert "dry run" in tag.text_content()


def test_a_log_that_is_gone_is_said_in_the_sheet(page: Any, pages: Any, night: Path) -> None:
    """In the server's words, which may know it by now or not, with a way to ask again."""
    pages[0].allowed.append(re.compile("404"))
    button = page.locator("#panel-activity .activity-entry", has_text="Rolled back")
    button.locator("button.activity-place").wait_for()

    def gone(route: Any) -> None:
        os.unlink(night / f"LOG.exp.unet.run.{JOB}.o")
        route.continue_()

    page.route(re.compile("api/log"), gone, times=1)
    button.locator("button.activity-place").click()
    error = page.locator(f"{SHEET} .panel-error")
    error.wait_for()
    assert f"LOG.exp.unet.run.{JOB}.o" in error.inner_text()
    assert page.locator(f"{SHEET} .log-line").count() == 0
    error.get_by_role("button", name="Try again").wait_for()


def test_what_was_done_again_is_drawn_when_asked_for(page: Any) -> None:
    """Pale, under the lines; the address holds it, so that a reload draws it again."""
    button = page.locator("#panel-history button[aria-label^='Earlier attempts: 10 timesteps']")
    button.wait_for()
    picture = "() => document.querySelector('#panel-history canvas').toDataURL()"
    _wait_for_marks(page)
    plain = page.evaluate(picture)
    button.click()
    page.wait_for_function("() => location.hash.includes('dropped=true')")
    page.wait_for_function(f"(plain) => ({picture})() !== plain", arg=plain)
    drawn = page.evaluate(picture)
    button.click()
    page.wait_for_function("() => !location.hash.includes('dropped')")
    page.wait_for_function(f"(plain) => ({picture})() === plain", arg=plain)
    button.click()
    page.wait_for_function(f"(drawn) => ({picture})() === drawn", arg=drawn)


@needs_axe
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_sheet_and_the_ribbon_are_open_to_all(
    night: Path, serve: Any, open_page: Any, theme: str
) -> None:
    """No violation in either theme, on a phone too; the page does not scroll sideways."""
    monitor = serve(night).read(total_timesteps=200)
    for size in ((1440, 900), (390, 844)):
        page = open_page(monitor.url, size=size, theme=theme)
        _wait_for_marks(page)
        track = page.locator(".ribbon-track")
        track.focus()
        track.press("Home")
        for _ in range(3):
            track.press("PageDown")
        track.press("Enter")
        page.locator(f"{SHEET} .log-line.is-here").wait_for()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
