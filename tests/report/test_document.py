"""The report: one file that needs nothing else, and says the same of the same data."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from loss_monitor.report.document import TAGS_MAX, report_html
from loss_monitor.report.provenance import Provenance, SourceFile, checksum
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Alert, Attempt, Mark, SourceState

MADE_AT_S = 2_000_000_000.0
FACTS = Provenance(
    "/data/<run>",
    (),
    "node",
    "icon-loss-monitor 1, python core",
    (SourceFile("losses", "log_<b>.txt", 1234, 1e9), SourceFile("events", "runs/e", 99, 1e9)),
)


class Document(HTMLParser):
    """Reads a document strictly: every element is closed where it must be."""

    VOID = ("meta", "br", "circle", "path", "rect")

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.tags, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def report_of(build, run, **fields):
    return report_html(build.snapshot(run, **fields), FACTS, MADE_AT_S)


def losses(timesteps, batches=20):
    rng = np.random.default_rng(1)
    return [rng.lognormal(-n / 40, 0.3, batches) for n in range(timesteps)]


def test_a_report_needs_nothing_but_itself(build):
    """No script, no address of anything, nothing that a browser would load."""
    run = build.run(*losses(200))
    store = TagStore().put_points("a", "f", {"lr": ([1, 2], [0.1, 0.2])}, 7.0)
    document = Document(report_of(build, run, tags=store))
    loading = {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "base"}
    assert not loading & set(document.tags)
    names = {name for name, _ in document.attributes}
    assert not names & {"src", "href", "xlink:href", "style", "srcset"}
    assert not [name for name in names if name.startswith("on")]
    style = "".join(document.texts)
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in str(document.attributes)


@pytest.mark.parametrize(
    "values",
    [(5e-324, 0.0), (1e-310, 2e-310), (1.7e308, -1.7e308), (1.7e308, 1.6e308), (5e-324, 1.7e308)],
)
def test_losses_at_the_ends_of_float64_are_drawn(build, values):
    """A network that has lost its mind is what a report is opened for."""
    document = Document(report_of(build, build.run(*[list(values)] * 40)))
    drawn = " ".join(value or "" for _, value in document.attributes)
    assert "nan" not in drawn
    assert "inf" not in drawn


@pytest.mark.parametrize("step", [10**18, -(10**18)])
def test_a_tag_at_one_far_step_is_drawn(build, step):
    """Some writers count nanoseconds: one step more is the same number in float64."""
    store = TagStore().put_points("a", "f", {"lr": ([step], [0.1])}, 7.0)
    document = Document(report_of(build, build.run([1.0]), tags=store))
    assert "lr" in document.texts


def test_the_same_data_give_the_same_bytes_but_for_one_time_stamp(build):
    """However often they are read, at whatever time."""
    run = build.run(*losses(30))
    snapshot = build.snapshot(run)
    one, same = (report_html(snapshot, FACTS, MADE_AT_S) for _ in range(2))
    later = report_html(replace(snapshot, counter=7), FACTS, MADE_AT_S + 86400)
    assert one == same
    assert one != later
    stamp = re.compile(r"<time>[^<]*</time>")
    assert len(stamp.findall(one)) == 1
    assert stamp.sub("", one) == stamp.sub("", later)


def test_what_comes_from_files_is_text(build):
    """A label, a tag, a message, a path: none of them is markup."""
    evil = '<img src=x onerror="alert(1)">'
    run = replace(build.run([1.0, float("nan")], [2.0]), label=evil)
    run = run.with_attempts([Attempt(evil, 1e9, 1e9 + 1, evil), Attempt("2", 1e9)])
    run = run.with_marks([Mark("rollback", None, 1e9, evil)])
    entries = (build.entry(1, message=evil, file=evil, incident=True, level="error"),)
    store = TagStore().put_points(evil, "f", {evil: ([1, 2], [0.1, 0.2])}, 7.0)
    document = Document(report_of(build, run, activity=entries, tags=store))
    assert "img" not in document.tags
    assert "".join(document.texts).count(evil) >= 6


def test_it_tells_what_went_wrong_and_where(build):
    """Incidents with place and time; what was found by reading has no time of its own."""
    entries = (
        build.entry(1, message="refused", file="log_a.txt", line=7, incident=True),
        build.entry(2, message="damaged", time=MADE_AT_S, incident=True),
        build.entry(3, message="routine"),
    )
    text = report_of(build, build.run([1.0]), activity=entries)
    assert "log_a.txt, line 7" in text
    row = re.search(r"<tr>(?:(?!</tr>).)*damaged.*?</tr>", text)
    assert row is not None
    assert row[0].startswith("<tr><td></td>")
    assert "routine" not in text
    assert "Incidents</h2><p>None." in report_of(build, build.run([1.0]))


def test_alerts_are_told_but_for_those_of_the_present_time(build):
    """An old run does not change when one looks at it again."""
    found = [
        Alert(1, "spike", "warning", "a spike of 9", 1e9, 1e9, 1e9 + 60),
        Alert(2, "diverged", "error", "the loss rises", 1e9, 1e9),
        Alert(3, "stalled", "warning", "no new data for 3 h", 1e9, 1e9),
    ]
    text = report_of(build, build.run([1.0]), alerts=tuple(found))
    assert "a spike of 9" in text
    assert "<td>open</td><td>error</td><td>diverged</td>" in text
    assert "no new data" not in text


def test_provenance_names_files_and_the_checksum_of_the_losses(build):
    """So that another report can be told to be of the same data."""
    run = build.run([1.0, 2.0], [3.0])
    text = report_of(build, run)
    wanted = hashlib.sha256(
        b"1979-01-01 00:00:00\0" + np.array([1.0, 2.0]).tobytes()
        + b"1979-01-01 00:15:00\0" + np.array([3.0]).tobytes()
    ).hexdigest()  # fmt: skip
    assert checksum(run) == wanted
    assert wanted in text
    assert "log_&lt;b&gt;.txt" in text
    assert 'title="1234">1,234' in text
    unknown = report_html(build.snapshot(run), replace(FACTS, files=None), MADE_AT_S)
    assert "could not be had" in unknown


def test_a_run_without_losses_is_reported_as_such(build):
    """Nothing is drawn of nothing."""
    document = Document(report_of(build, Run.empty("", "empty")))
    assert "There are no losses yet." in "".join(document.texts)
    assert "svg" not in document.tags


@pytest.mark.parametrize(
    "values",
    [
        [[float("nan")]],
        [[float("inf")], [1.0]],
        [[0.0]],
        [[0.0, 0.0], [0.0]],
        [[-1.0, 2.0], []],
        [[], [1e300, 1e-300]],
        [[5.0]] * 3,
    ],
    ids=str,
)
def test_odd_losses_are_drawn_or_left_out(build, values):
    """A document is whole whatever the losses are."""
    text = report_of(build, build.run(*values))
    Document(text)
    assert "nan" not in "".join(re.findall(r' (?:d|x|y|width|height)="([^"]*)"', text))


def test_only_so_many_tags_are_drawn(build):
    """And the rest is counted."""
    points = {f"tag {n:03}": ([1, 2], [0.1, 0.2]) for n in range(TAGS_MAX + 5)}
    store = TagStore().put_points("a", "f", points, 7.0)
    text = report_of(build, build.run([1.0]), tags=store)
    assert "5 more tags are not drawn" in text
    assert text.count('class="small"') == TAGS_MAX


def test_a_finished_run_is_called_so_and_a_running_one_is_not(build):
    """Whether it still trains depends on when one asks."""
    run = build.run([1.0])
    source = SourceState("/data", exists=True, state="finished", state_text="Finished")
    assert "Finished: 1 timestep" in report_of(build, run, source=source)
    assert "Running" not in report_of(build, run)
    assert "Running" not in report_of(build, run, source=replace(source, state="running"))


def test_a_report_of_a_long_run_stays_small(build):
    """Its size is that of its drawings."""
    assert len(report_of(build, build.run(*losses(3000, 5)))) < 300_000


def test_no_line_joins_two_attempts(build):
    """In any chart, of a tag too: where one begins the path begins anew."""
    run = build.run(*losses(40, 5))
    later = [run.timestep(index)._replace(attempt=1) for index in range(20, 40)]
    run = run.put(later).with_attempts([Attempt("job 1", 1e9), Attempt("job 2", 1e9)])
    points = {"job/lr": ([1, 2, 3], [0.1, 0.2, 0.3])}
    store = TagStore().put_points("rank 0", "1", points, 7.0)
    store = store.put_points("rank 0", "2", {"job/lr": ([4, 5], [0.1, 0.2])}, 8.0)
    text = report_of(build, run, tags=store)
    lines = re.findall(r'<path class="line (?:max|min|mean|std|median)" d="([^"]*)"', text)
    assert len(lines) > 6
    assert {path.count("M") for path in lines} == {2}


def test_a_trend_that_explains_next_to_nothing_has_no_colour(build):
    """It may be there for sure, and is of no use: nothing is red or green for noise."""
    noise = np.random.default_rng(5).normal(size=(100, 50))
    rise = np.arange(5000).reshape(100, 50) / 5000
    for factor, coloured in ((0.3, False), (3.0, True)):
        document = report_of(build, build.run(*(noise + factor * rise + 20)))
        card = re.search(r'<div class="card ([a-z]*)"><div class="name">Trend', document)
        assert "Increasing" in document
        assert card[1] == ("bad" if coloured else "")
