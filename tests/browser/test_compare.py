"""The view Compare: runs of several directories over each other, and their figures."""

from __future__ import annotations

import csv
import io
import re
import shutil
import urllib.parse
from dataclasses import replace

import pytest

from building import Build
from loss_monitor.history.archive import write_run
from loss_monitor.history.store import KeptRuns, source_folder
from loss_monitor.web.kept import OPEN_MAX
from tag_board_page import hold, let_go
from tagged_runs import TaggedRuns

SLOWER = 1.25


@pytest.fixture(scope="module")
def two(tmp_path_factory, _own_state, monitor_over, losses_in):
    """A server over two directories that nobody changes; the second is shorter and higher."""
    folder = tmp_path_factory.mktemp("compared")
    losses_in(folder / "first").run(40)
    second = losses_in(folder / "second")
    for number in range(1, 31):
        second.write(number, [SLOWER * value for value in second.values(number)])
    for name, factor in (("first", 1.0), ("second", 2.0)):
        TaggedRuns(folder / name).scalars("experiment", "Rate", [factor / n for n in range(1, 9)])
    monitor = monitor_over(tmp_path_factory.mktemp("state"), folder / "first", folder / "second")
    yield monitor.read(total_timesteps=40)
    monitor.stop()


@pytest.fixture
def page(two, open_page):
    """The view, drawn."""
    opened = open_page(f"{two.url}#view=compare")
    opened.locator(".compare-chart .u-over").wait_for()
    opened.locator(".figures-table tbody tr").nth(1).wait_for()
    return opened


def _cells(page, label):
    """Texts of a training's row, by the head of the column."""
    heads = page.locator(".figures-table thead th").all_inner_texts()
    row = page.locator(".figures-table tbody tr").filter(has_text=label)
    return dict(zip(heads, row.locator("th, td").all_inner_texts(), strict=True))


def _summary(page, text):
    page.locator(".compare-chart [id$=-summary]").filter(has_text=text).wait_for(state="attached")


def _hash_holds(page, part):
    page.wait_for_function("(part) => location.hash.includes(part)", arg=part)


def test_all_runs_stand_in_one_chart(page):
    """Each with its own points, on one axis."""
    _summary(page, "first: 480 points")
    _summary(page, "second: 360 points")
    _summary(page, "From batch 1 to batch 480")


def test_the_table_holds_the_figures_of_each_run(page, two, figures):
    """Those of the interface, differences from the first below."""
    runs = two.ask("api/runs")["runs"]
    heads = {"First": "first_loss", "Best": "best_loss", "Latest": "latest_loss",
             "Median": "percentile_50", "99 %": "percentile_99"}  # fmt: skip
    for run in runs:
        statistics = two.ask(f"api/loss/statistics?run={run['id']}")
        cells = _cells(page, run["label"])
        for head, name in heads.items():
            value = cells[head].split("\n")[0]
            assert figures.number(value) == pytest.approx(statistics[name], rel=1e-3)
            assert ("%" in cells[head]) == (run is not runs[0])
    assert "+25.0" in _cells(page, "second")["First"]


def test_runs_are_compared_at_one_model_time_and_at_one_loss(page, two, figures):
    """Where the shorter run has come to; the loss that both have reached, or one that is set."""
    answer = two.ask("api/compare")
    head = next(head for head in _cells(page, "first") if head.startswith("At "))
    assert head == "At 7\N{NARROW NO-BREAK SPACE}h 15\N{NARROW NO-BREAK SPACE}min"
    for row in answer["table"]:
        shown = _cells(page, row["label"])[head].split("\n")[0]
        assert figures.number(shown) == pytest.approx(row["at_equal_model_time"], rel=1e-3)
    field = page.get_by_role("textbox", name="Loss to reach")
    assert figures.number(field.get_attribute("placeholder")) == pytest.approx(
        answer["reach"], rel=1e-3
    )
    assert not page.get_by_text("not reached").count()
    lower = answer["table"][1]["best_mean"] * 0.99
    field.fill(str(lower))
    field.press("Enter")
    _hash_holds(page, "compare.reach=")
    second = page.locator(".figures-table tbody tr").filter(has_text="second")
    second.get_by_text("not reached").wait_for()
    page.reload()
    second.get_by_text("not reached").wait_for()
    field.fill("low")
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "true"


