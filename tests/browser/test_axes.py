"""Axes of the time charts: what x counts, how y is scaled, what is smoothed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from overview_page import drag, drawn, hash_holds, picture, shown, table

HISTORY, BAND = "#panel-history", "#panel-band"
AXIS, RANGE, SMOOTHING = (
    "X-axis of the time charts",
    "Range of the y-axis",
    "Smoothing of the mean",
)


@pytest.fixture
def page(served, open_page, figures):
    """The page of a run of 130 timesteps of 12 batches, drawn."""
    opened = open_page(served.url)
    opened.locator(f"{HISTORY} .u-over").wait_for()
    figures.wait(opened, f"{HISTORY} .panel-header", "timestep 130")
    return opened


def _cursor_at_the_end(page, figures, text):
    page.locator(f"{HISTORY} .u-over").wait_for()
    page.locator(f"{HISTORY} .chart-plot").focus()
    page.keyboard.press("End")
    figures.wait(page, f"{HISTORY} .chart-tag", text)


def test_on_the_axis_of_batches_a_zoom_shows_each_as_it_stands_in_the_file(page, served, figures):
    """At full resolution, across timesteps; the statistics beside it keep to timesteps."""
    page.get_by_label(AXIS).select_option("batch")
    _cursor_at_the_end(page, figures, "1,559")
    drag(page, 0.5, 0.52)
    hash_holds(page, "axis=batch", "batches=")
    first, stop = map(int, page.evaluate("location.hash").split("batches=")[1].split(","))
    assert 770 <= first < stop <= 825
    page.mouse.move(0, 0)
    figures.wait(page, f"{HISTORY} .panel-header", f"batch {stop - 1}")
    rows = table(page, HISTORY)
    losses = served.ask(f"api/loss/range?x=batch&start={first}&stop={stop}")["mean"]
    assert [figures.number(row[2]) for row in rows] == losses[::-1]
    assert [int(row[0]) for row in rows] == list(range(stop - 1, first - 1, -1))
    assert all(row[0].startswith("6") for row in table(page, BAND))


def test_old_timesteps_are_drawn_one_by_one_once_they_are_zoomed(losses, serve, open_page, figures):
    """The stream has them in buckets; each extreme is there at every zoom."""
    for number in range(1, 1301):
        losses.write(number, losses.values(number, 3))
    losses.write(200, [0.5, 77.0, 0.25])
    monitor = serve(losses.folder).read(total_timesteps=1300)
    page = open_page(f"{monitor.url}#axis=timestep")
    summary = page.locator(f"{HISTORY} p[id$=-summary]")
    summary.filter(has_text="to 77.00").wait_for(state="attached")
    page.evaluate("() => void (location.hash = 'axis=timestep&zoom=190,210')")
    shown(page, HISTORY, "20 timesteps, from timestep 191,")
    summary.filter(has_text="to 77.00").wait_for(state="attached")
    rows = table(page, HISTORY)
    assert [int(row[0]) for row in rows] == list(range(210, 190, -1))
    wanted = monitor.ask("api/loss/range?x=timestep&start=190&stop=210")
    for column, name in ((2, "mean"), (3, "min"), (4, "max")):
        assert [figures.number(row[column]) for row in rows] == wanted[name][::-1]
    page.get_by_role("button", name="Reset zoom").first.click()
    summary.filter(has_text="to 77.00").wait_for(state="attached")


def test_wall_time_is_that_of_the_files(losses, serve, open_page, figures):
    """In this browser's zone, UTC here."""
    for number in range(1, 31):
        losses.write(number, losses.values(number), age_s=3600 + 600 * (30 - number))
    page = open_page(serve(losses.folder).read(total_timesteps=30).url + "#axis=wall_time")
    written = datetime.fromtimestamp(losses.path(30).stat().st_mtime, UTC)
    _cursor_at_the_end(page, figures, f"{written:%m-%d %H:%M}")
    assert page.get_by_label(AXIS).input_value() == "wall_time"
    drag(page, 0.4, 0.6)
    hash_holds(page, "zoom=12,18")


def test_model_time_has_the_days_that_its_calendar_has(tmp_path, serve, open_page, figures):
    """The 30th of February, where every month has 30 days."""
    folder = tmp_path / "data"
    folder.mkdir()
    for hour in range(72):
        day, rest = 28 + hour // 24, hour % 24
        (folder / f"log_1979-02-{day:02d} {rest:02d}:00:00.txt").write_text("0.5\n0.25\n")
    page = open_page(serve(folder).read(total_timesteps=72).url)
    _cursor_at_the_end(page, figures, "02-30 23:00")
    shown(page, HISTORY, "to timestep 72, 1979-02-30 23:00")


