"""A report of a run: one file of HTML that opens anywhere, without network and script.

Enters: a snapshot, where it came from, the time. Leaves: the document. Equal data give equal
bytes, but for the one time stamp: nothing else depends on when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from loss_monitor.activity import counted
from loss_monitor.report import charts, tables
from loss_monitor.report.provenance import Provenance, checksum
from loss_monitor.report.sentence import findings
from loss_monitor.report.style import STYLE
from loss_monitor.report.text import number_text, time_text
from loss_monitor.series.figures import Figures, figures
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.tags import TagStore

TAGS_MAX = 30
"""Tags that are drawn: a report of thousands would be read by nobody."""
_TREND_R2_MIN = 0.1
"""As on the page."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_NOTES = """Statistics are over finite losses and over all of them; nothing is sampled. The
standard deviation is the population one; percentiles are exact, by linear interpolation. The
loss that the training prints is computed before each update, on data that the network has not
seen. In charts each point stands for neighbouring timesteps with their true minimum and
maximum."""


def report_html(snapshot: Snapshot, facts: Provenance, made_at_s: float) -> str:
    """Return the document.

    `made_at_s` is the time of making in seconds since 1970-01-01 UTC; incidents that are not
    older than that were found by reading for this very report, and show no time.
    """
    run = snapshot.run
    body = [
        _header(snapshot, facts, made_at_s),
        *(_of_losses(run) if run.n_values else ["<p>There are no losses yet.</p>"]),
        _of_tags(snapshot.tags),
        _panel(
            tables.attempts(run),
            tables.alerts(snapshot.alerts),
            tables.events(run.marks, snapshot.activity, made_at_s),
        ),
        _panel(tables.provenance(facts, checksum(run))),
        f"<footer>{escape(_NOTES)}</footer>",
    ]
    return as_document(f"{run.label}: report of the ICON ML Training Loss Monitor", body)


def as_document(title: str, body: Sequence[str]) -> str:
    """Return a document that needs nothing else; `body` are elements, empty ones left out."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _header(snapshot: Snapshot, facts: Provenance, made_at_s: float) -> str:
    run = snapshot.run
    place = facts.directory or ", ".join(facts.job_logs)
    made = f"<time>{time_text(made_at_s)}</time>"
    return (
        '<header><div class="kind">ICON ML Training Loss Monitor · Report</div>'
        f'<h1>{escape(run.label)}</h1><div class="place">{escape(place)}</div>{_params(run)}'
        f'<p class="lead">{escape(findings(snapshot))}</p>'
        f'<p class="sub">Made {made}</p></header>'
    )


def _params(run: Run) -> str:
    given = ", ".join(f"{name} = {value}" for name, value in run.params)
    return f'<div class="params">{escape(given)}</div>' if given else ""


def _of_losses(run: Run) -> list[str]:
    axis = charts.TimeAxis(run)
    found = figures(run)
    drawn = [charts.history(run, axis)] if found.finite_batches else []
    if drawn:
        drawn += [charts.deviation(run, axis), charts.histogram(run)]
        drawn += [charts.online(run, axis), charts.latest(run)]
    return [
        f'<div class="cards">{_cards(run, found)}</div>',
        f'<div class="charts">{"".join(drawn)}</div>',
        _panel("<h2>Statistics</h2>", f'<div class="pair">{tables.statistics(run)}</div>'),
    ]


def _panel(*parts: str) -> str:
    return f'<div class="panel">{"".join(parts)}</div>'


def _cards(run: Run, found: Figures) -> str:
    means = run.table.mean[np.isfinite(run.table.mean)]
    latest = number_text(float(means[-1])) if means.size else "none"
    non_finite = found.nan_batches + found.inf_batches
    words = {"decreasing": "Decreasing", "increasing": "Increasing", "flat": "Flat"}
    slope = "" if found.recent_slope is None else f"{number_text(found.recent_slope)} per batch"
    # A trend that explains next to nothing of the losses is noise, and has no colour.
    fits = (found.recent_r2 or 0.0) >= _TREND_R2_MIN
    kinds = {"decreasing": "good", "increasing": "bad"} if fits else {}
    cards = (
        ("Latest mean", latest, run.label_of(-1), ""),
        ("Best mean", _text(found.best_mean), found.best_mean_timestamp or "", ""),
        (
            "Timesteps",
            f"{run.n_timesteps:,}",
            counted(run.n_values, "loss", "losses"),
            "",
        ),
        (
            "Trend, last 100",
            words.get(found.recent_trend, "Unknown"),
            slope,
            kinds.get(found.recent_trend, ""),
        ),
        (
            "Not finite",
            f"{non_finite:,}",
            f"{found.nan_batches:,} NaN, {found.inf_batches:,} infinite",
            "warn" if non_finite else "",
        ),
    )
    return "".join(
        f'<div class="card {kind}"><div class="name">{escape(name)}</div><b>{escape(value)}</b>'
        f"<span>{escape(note)}</span></div>"
        for name, value, note, kind in cards
    )


def _text(value: float | None) -> str:
    return "none" if value is None else number_text(value)


def _of_tags(store: TagStore) -> str:
    tags = [(tb_run, tag) for tb_run in store.runs() for tag in store.scalars(tb_run)]
    if not tags:
        return ""
    one_run = len({tb_run for tb_run, _ in tags}) == 1
    drawn = []
    for tb_run, tag in tags[:TAGS_MAX]:
        pieces, _, begins = store.stretches(tb_run, tag)
        drawn.append(charts.tag(tag if one_run else f"{tb_run}: {tag}", pieces, begins))
    rest = len(tags) - TAGS_MAX
    note = f"<p>{counted(rest, 'more tag is', 'more tags are')} not drawn.</p>" if rest > 0 else ""
    return f'<h2>Tags</h2><div class="tags">{"".join(drawn)}</div>{note}'
