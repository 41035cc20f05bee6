"""Names, states and figures that have the room they need: nothing that counts is cut off."""

from __future__ import annotations

import pytest

from tagged_runs import TaggedRuns

FULL_WORDS = {
    "#owner": "m300000@levante3.dkrz.de",
    ".run-name": "icon_exercise_comin",
    "#connection span": "updated just now",
}
"""What stands there on a shared node, rather than in a test."""

CUT = """
(words) => {
  for (const [at, text] of Object.entries(words)) {
    for (const one of document.querySelectorAll(at)) one.textContent = text;
  }
  return Object.keys(words).flatMap((at) => [...document.querySelectorAll(at)])
    .filter((one) => one.checkVisibility()
      && (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 1))
    .map((one) => `${one.textContent}: ${one.clientWidth} of ${one.scrollWidth} px`);
}
"""
"""Writes words into the page and, before it is drawn again, tells which of them do not fit."""


@pytest.mark.parametrize("width", [720, 1024, 1279, 1280, 1440, 1920])
def test_the_header_says_in_full_what_whose_and_how_fresh(served, open_page, figures, width):
    """Names of runs and nodes as they are long."""
    page = open_page(served.url, (width, 800))
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    assert page.locator("#owner").is_visible()
    assert page.evaluate(CUT, FULL_WORDS) == []


@pytest.mark.parametrize("width", [320, 390])
def test_the_key_figures_of_a_phone_are_whole(served, open_page, figures, width):
    """Their names and what they are compared with; the longest word of a trend, too."""
    page = open_page(served.url, (width, 800))
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    page.locator(".cards-more .is-word", has_text="Decreasing").wait_for()
    words = {".cards-first .card-note": "−39.7\u202f% vs recent median"}
    assert page.evaluate(CUT, words) == []
    titles = page.locator(".card h2")
    cut = titles.evaluate_all("(all) => all.map((one) => one.scrollWidth > one.clientWidth)")
    assert cut == [False] * 6


@pytest.mark.parametrize("width", [390, 1440])
def test_tags_that_differ_at_their_ends_can_be_told_apart(tmp_path, serve, open_page, width):
    """A long one has two lines."""
    tags = [f"activation/net_D/expected_module_{end}" for end in ("mean", "norm_sqr", "variance")]
    runs = TaggedRuns(tmp_path / "data")
    for tag in tags:
        runs.scalars("a", tag, [1.0, 0.5])
    page = open_page(f"{serve(tmp_path / 'data').read().url}#view=scalars", (width, 900))
    page.locator(".tag-panel .u-over").first.wait_for()
    titles = page.locator(".tag-panel .panel-title")
    assert titles.all_inner_texts() == tags
    cut = titles.evaluate_all(
        "(all) => all.map((one) => one.scrollHeight > one.clientHeight + 1"
        " || one.scrollWidth > one.clientWidth)"
    )
    assert cut == [False] * 3


@pytest.mark.parametrize("size", [(1280, 800), (1366, 700), (1440, 900), (1920, 1080)])
def test_all_statistics_are_in_sight_without_scrolling_in_their_panel(
    served, open_page, figures, size
):
    """Also where the page is one screen and low, or scrolls itself."""
    page = open_page(served.url, size)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    missing = page.locator(".statistics-scroll").evaluate(
        "(one) => one.scrollHeight - one.clientHeight"
    )
    assert missing == 0