def test_a_symmetric_scale_shows_what_is_at_zero_and_below(losses, serve, open_page, figures):
    """Which a logarithmic one can only mark."""
    for number in range(1, 21):
        losses.write(number, [10.0 ** (number % 5), -0.5, 0])
    monitor = serve(losses.folder).read(total_timesteps=20)
    page = open_page(f"{monitor.url}#scale=log")
    figures.wait(page, f"{HISTORY} .chart-note", "20 points at zero or below")
    logarithmic = picture(page)
    page.get_by_role("radio", name="Symmetric logarithmic").click()
    hash_holds(page, "scale=symlog")
    page.locator(f"{HISTORY} .chart-note").wait_for(state="hidden")
    assert picture(page) != logarithmic


def test_a_spike_is_left_out_of_a_robust_range_and_told(losses, serve, open_page, figures):
    """No extreme is lost without a word."""
    losses.run(60)
    losses.write(50, [0.07, 4000.0])
    page = open_page(serve(losses.folder).read(total_timesteps=60).url + "#scale=linear")
    page.locator(f"{HISTORY} .u-over").wait_for()
    before = picture(page)
    page.get_by_label(RANGE).select_option("robust")
    hash_holds(page, "y=robust")
    figures.wait(page, f"{HISTORY} .chart-note", "beyond this y-range")
    assert picture(page) != before
    page.get_by_label(RANGE).select_option("auto")
    page.locator(f"{HISTORY} .chart-note").wait_for(state="hidden")


def test_a_range_set_by_hand_is_kept_in_the_address(page, figures):
    """What is no range is told beside the fields."""
    page.get_by_label(RANGE).select_option("edit")
    low, high = (page.get_by_label(f"{end} value of the y-axis") for end in ("Least", "Largest"))
    low.fill("0.2")
    high.fill("0.1")
    page.keyboard.press("Enter")
    page.get_by_role("alert").filter(has_text="Two numbers, the second one larger").wait_for()
    low.fill("1e-2")
    page.keyboard.press("Enter")
    hash_holds(page, "y=0.01,0.1")
    low.wait_for(state="hidden")
    figures.wait(page, f"{HISTORY} .chart-note", "beyond this y-range")
    page.reload()
    figures.wait(page, f"{HISTORY} .chart-note", "beyond this y-range")
    assert page.get_by_label(RANGE).locator("option:checked").inner_text() == "0.01 to 0.1"


def test_the_smoothed_mean_is_the_servers_over_all_values(page, served, figures):
    """The mean itself stays in view behind it."""
    plain = picture(page)
    page.get_by_label(SMOOTHING).fill("0.9")
    hash_holds(page, "smoothing=0.9")
    figures.wait(page, f"{HISTORY} .chart-key >> visible=true", "smoothed")
    drawn(page)
    wanted = served.ask("api/loss/range?x=timestep&points=200&smoothing=0.9")["smooth"][-1]
    key = page.locator(f"{HISTORY} .chart-key", has_text="smoothed").locator("b")
    assert figures.number(key.get_attribute("title")) == wanted
    mean = page.locator(f"{HISTORY} .chart-key", has_text="mean").locator("b").first
    assert figures.number(mean.inner_text()) != figures.number(key.inner_text())
    assert picture(page) != plain
    page.get_by_label(SMOOTHING).fill("0")
    key.wait_for(state="hidden")
    assert picture(page) == plain


def test_a_line_that_goes_takes_its_point_under_the_cursor_along(page, figures):
    """All points that are to be seen stand at the cursor, smoothed or not."""
    places = """() => [...document.querySelectorAll("#panel-history .chart-point")]
      .filter((point) => point.checkVisibility())
      .map((point) => new DOMMatrix(getComputedStyle(point).transform).e)"""
    page.get_by_label(SMOOTHING).fill("0.9")
    figures.wait(page, f"{HISTORY} .chart-key >> visible=true", "smoothed")
    drawn(page)
    _cursor_at_the_end(page, figures, "")
    assert len(page.evaluate(places)) == 4
    page.get_by_label(SMOOTHING).fill("0")
    page.locator(f"{HISTORY} .chart-key", has_text="smoothed").wait_for(state="hidden")
    drawn(page)
    assert len(page.evaluate(places)) == 3


def test_another_scale_leaves_the_cursor_where_it_stands(page, figures):
    """A chart is built anew for it."""
    _cursor_at_the_end(page, figures, "01-02 08:30")
    page.keyboard.press("Shift+ArrowLeft")
    tag = page.locator(f"{HISTORY} .chart-tag", has_text="01-02 06:00")
    tag.wait_for()
    for scale in ("log", "linear"):
        page.keyboard.press("l")
        hash_holds(page, f"scale={scale}")
        drawn(page)
        assert tag.is_visible()


def test_a_place_on_one_axis_is_none_on_another(page, figures):
    """Timestep 120 is not batch 120."""
    _cursor_at_the_end(page, figures, "01-02 08:30")
    page.keyboard.press("Shift+ArrowLeft")
    figures.wait(page, f"{HISTORY} .chart-tag", "01-02 06:00")
    page.get_by_label(AXIS).select_option("batch")
    # As far to the right as before, among the batches of that timestep.
    figures.wait(page, f"{HISTORY} .chart-tag", "1,4")
