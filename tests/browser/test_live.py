"""A page that is watched while its run grows, breaks, goes away and comes back."""

from __future__ import annotations

import shutil
import statistics
import time


def _exact(value):
    """A number as a tooltip of the page writes it where it needs no power of ten."""
    return repr(float(value)).replace("-", "\u2212")


def _current_is(page, value):
    """Wait until the card's tooltip holds the value with all its digits."""
    page.wait_for_function(
        "(text) => document.querySelector('.card .card-value')?.title === text",
        arg=_exact(value),
        polling=10,
    )


def test_the_page_shows_a_growing_run_within_a_second(losses, serve, open_page, record_property):
    """The card holds the last line of the file, at once."""
    losses.run(3)
    page = open_page(serve(losses.folder, as_command=True).read(total_timesteps=3).url)
    _current_is(page, losses.last_line(3))
    losses.write(4, [0.5])
    _current_is(page, 0.5)
    # The best of some medians: a machine that is busy for a while says nothing of the page.
    medians = []
    while len(medians) < 6 and min(medians, default=1.0) >= 1.0:
        delays = []
        for number in range(5):
            began = time.monotonic()
            losses.append(4, 0.4123456789 / (1 + 5 * len(medians) + number))
            _current_is(page, losses.last_line(4))
            delays.append(time.monotonic() - began)
        medians.append(statistics.median(delays))
    told = ", ".join(f"{median:.3f}" for median in medians)
    print(f"seconds from a written line to the card: {told}")
    record_property("delays_s", told)
    assert min(medians) < 1.0


def test_new_timesteps_appear_in_cards_charts_and_sentence(losses, serve, open_page, figures):
    """Everything follows, without a reload."""
    losses.run(5)
    page = open_page(serve(losses.folder).read(total_timesteps=5).url)
    figures.wait(page, ".card-value", "5")
    losses.run(3, first=6)
    figures.wait(page, figures.CARD.format("Total timesteps") + " .card-value", "8")
    figures.wait(page, "#sentence", "8 timesteps")
    figures.wait(page, "#panel-history .panel-header", "timestep 8")
    figures.wait(page, "#panel-band .panel-header", "timestep 8")
    figures.wait(page, "#panel-batches .panel-header", "02:00")
    figures.wait(page, "#panel-activity", "8 timesteps so far")


def test_the_cursor_stays_at_its_timestep_while_others_arrive(losses, serve, open_page, figures):
    """Where a key put it; all charts move under it, and it can be moved on from there."""
    losses.run(20)
    page = open_page(serve(losses.folder).read(total_timesteps=20).url)
    history = page.locator("#panel-history .chart-plot")
    figures.wait(page, "#panel-history .panel-header", "timestep 20")
    history.press("End")
    history.press("Shift+ArrowLeft")
    tags = [page.locator(f"#panel-{one} .chart-tag") for one in ("history", "band")]
    places = [tag.filter(has_text="02:30") for tag in tags]
    for place in places:
        place.wait_for()
    left = tags[0].bounding_box()["x"]
    losses.run(20, first=21)
    summary = page.locator("#panel-history p[id$=-summary]")
    summary.filter(has_text="timestep 40").wait_for(state="attached")
    assert all(place.is_visible() for place in places)
    assert tags[0].bounding_box()["x"] < left - 50
    history.press("ArrowRight")
    figures.wait(page, "#panel-band .chart-tag", "02:45")


def test_a_nan_is_counted_marked_and_told(losses, serve, open_page, figures):
    """A gap with its count, an amber card, an entry in the log."""
    losses.run(12)
    page = open_page(serve(losses.folder).read(total_timesteps=12).url)
    card = figures.card(page, "Non-finite values")
    card.filter(has_text="all values are finite").wait_for()
    losses.write(13, [0.1, "nan", 0.1, "nan", "inf", 0.1])
    losses.write(14, ["nan", "nan", "nan"])
    losses.write(15, [0.2, 0.1])
    card.filter(has_text="5 NaN, 1 ∞").wait_for()
    card.filter(has_text="first at 13").wait_for()
    assert "is-warn" in card.get_attribute("class")
    figures.wait(page, "#panel-activity .activity-entry", "NaN")
    figures.wait(page, "#sentence", "NaN")
    summary = page.locator("#panel-history p[id$=-summary]")
    summary.filter(has_text="6 values are not finite").wait_for()
    page.get_by_role("button", name="Loss history as a table").click()
    cells = page.locator("#panel-history tbody tr", has_text="14").first.locator("td")
    assert cells.all_inner_texts()[1:] == ["–", "–", "–", "3", "3"], "no number stands for a NaN"


def test_the_link_of_the_first_nan_leads_there(losses, serve, open_page, figures):
    """One click shows the place in all charts, and its batches."""
    losses.run(120, 4)
    losses.write(50, [0.1, "nan", 0.1])
    page = open_page(serve(losses.folder).read(total_timesteps=120).url)
    page.get_by_role("button", name="first at 50").click()
    figures.wait(page, "#panel-batches .panel-header", "12:30")
    assert "timestep=49" in page.url
    assert "zoom=" in page.url
    page.get_by_role("button", name="Reset zoom").click()
    page.wait_for_function("() => !location.hash.includes('zoom')")


def test_a_deleted_and_made_again_directory_is_a_new_run(losses, serve, open_page, figures):
    """The page says that the directory is gone, and shows the run that takes its place."""
    losses.run(6)
    page = open_page(serve(losses.folder).read(total_timesteps=6).url)
    _current_is(page, losses.last_line(6))
    shutil.rmtree(losses.folder)
    figures.wait(page, "#training", "gone")
    losses.write(1, [0.75, 0.625])
    _current_is(page, 0.625)
    figures.wait(page, figures.CARD.format("Total timesteps") + " .card-value", "1")
    losses.append(1, 0.5)
    _current_is(page, 0.5)


def test_the_page_comes_back_by_itself_after_a_restart(losses, serve, open_page, figures):
    """Meanwhile it says that it is disconnected, and keeps what it had."""
    losses.run(6)
    monitor = serve(losses.folder).read(total_timesteps=6)
    page = open_page(monitor.url, lost_allowed=True)
    _current_is(page, losses.last_line(6))
    figures.wait(page, "#connection", "Live")
    monitor.stop()
    figures.wait(page, "#connection", "Reconnecting")
    figures.wait(page, "#notices", "No connection to the monitor")
    assert page.title().startswith("Reconnecting")
    assert page.locator("#icon").get_attribute("href") == "icons/error.svg"
    _current_is(page, losses.last_line(6))
    losses.write(7, [0.0421])
    monitor.start()
    figures.wait(page, "#connection", "Live")
    _current_is(page, 0.0421)
    page.locator("#notices .notice").wait_for(state="detached")


def test_a_second_attempt_is_marked_and_not_joined(losses, serve, open_page, figures):
    """Model time that goes back is told, and stays in the ribbon's words."""
    losses.run(12)
    monitor = serve(losses.folder).read(total_timesteps=12)
    page = open_page(monitor.url)
    _current_is(page, losses.last_line(12))
    losses.write(13, losses.values(13))
    figures.wait(page, figures.CARD.format("Total timesteps") + " .card-value", "13")
    for number in (5, 6, 7):
        losses.write(number, losses.values(number + 100))
    figures.wait(page, "#panel-activity", "Attempt 2")
