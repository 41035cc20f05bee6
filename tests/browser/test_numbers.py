"""Page and interface agree on every number."""

from __future__ import annotations

import urllib.request

import pytest

from waiting import DEADLINE_S, wait_for

ROWS = {
    "Mean": "overall_mean",
    "Std. deviation": "overall_std",
    "Minimum": "overall_min",
    "Maximum": "overall_max",
    "25th percentile": "percentile_25",
    "50th, median": "percentile_50",
    "75th percentile": "percentile_75",
    "90th percentile": "percentile_90",
    "95th percentile": "percentile_95",
    "99th percentile": "percentile_99",
    "Slope per batch": "trend_slope",
    "Recent slope": "recent_slope",
    "First loss": "first_loss",
    "Best loss": "best_loss",
    "Latest loss": "latest_loss",
    "Improvement": "improvement",
}


@pytest.fixture
def page(served, open_page, figures):
    """The page of a run of 130 timesteps, with its second column of statistics."""
    opened = open_page(served.url)
    figures.wait(opened, "#panel-history .panel-header", "timestep 130")
    opened.wait_for_function(
        "() => document.querySelector('#panel-statistics tbody td:last-child')?.textContent !== '–'"
    )
    return opened


@pytest.mark.parametrize(("column", "query"), [(0, ""), (1, "?last=100")])
def test_the_statistics_table_agrees_with_the_interface(page, served, figures, column, query):
    """Four digits are shown, all of them on pointing; both are the interface's."""
    answer = served.ask(f"api/loss/statistics{query}")
    shown = {}
    for row in page.locator("#panel-statistics tbody tr:has(td)").all():
        cell = row.locator("td").nth(column)
        title = cell.get_attribute("title")
        shown[row.locator("th").inner_text()] = (cell.inner_text(), title)
    assert figures.number(shown.pop("Count")[0]) == answer["finite_batches"]
    assert shown.pop("Direction")[0] == answer["trend"]
    assert float(shown.pop("Recent R²")[0]) == pytest.approx(answer["recent_r2"], abs=6e-4)
    relative = figures.number(shown.pop("Relative")[0]) / 100
    assert relative == pytest.approx(answer["improvement_relative"], abs=6e-5)
    assert set(shown) == set(ROWS)
    for name, (text, exact) in shown.items():
        assert figures.number(exact) == answer[ROWS[name]], name
        assert figures.number(text) == pytest.approx(answer[ROWS[name]], rel=6e-4), name


def test_the_cards_agree_with_the_interface(page, served, figures):
    """Current loss, mean, best mean and totals."""
    current = served.ask("api/loss/current")
    history = served.ask("api/loss/history?limit=1000")

    def exact(title):
        value = figures.card(page, title).locator(".card-value")
        number = figures.number(value.get_attribute("title"))
        assert figures.number(value.inner_text()) == pytest.approx(number, rel=6e-4)
        return number

    assert exact("Current loss") == current["latest_loss"]
    assert exact("Mean loss") == current["mean_loss"]
    assert exact("Best mean") == min(history["mean_losses"])
    status = served.ask("api/status")
    assert figures.value(page, "Total timesteps") == str(status["total_timesteps"])
    batches = figures.card(page, "Total timesteps").locator("small").inner_text()
    assert figures.number(batches.removesuffix(" batches")) == status["total_batches"]


def test_the_table_of_the_history_agrees_with_the_interface(page, served, figures):
    """Every timestep, every digit."""
    history = served.ask("api/loss/history?limit=1000")
    page.get_by_role("button", name="Loss history as a table").click()
    rows = page.locator("#panel-history tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    rows.reverse()
    names = ("mean_losses", "min_losses", "max_losses")
    for column, name in enumerate(names, 2):
        assert [figures.number(row[column]) for row in rows] == history[name], name
    assert [row[0] for row in rows] == [str(number) for number in range(1, 131)]
    assert [row[1] for row in rows] == [label[:16] for label in history["timestamps"]]


def test_the_table_of_the_deviations_agrees_with_the_interface(page, served, figures):
    """As in the history."""
    history = served.ask("api/loss/history?limit=1000")
    page.get_by_role("button", name="Timestep statistics as a table").click()
    head = page.locator("#panel-band thead th").all_inner_texts()
    column = next(place for place, name in enumerate(head) if "deviation" in name)
    cells = page.locator("#panel-band tbody tr").evaluate_all(
        f"(rows) => rows.map((row) => row.cells[{column}].textContent)"
    )
    assert [figures.number(cell) for cell in reversed(cells)] == history["std_losses"]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_table_of_the_distribution_agrees_with_the_interface(served, open_page, figures, scale):
    """Counts of every bin, and its edges."""
    page = open_page(f"{served.url}#scale={scale}")
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    answer = served.ask(f"api/loss/distribution?scale={scale}")
    page.get_by_role("button", name="Loss distribution as a table").click()
    rows = page.locator("#panel-distribution tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    rows.sort(key=lambda row: figures.number(row[0]))
    assert [figures.number(row[2]) for row in rows] == answer["counts"]
    edges = [figures.number(row[0]) for row in rows] + [figures.number(rows[-1][1])]
    assert edges == pytest.approx(answer["edges"], rel=1e-3)


def test_the_sentence_is_that_of_the_summary(page, served):
    """`/api/summary.txt` begins with it, once both tell of the same moment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def agree():
        shown = page.locator("#sentence").inner_text().strip()
        with opener.open(served.url + "api/summary.txt", timeout=DEADLINE_S) as answer:
            return shown and answer.read().decode().startswith(shown)

    wait_for(agree)