def test_the_differences_are_from_the_run_that_is_chosen(page):
    """Kept in the address."""
    page.get_by_role("radio", name="Differences from second").check()
    _hash_holds(page, "compare.reference=second")
    page.locator(".panel-note", has_text="differences from second").wait_for()
    assert "\u221220.0" in _cells(page, "first")["First"]
    assert "%" not in _cells(page, "second")["First"]


def test_a_table_that_stays_the_same_keeps_what_is_selected_in_it(page):
    """Only its chart is drawn anew on another scale."""
    page.evaluate(
        "getSelection().selectAllChildren(document.querySelector('.figures-table tbody tr'))"
    )
    selected = page.evaluate("String(getSelection())")
    page.keyboard.press("l")
    _hash_holds(page, "compare.scale=")
    assert len(selected) > 20
    assert page.evaluate("String(getSelection())") == selected


def test_runs_and_figures_stay_while_another_smoothing_is_asked_for(page):
    """So does the focus; those of another tag do not pass for what was chosen."""
    chip = page.get_by_role("button", name="second")
    chip.focus()
    held = hold(page, re.compile("api/compare.*smoothing="))
    page.keyboard.press("]")
    page.locator(".compare-chart[aria-busy=true]").wait_for()
    assert page.locator(".figures-table tbody tr").count() == 2
    assert chip.evaluate("(chip) => chip === document.activeElement")
    let_go(page, held)
    page.locator(".compare-chart[aria-busy=false]").wait_for()
    assert chip.evaluate("(chip) => chip === document.activeElement")
    held = hold(page, re.compile("api/compare.*tag=Rate"))
    page.get_by_role("combobox", name="What is compared").select_option("Rate")
    page.locator(".compare-chart .chart-empty", has_text="Loading").wait_for()
    page.locator(".figures-panel").wait_for(state="hidden")
    let_go(page, held)
    page.locator(".figures-table thead th", has_text="Points").wait_for()


def test_the_lowest_figure_is_told(page):
    """To eyes and to screen readers."""
    first = page.locator(".figures-table tbody tr").filter(has_text="first")
    assert first.locator(".is-best").count() > 5
    assert first.get_by_text("lowest", exact=True).count() > 5


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ("Step", "From step 1 to step 480"),
        ("Timestep", "From timestep 1 to timestep 40"),
        ("Model time", "of model time"),
        ("Since start", "From after"),
    ],
)
def test_runs_are_aligned_by_timestep_or_time(page, axis, words):
    """Each from its own beginning."""
    page.get_by_role("radio", name=axis, exact=True).click()
    _hash_holds(page, "compare.axis=")
    _summary(page, words)


def test_a_tag_of_both_runs_is_compared(page, figures):
    """With the steps of the tag."""
    page.get_by_role("combobox", name="What is compared").select_option("Rate")
    _hash_holds(page, "compare.tag=Rate")
    _summary(page, "From step 0 to step 7")
    page.locator(".figures-table thead th", has_text="Points").wait_for()
    value = _cells(page, "second")["First"].split("\n")[0]
    assert figures.number(value) == 2
    page.reload()
    _summary(page, "From step 0 to step 7")


def test_a_run_can_be_left_out(page):
    """Of chart and table."""
    page.get_by_role("button", name="second").click()
    _hash_holds(page, "compare.hidden=second")
    page.wait_for_function(
        "() => document.querySelectorAll('.figures-table tbody tr').length === 1"
    )
    _summary(page, "480 points, from")


def test_a_range_is_asked_for_in_finer_points(page):
    """Of all runs."""
    page.locator(".compare-chart .chart-plot").focus()
    with page.expect_request(_asks_for_a_range):
        page.keyboard.press("+")
        _hash_holds(page, "compare.zoom=Loss:")
    page.get_by_role("button", name="Reset zoom").click()
    page.wait_for_function("() => !location.hash.includes('zoom')")


def _asks_for_a_range(request):
    place = urllib.parse.urlsplit(request.url)
    query = urllib.parse.parse_qs(place.query)
    return place.path.endswith("api/compare") and {"start", "stop"} <= query.keys()


