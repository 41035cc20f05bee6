"""Names and lines made to run a script, to break a page, or to deceive its reader."""

from __future__ import annotations

import os

import pytest

from loss_monitor.writer.event_writer import EventWriter

SCRIPT = "<script>window.hit = 1</script>"
IMAGE = "<img src=x onerror=window.hit=2>"
QUOTES = "\"'`${window.hit=3}&lt;"
OVERRIDE = "\u202etxt.evil"


def _nothing_ran(page):
    assert page.evaluate("window.hit") is None
    assert page.locator("main script, main img, main iframe").count() == 0


def test_hostile_file_names_are_text(losses, serve, open_page, figures):
    """Refused files are named in the log as they are, and nothing of them runs."""
    losses.run(4)
    names = [SCRIPT.replace("/", "\u2044"), IMAGE, QUOTES, "new\nline", OVERRIDE]
    for name in names:
        (losses.folder / f"log_{name}.txt").write_text("0.5\n")
    (losses.folder / os.fsdecode(b"log_\xff\xfe.txt")).write_text("0.5\n")
    page = open_page(serve(losses.folder).read(total_timesteps=4).url)
    figures.wait(page, "#panel-activity", "window.hit = 1")
    figures.wait(page, "#panel-activity", IMAGE)
    figures.wait(page, "#panel-activity", "${window.hit=3}&lt;")
    figures.wait(page, "#panel-activity", "\\xff\\xfe")
    _nothing_ran(page)


def test_hostile_lines_and_summaries_are_text(losses, serve, open_page, figures):
    """A line that is no number is counted, told once, and shown as it is."""
    losses.run(4)
    losses.append(4, SCRIPT, IMAGE, "0.5")
    summary = losses.folder / f"summary_{losses.label(4)}.txt"
    summary.write_text(f"Timestep: {losses.label(4)}\n{SCRIPT}: {IMAGE}\n{IMAGE}\n")
    page = open_page(serve(losses.folder).read(total_timesteps=4).url)
    figures.wait(page, "#panel-activity .activity-entry.tone-warn", "line 13")
    figures.wait(page, figures.CARD.format("Current loss"), "0.5000")
    _nothing_ran(page)


def test_a_hostile_directory_and_job_log_name_are_text(tmp_path, serve, open_page, losses_in):
    """In the header, the title, the tools and the page of a missing directory."""
    folder = tmp_path / f"{IMAGE}{QUOTES}{OVERRIDE}"
    page = open_page(serve(folder).read().url)
    page.locator("#empty code", has_text=IMAGE).wait_for()
    losses_in(folder).run(2)
    page.locator("#run-label", has_text="<img").wait_for()
    assert "<img" in page.title()
    directory = page.locator(".tools-directory bdi")
    assert directory.inner_text().endswith(OVERRIDE), "the override ends with its element"
    _nothing_ran(page)


def test_hostile_tags_are_text(losses, serve, open_page, figures):
    """Tags of event files, and the keys of a job log, go through the interface unharmed."""
    losses.run(3)
    writer = EventWriter(losses.folder / "runs" / "experiment")
    writer.scalar(SCRIPT, 0.5, 1)
    writer.scalar(f"{QUOTES}\n{OVERRIDE}", 0.5, 1)
    writer.close()
    monitor = serve(losses.folder).read(total_timesteps=3)
    page = open_page(monitor.url)
    figures.wait(page, figures.CARD.format("Total timesteps"), "3")
    (run,) = monitor.ask("api/tensorboard/tags")["runs"]
    assert SCRIPT in run["scalars"]
    _nothing_ran(page)


@pytest.mark.parametrize("view", ["scalars", "histograms", "compare"])
@pytest.mark.parametrize("width", [1440, 390])
def test_hostile_names_are_text_in_every_view(losses, serve, open_page, tmp_path, view, width):
    """Tags of markup, of 100 KB, with overrides and line ends, and runs of such names."""
    losses.run(3)
    other = tmp_path / f"{IMAGE}{OVERRIDE}".replace("/", "_")
    other.mkdir()
    (other / "log_1979-01-01 00:15:00.txt").write_text("0.5\n")
    writer = EventWriter(losses.folder / "runs" / SCRIPT.replace("/", "_"))
    for tag in (SCRIPT, f"{QUOTES}\n{OVERRIDE}", "long/" + "x" * 100_000):
        writer.scalar(tag, 0.5, 1)
        writer.histogram(tag, [0.1, 0.2, 0.4], 1)
    writer.close()
    monitor = serve(losses.folder, other).read(total_timesteps=3)
    page = open_page(f"{monitor.url}#view={view}", size=(width, 844))
    page.locator(".panel:visible").first.wait_for()
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    _nothing_ran(page)


def test_a_hostile_address_runs_nothing(served, open_page, figures):
    """What stands behind `#` and `?` is never put into the page as markup."""
    page = open_page(f"{served.url}?{SCRIPT}#window={IMAGE}&timestep={SCRIPT}")
    figures.wait(page, figures.CARD.format("Total timesteps"), "130")
    _nothing_ran(page)


def test_the_policy_refuses_an_inline_script(served, open_page, figures, pages):
    """Should markup get in after all, the browser does not run it."""
    import re

    page = open_page(served.url)
    figures.wait(page, figures.CARD.format("Total timesteps"), "130")
    pages[0].allowed.append(re.compile("script-src|Content Security Policy|policy violated"))
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.hit = 4";
          document.body.append(script);
        }"""
    )
    assert page.evaluate("window.hit") is None
    assert any("policy" in fault.lower() for fault in pages[0].faults)
