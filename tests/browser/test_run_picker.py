"""Several runs in one page: the choice in the header, and everything that follows it."""

from __future__ import annotations

import re

import pytest

from tagged_runs import TaggedRuns


@pytest.fixture(scope="module")
def two(tmp_path_factory, _own_state, monitor_over, losses_in):
    """A server over two directories that nobody changes."""
    folder = tmp_path_factory.mktemp("picked")
    losses_in(folder / "first").run(7)
    losses_in(folder / "second").run(9)
    TaggedRuns(folder / "second").scalars("experiment", "Only/second", [1.0, 2.0])
    monitor = monitor_over(tmp_path_factory.mktemp("state"), folder / "first", folder / "second")
    yield monitor.read(total_timesteps=7)
    monitor.stop()


def _choose(page, label):
    """As a user does: from the browser's list over the run's name."""
    value = page.locator(".run-select option").filter(has_text=label).get_attribute("value")
    with page.expect_navigation():
        page.get_by_role("combobox", name="Run shown").select_option(value)


def test_another_run_is_chosen_in_the_header(two, open_page, figures):
    """Figures, charts and the title are of it; the address keeps it."""
    page = open_page(two.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 7")
    page.locator(".run-more", has_text="+1").wait_for()
    _choose(page, "second")
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    assert figures.value(page, "Total timesteps") == "9"
    assert "run=source-2" in page.evaluate("location.hash")
    assert "second" in page.title()
    page.reload()
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    _choose(page, "first")
    figures.wait(page, "#panel-history .panel-header", "timestep 7")
    assert "run=" not in page.evaluate("location.hash")


def test_what_was_zoomed_in_one_run_is_not_zoomed_in_another(two, open_page, figures):
    """The rest of the address stays."""
    page = open_page(f"{two.url}#scale=log&zoom=2,5&timestep=3")
    figures.wait(page, "#panel-history .panel-header", "timestep 5")
    _choose(page, "second")
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    assert page.evaluate("location.hash") == "#scale=log&run=source-2"


def test_back_leads_to_the_run_before(two, open_page, figures):
    """As from any page to the one before."""
    page = open_page(two.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 7")
    _choose(page, "second")
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    page.go_back()
    figures.wait(page, "#panel-history .panel-header", "timestep 7")


def test_back_is_heeded_before_the_choice_is_there(two, open_page, figures):
    """The list of runs may come late; the run of the address counts from the beginning."""
    page = open_page(two.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 7")
    page.route("**/api/runs*", lambda route: None)
    _choose(page, "second")
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    page.go_back()
    figures.wait(page, "#panel-history .panel-header", "timestep 7")
    page.unroute_all(behavior="ignoreErrors")


def test_the_views_of_tags_are_of_the_run_shown(two, open_page):
    """The first has none."""
    page = open_page(f"{two.url}#view=scalars&run=source-2")
    page.locator(".tag-panel .panel-title", has_text="Only/second").wait_for()
    _choose(page, "first")
    page.get_by_role("heading", name="No scalars yet").wait_for()


def test_two_tabs_of_different_runs_do_not_share_a_stream(two, open_page, figures, browser):
    """Each shows its own."""
    page = open_page(two.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 7")
    other = page.context.new_page()
    other.goto(f"{two.url}#run=source-2")
    figures.wait(other, "#panel-history .panel-header", "timestep 9")
    page.bring_to_front()
    figures.wait(page, "#panel-history .panel-header", "timestep 7")


def test_a_run_alone_has_no_choice(served, open_page, figures):
    """Only its name."""
    page = open_page(served.url)
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    assert not page.get_by_role("combobox", name="Run shown").is_visible()
    assert not page.locator(".run-more").is_visible()


def test_a_run_that_is_not_there_is_told(two, open_page, pages):
    """In the server's words, and another one can be chosen."""

    def allow(_page):
        pages[0].allowed.append(re.compile("status of 404"))

    page = open_page(f"{two.url}#run=nonsense", prepare=allow)
    page.locator(".notice", has_text="unknown run").wait_for()
    page.locator(".run-select option").nth(1).wait_for(state="attached")