def test_the_figures_are_saved_with_full_precision(page, two, wait_until):
    """A row for each run."""
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the figures as CSV").click()
    path = saved.value.path()
    wait_until(path.exists)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [row["training"] for row in rows] == ["first", "second"]
    assert float(rows[0]["latest"]) == two.ask("api/loss/statistics")["latest_loss"]


def test_a_run_alone_says_how_to_put_others_beside_it(served, open_page):
    """With the command for this directory."""
    page = open_page(f"{served.url}#view=compare")
    page.get_by_role("heading", name="One run so far").wait_for()
    command = page.locator(".compare-hint .command").inner_text()
    assert command.startswith("loss-monitor serve /")
    assert command.endswith("DIR2 DIR3")
    page.locator(".compare-chart .u-over").wait_for()


def test_a_run_that_goes_on_is_followed_also_in_another_directory(
    tmp_path, serve, open_page, losses_in
):
    """The page's own stream tells only of the first."""
    losses_in(tmp_path / "first").run(3)
    second = losses_in(tmp_path / "second").run(3)
    monitor = serve(tmp_path / "first", tmp_path / "second").read(total_timesteps=3)
    page = open_page(f"{monitor.url}#view=compare")
    _summary(page, "second: 36 points")
    second.write(4, second.values(4))
    _summary(page, "second: 48 points")


def test_a_kept_run_is_added_and_taken_away_again(tmp_path, serve, open_page, losses_in):
    """The run before in the same directory; the address keeps it."""
    losses_in(tmp_path / "data").run(6)
    monitor = serve(tmp_path / "data").read(total_timesteps=6)
    shutil.rmtree(tmp_path / "data")
    losses_in(tmp_path / "data").run(4)
    monitor.read(total_timesteps=4)
    page = open_page(f"{monitor.url}#view=compare")
    _summary(page, "48 points")
    kept = page.get_by_role("combobox", name="Add a kept run")
    kept.locator("option", has_text="data, ended").wait_for(state="attached")
    kept.select_option(index=1)
    _hash_holds(page, "compare.kept=")
    _summary(page, ": 72 points")
    assert page.locator(".figures-table tbody tr").count() == 2
    page.reload()
    _summary(page, ": 72 points")
    page.locator(".run-chip", has_text="ended").click()
    page.wait_for_function("() => !location.hash.includes('kept')")
    page.wait_for_function(
        "() => document.querySelectorAll('.figures-table tbody tr').length === 1"
    )


def test_more_kept_runs_than_are_held_open_are_compared(tmp_path, serve, open_page, losses_in):
    """From a link, as a colleague gets it; all of them stand in chart and table."""
    losses_in(tmp_path / "data").run(6)
    place = KeptRuns(source_folder(tmp_path / "kept", str(tmp_path / "data"), ()))
    names = [f"kept-{number}" for number in range(OPEN_MAX + 2)]
    for number, name in enumerate(names, 1):
        run = Build.run([number + 1.0], [float(number)], run_id=name)
        write_run(place.path_of(name), Build.snapshot(replace(run, label=name)), 1e9)
    monitor = serve(tmp_path / "data", "--keep-dir", tmp_path / "kept").read(total_timesteps=6)
    page = open_page(f"{monitor.url}#view=compare&compare.kept={','.join(names)}")
    rows = page.locator(".figures-table tbody tr")
    rows.nth(len(names)).wait_for()
    latest = [_cells(page, name)["Latest"].split("\n")[0] for name in names]
    assert latest == [f"{number}.000" for number in range(1, len(names) + 1)]
    assert page.locator(".run-chip").count() == len(names) + 1


def test_a_lost_server_leaves_chart_and_table(tmp_path, serve, open_page, losses_in):
    """And no error beside the notice."""
    losses_in(tmp_path / "first").run(3)
    losses_in(tmp_path / "second").run(3)
    monitor = serve(tmp_path / "first", tmp_path / "second").read(total_timesteps=3)
    page = open_page(f"{monitor.url}#view=compare", lost_allowed=True)
    page.locator(".figures-table tbody tr").nth(1).wait_for()
    monitor.stop()
    page.locator("#connection", has_text="Reconnecting").wait_for()
    assert page.locator(".compare-chart .u-over").is_visible()
    assert page.locator(".figures-table tbody tr").count() == 2
    assert not page.locator(".compare-chart .panel-error").is_visible()
