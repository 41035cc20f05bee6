"""The benchmarks' report: budgets, what was not measured, and what failed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def load(monkeypatch):
    """Imports a module of the benchmarks, which are scripts and no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.fixture
def row(load):
    """Gives the cells of a budget's row in the report of some results."""

    def find(what, *results):
        text = load("report").report(load("report").Session(results=list(results)))
        (line,) = [line for line in text.splitlines() if f"| {what} |" in line]
        return [cell.strip() for cell in line.strip("|").split("|")]

    return find


def test_a_limit_from_above_is_met_by_less(load, row):
    """1.2 s of 1.5 s allowed is 80 % of the budget."""
    figure = load("results").Figure("log.newest", 0.8, "three starts")
    cells = row("process start to the newest loss", figure)
    assert cells[2:] == ["80 %", "0.8 s", "≤ 1 s", "yes", "three starts"]


def test_a_limit_from_below_is_met_by_more(load, row):
    """10 times less where 5 times are promised uses half of the budget; 4 times miss it."""
    for value, share, met in ((10.0, "50 %", "yes"), (4.0, "125 %", "**no**")):
        cells = row(
            "times less CPU than rustboard as shipped",
            load("results").Figure("events.rustboard", value),
        )
        assert cells[2] == share
        assert cells[5] == met


def test_a_figure_that_was_not_measured_says_why(load, row):
    """No row is left out, and none is met for want of a measurement."""
    figure = load("results").Figure("quiet.calls", None, "strace is missing")
    assert row("system calls a second over a minute", figure)[5:] == [
        "not measured",
        "strace is missing",
    ]
    assert row("settled files opened")[5] == "not measured"


def test_a_benchmark_that_fails_is_told_at_the_top(load):
    """What was measured before stays; the report calls itself incomplete."""
    report = load("report")
    cost = load("results").Cost("some work", "cat", cpu_s=0.5, runs=1)
    text = report.report(report.Session(results=[cost], failures={"job_log": "no space"}))
    assert text.index("**Incomplete**") < text.index("`job_log`: no space") < text.index("| cat")


def test_small_sizes_are_not_judged(load):
    """The quick form shows that all runs; it calls no budget met or missed."""
    report = load("report")
    figure = load("results").Figure("log.newest", 9.0)
    text = report.report(report.Session(results=[figure], quick=True))
    (row,) = [line for line in text.splitlines() if "process start to the newest loss" in line]
    assert "9 s" in row
    assert "no" not in row.split("|")[6]
    assert "not met" not in text


def test_what_only_waits_runs_at_once(load):
    """Nothing is run twice, nothing is left out, whatever was chosen."""
    run = load("run")
    all_turns = list(run.turns(list(run.BENCHMARKS)))
    assert sorted(name for names in all_turns for name in names) == sorted(run.BENCHMARKS)
    assert list(run.turns(["latency"])) == [["latency"]]
    assert list(run.turns(["latency", "quiet", "series"])) == [["quiet", "latency"], ["series"]]


def test_every_budget_has_a_benchmark_that_answers_it(load):
    """A figure that no script yields would stay unmeasured for ever."""
    scripts = "".join(
        (BENCHMARKS / f"{name}.py").read_text(encoding="utf-8") for name in load("run").BENCHMARKS
    )
    yielded = set(re.findall(r'(?:Figure|figure|compared)\(\s*"([a-z._]+)"', scripts))
    assert {budget.key for budget in load("budgets").BUDGETS} - yielded == set()


def test_a_peer_that_is_missing_is_named_in_the_row_of_the_budget(load):
    """The reason stands where the ratio would be, not only in the table of the peers."""
    turns = load("turns")

    def fail():
        raise turns.MissingError("pandas does not install: no network")

    ways = (
        turns.Way("this monitor", lambda: turns.Spent(1.0, 1.0)),
        turns.Way("the original's way", fail),
        turns.Way("cat", lambda: turns.Spent(0.5, 0.5)),
    )
    costs = list(turns.side_by_side("some work", ways, runs=2))
    missing = turns.compared("files.original", costs, "the original's way", "median")
    assert missing.value is None
    assert "pandas does not install: no network" in missing.note
    assert turns.compared("files.cat", costs, "cat", "median", in_theirs=True).value == 2.0
