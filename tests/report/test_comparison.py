"""A report of several runs: what they have come to, how they differ, where they come from."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from loss_monitor.report.axes import Scale, duration_ticks
from loss_monitor.report.compared import compared, told_apart
from loss_monitor.report.comparison import comparison_html
from loss_monitor.report.overlays import BANDS_MAX, overlays
from loss_monitor.report.provenance import Provenance, SourceFile
from loss_monitor.report.text import duration_text
from loss_monitor.series.run import Run
from loss_monitor.types import Alert, Attempt

MADE_AT_S = 2_000_000_000.0


def facts(directory="/data/run"):
    file = SourceFile("losses", "log_<b>.txt", 1234, 1e9)
    return Provenance(directory, (), "node", "icon-loss-monitor 1, python core", (file,))


@pytest.fixture
def beside(build):
    """Makes compared runs of lists of losses by label; facts of all may be given."""

    def make(*, runs=2, **lists):
        made = []
        for label, losses in lists.items():
            run = replace(build.run(*losses, run_id=label), label=label)
            made.append(compared(build.snapshot(run), facts(f"/data/{label}"), runs))
        return made

    return make


def html(runs):
    return comparison_html(runs, MADE_AT_S)


def rows(document, heading):
    """The cells of a table as texts, by the name of the run."""
    part = document.split(f"<h2>{heading}</h2>")[1].split("</table>")[0]
    found = {}
    for row in re.findall(r"<tr><th scope.*?</tr>", part):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        name, *texts = (re.sub("<[^>]*>", " ", cell).strip() for cell in cells)
        found[name] = [re.sub(r"\s+", " ", text) for text in texts]
    return found


def test_what_the_runs_have_come_to_stands_in_a_table(beside):
    """At the model time that all have reached, and until the loss that all have reached."""
    document = html(beside(a=[[4.0, 3.0], [2.0], [1.0]], b=[[9.0], [8.0]]))
    heads = re.findall(r'<th class="number">(.*?)</th>', document)
    assert heads[:6] == ["timesteps", "first", "latest", "best mean", "at 15 min", "to 8.000"]
    found = rows(document, "Progress")
    assert found["a"][:2] == ["3", "4.000"]
    assert found["a"][2:5] == ["1.000 best", "1.000 best", "2.000 best"]
    assert found["b"][2:5] == ["8.000 +700.0 %", "8.000 +700.0 %", "8.000 +300.0 %"]
    assert found["a"][5] == "0 s best, step 2"
    assert found["b"][5] == "1 s step 2"
    assert found["b"][6:] == ["1.000 0 %", "900 d 0 %"]


def test_where_no_times_are_known_a_loss_is_reached_in_steps(build):
    """A job log that was there before it was read has one wall time."""
    made = []
    for label, factor in (("a", 1.0), ("b", 2.0)):
        steps = [build.timestep(n, [factor * (9.0 - n)], wall_time=7.0) for n in range(9)]
        run = Run.empty(label, label).put(steps)
        made.append(compared(build.snapshot(run), facts(), 2))
    found = rows(html(made), "Progress")
    assert (found["a"][5], found["b"][5]) == ("step 8 best", "step 9 +12.5 %")


def test_what_no_run_is_better_in_is_marked_in_none(beside):
    """Equal figures have no best one; nor has one that others lack a difference."""
    same = html(beside(a=[[1.0]], b=[[1.0]]))
    assert "best" not in "".join(rows(same, "Progress")["a"] + rows(same, "Losses")["a"])
    nothing = html(beside(a=[[np.nan]], b=[[2.0]]))
    assert rows(nothing, "Progress")["a"][1] == "\N{EN DASH}"
    assert "of b." in nothing


def test_the_first_lines_say_which_is_lowest(beside):
    """Over all, and where all have been."""
    document = html(beside(a=[[4.0], [2.5], [1.0]], b=[[3.0], [2.0]]))
    assert "The lowest mean of a timestep is 1.000, of a." in document
    assert "After 15 min of model time, the latest that all have reached, b is lowest" in document


def test_parameters_that_differ_come_first_and_say_so(build):
    """Not by their look alone; those of one run are told, too."""
    made = []
    for label, params in (("a", {"net": "u", "lr": "1e-3"}), ("b", {"net": "u", "lr": "<3>"})):
        run = replace(build.run([1.0], run_id=label), label=label, params=tuple(params.items()))
        made.append(compared(build.snapshot(run), facts(), 2))
    document = html(made)
    part = document.split("<h2>Parameters</h2>")[1]
    assert part.index("<th>lr (differs)</th>") < part.index("<th>net</th>")
    assert rows(document, "Parameters") == {"a": ["1e-3", "u"], "b": ["&lt;3&gt;", "u"]}


def test_equal_labels_are_told_apart(beside):
    """By their place; where that is equal too, by their number."""
    (first,) = beside(a=[[1.0]])
    other = replace(first, facts=facts("/data/other"))
    assert [one.label for one in told_apart([first, other])] == [
        "a (/data/a)",
        "a (/data/other)",
    ]
    assert [one.label for one in told_apart([first, first])] == [
        "a (/data/a), number 1",
        "a (/data/a), number 2",
    ]


def test_each_run_says_where_it_comes_from_and_what_was_found(beside):
    """Files, checksum, alerts; nothing from a file is markup."""
    first, second = beside(**{"a": [[1.0]], "<b>": [[2.0]]})
    alert = Alert(1, "spike", "warning", "<i>far</i> above", 1e9, 1e9, 1e9 + 5)
    document = html([first, replace(second, alerts=(alert,))])
    assert document.count("<h3>Provenance</h3>") == 2
    assert first.digest in document
    assert "&lt;i&gt;far&lt;/i&gt; above" in document
    assert "log_&lt;b&gt;.txt" in document
    assert "<b>.txt" not in document
    assert "<script" not in document
    assert "http" not in document.replace("http-equiv", "")


def test_the_same_runs_give_the_same_bytes(beside):
    """But for the time of making."""
    runs = beside(a=[[4.0, 3.0], [2.0]], b=[[9.0], [8.0]])
    again = beside(a=[[4.0, 3.0], [2.0]], b=[[9.0], [8.0]])
    pages = [comparison_html(runs, MADE_AT_S), comparison_html(again, MADE_AT_S + 7)]
    one, two = (re.sub("<time>[^<]*</time>", "", page) for page in pages)
    assert one == two


def test_no_line_joins_two_attempts(build):
    """On any axis."""
    steps = [build.timestep(n, [5.0 - n], attempt=int(n > 1)) for n in range(4)]
    run = Run.empty("a", "a").put(steps).with_attempts([Attempt("1", 1e9), Attempt("2", 1e9)])
    charts = overlays([compared(build.snapshot(run), facts(), 1)])
    assert len(charts) == 3
    for chart in charts:
        (path,) = re.findall(r'<path class="line run0" d="([^"]*)"', chart)
        assert path.count("M") == 2


def test_an_axis_that_no_run_has_is_not_drawn(build):
    """Copied files have one wall time; steps there are always."""
    steps = [build.timestep(n, [5.0 - n], wall_time=7.0) for n in range(3)]
    run = Run.empty("a", "a").put(steps)
    charts = overlays([compared(build.snapshot(run), facts(), 1)])
    assert [re.search("<strong>(.*?)</strong>", chart)[1] for chart in charts] == [
        "Loss by model time",
        "Loss by step",
    ]


def test_many_runs_have_looks_of_their_own_and_a_document_that_stays_small(build):
    """Bands of more than a few would hide each other."""
    rng = np.random.default_rng(1)
    run = build.run(*rng.lognormal(size=(3000, 4)))
    many = [compared(build.snapshot(run), facts(f"/data/{n}"), 50) for n in range(50)]
    document = html(many)
    assert len(document) < 5_000_000
    assert "means only" in document
    looks = set(re.findall(r'<path class="line (run[^"]*)"', document))
    assert len(looks) == 24
    few = html(many[:BANDS_MAX])
    assert few.count('<path class="band over run0"') == 3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.5, "0.5 s"), (90, "1.5 min"), (7200, "2 h"), (86_340, "23 h 59 min"), (90_000, "1 d 1 h")],
)
def test_durations_have_two_units_at_most(seconds, text):
    """As on the page."""
    assert duration_text(seconds) == text


def test_ticks_of_durations_are_round():
    """From seconds to thousands of days."""
    for high in (3, 100, 5000, 40_000, 1e6, 3e8):
        ticks = duration_ticks(Scale(0, high, 0, 1))
        assert 2 <= len(ticks) <= 9
        assert ticks[0].text == "0"
