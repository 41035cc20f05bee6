"""A report of several runs: one file of HTML that opens anywhere, without network and script.

Enters: compared runs, the time. Leaves: the document: charts of all runs over each other,
tables of what they have come to and how they differ, and of each its findings, alerts and
provenance. Equal data give equal bytes, but for the one time stamp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from loss_monitor.report import tables
from loss_monitor.report.compared import ComparedRun, told_apart
from loss_monitor.report.document import as_document
from loss_monitor.report.overlays import look, overlays
from loss_monitor.report.text import MINUS, duration_text, number_text, time_text
from loss_monitor.series.figures import PERCENTILES

_DAY_S = 86_400.0
_MARKED_SHARE = 0.05
"""From here on a difference is more than noise, for the eye."""
_NOTES = """Statistics are over finite losses and over all of them; nothing is sampled. In charts
each point stands for neighbouring timesteps of one attempt, the band for their true minimum and
maximum. Times until a loss was reached and speeds are within attempts: what passes between two is
no training; what was found written at once tells none. Small figures are differences from the
first run; of each column the best is underlined and marked."""


@dataclass(frozen=True, slots=True)
class _Column:
    """One figure of all runs."""

    head: str
    value: Callable[[ComparedRun], float | None]
    text: Callable[[float], str] = number_text
    best: Callable[[Sequence[float]], float] | None = min
    """Which is the best; None where no value is better than another."""
    aside: Callable[[ComparedRun], str] | None = None
    """What stands below in place of the difference."""


def comparison_html(compared: Sequence[ComparedRun], made_at_s: float) -> str:
    """Return the document; `made_at_s` is in seconds since 1970-01-01 UTC."""
    runs = told_apart(compared)
    ends = [one.course.model_time_max_s for one in runs]
    equal_s = min((end for end in ends if end is not None), default=None)
    bests = [one.course.best for one in runs if one.course.best is not None]
    target = max(bests, default=None)
    body = [
        _header(runs, equal_s, made_at_s),
        f'<div class="charts">{"".join(overlays(runs))}</div>',
        _panel("<h2>Progress</h2>", _table("Progress", runs, _progress(runs, equal_s, target))),
        _params(runs),
        _panel("<h2>Losses</h2>", _table("Losses", runs, _LOSSES)),
        *(_of_run(number, one) for number, one in enumerate(runs)),
        f"<footer>{escape(_NOTES)}</footer>",
    ]
    return as_document(f"{len(runs)} runs: comparison of the ICON ML Training Loss Monitor", body)


def _header(runs: Sequence[ComparedRun], equal_s: float | None, made_at_s: float) -> str:
    names = ", ".join(one.label for one in runs)
    return (
        '<header><div class="kind">ICON ML Training Loss Monitor · Comparison</div>'
        f'<h1>{len(runs)} runs</h1><div class="place">{escape(names)}</div>'
        f'<p class="lead">{escape(_lead(runs, equal_s))}</p>'
        f'<p class="sub">Made <time>{time_text(made_at_s)}</time></p></header>'
    )


def _lead(runs: Sequence[ComparedRun], equal_s: float | None) -> str:
    """Return which run is lowest, at all and where all have been."""
    having = [(one.course.best, one.label) for one in runs if one.course.best is not None]
    if not having:
        return "None of the runs has a finite loss."
    loss, label = min(having)
    told = f"The lowest mean of a timestep is {number_text(loss)}, of {label}."
    if equal_s is None:
        return told
    at = [(one.course.mean_at(equal_s), one.label) for one in runs]
    reached = [(mean, name) for mean, name in at if mean is not None]
    if len(reached) < 2:
        return told
    loss, label = min(reached)
    return (
        f"{told} After {duration_text(equal_s)} of model time, the latest that all have "
        f"reached, {label} is lowest with {number_text(loss)}."
    )


def _progress(
    runs: Sequence[ComparedRun], equal_s: float | None, target: float | None
) -> list[_Column]:
    columns = [
        _Column("timesteps", lambda one: one.timesteps, "{:,.0f}".format, None, lambda _: ""),
        _Column("first", lambda one: one.figures.first_loss, best=None),
        _Column("latest", lambda one: one.figures.latest_loss),
        _Column("best mean", lambda one: one.course.best),
    ]
    if equal_s is not None:
        columns.append(
            _Column(f"at {duration_text(equal_s)}", lambda one: one.course.mean_at(equal_s))
        )
    if target is not None:
        columns.append(_to(runs, target))
    return [
        *columns,
        _Column("steps a second", lambda one: one.course.pace.steps_per_s, best=max),
        _Column(
            "model time a day",
            lambda one: _scaled(one.course.pace.model_rate, _DAY_S),
            duration_text,
            max,
        ),
    ]


def _to(runs: Sequence[ComparedRun], target: float) -> _Column:
    """Return when a loss was reached: in steps where no run tells the time."""
    head = f"to {number_text(target)}"
    if all(_trained_s(one, target) is None for one in runs):
        return _Column(head, lambda one: _step(one, target), "step {:,}".format)
    return _Column(
        head,
        lambda one: _trained_s(one, target),
        duration_text,
        aside=lambda one: _steps(one, target),
    )


def _step(one: ComparedRun, target: float) -> int | None:
    reached = one.course.reach(target)
    return None if reached is None else reached.steps


def _trained_s(one: ComparedRun, target: float) -> float | None:
    reached = one.course.reach(target)
    return None if reached is None else reached.trained_s


def _steps(one: ComparedRun, target: float) -> str:
    step = _step(one, target)
    return "not reached" if step is None else f"step {step:,}"


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


_LOSSES = [
    _Column("mean", lambda one: one.figures.overall_mean),
    _Column("deviation", lambda one: one.figures.overall_std),
    _Column("least", lambda one: one.figures.overall_min),
    *(
        _Column(
            "median" if q == 50 else f"{q} %",
            lambda one, name=f"percentile_{q}": getattr(one.figures, name),  # type: ignore[misc]
        )
        for q in PERCENTILES
    ),
    _Column("largest", lambda one: one.figures.overall_max),
    _Column(
        "not finite",
        lambda one: one.figures.nan_batches + one.figures.inf_batches,
        "{:,.0f}".format,
        None,
        lambda _: "",
    ),
]


def _table(name: str, runs: Sequence[ComparedRun], columns: Sequence[_Column]) -> str:
    """Return a row for each run, with differences from the first and the best marked."""
    heads = "".join(f'<th class="number">{escape(one.head)}</th>' for one in columns)
    rows = []
    for number, run in enumerate(runs):
        cells = "".join(_cell(runs, run, column) for column in columns)
        rows.append(f'<tr><th scope="row">{_name(number, run)}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name} of the runs">'
        f'<table class="compared"><thead><tr><th>run</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _name(number: int, run: ComparedRun) -> str:
    return f'<span class="key"><i class="{look(number)}"></i>{escape(run.label)}</span>'


def _cell(runs: Sequence[ComparedRun], run: ComparedRun, column: _Column) -> str:
    value = column.value(run)
    aside = _difference(value, column.value(runs[0])) if run is not runs[0] else ""
    if column.aside is not None:
        aside = escape(column.aside(run))
    known = [one for one in map(column.value, runs) if one is not None]
    is_best = (
        value is not None
        and column.best is not None
        and min(known) < max(known)
        and value == column.best(known)
    )
    asides = ", ".join(filter(None, ("best" if is_best else "", aside)))
    small = f"<small>{asides}</small>" if asides else ""
    if value is None:
        return f'<td class="number">\N{EN DASH}{small}</td>'
    text = escape(column.text(value))
    shown = f"<b>{text}</b>" if is_best else text
    return f'<td class="number" title="{value!r}">{shown}{small}</td>'


def _difference(value: float | None, first: float | None) -> str:
    if value is None or not first:
        return ""
    share = (value - first) / abs(first)
    if abs(share) < 0.0005:
        return "0 %"
    sign = MINUS if share < 0 else "+"
    text = f"{sign}{abs(share):.1%}".replace("%", " %")
    return f"<strong>{text}</strong>" if abs(share) >= _MARKED_SHARE else text


def _params(runs: Sequence[ComparedRun]) -> str:
    """Return the parameters of all runs; those that differ come first and say so."""
    names = list(dict.fromkeys(name for one in runs for name in one.params))
    if not names:
        return ""
    differs = {name: len({one.params.get(name) for one in runs}) > 1 for name in names}
    names.sort(key=lambda name: not differs[name])
    heads = "".join(
        f"<th>{escape(name)}{' (differs)' if differs[name] else ''}</th>" for name in names
    )
    rows = "".join(
        f'<tr><th scope="row">{_name(number, one)}</th>'
        + "".join(_param(one.params.get(name), differs=differs[name]) for name in names)
        + "</tr>"
        for number, one in enumerate(runs)
    )
    return _panel(
        "<h2>Parameters</h2>",
        '<div class="scroll" tabindex="0" role="region" aria-label="Parameters of the runs">',
        f'<table class="compared"><thead><tr><th>run</th>{heads}</tr></thead>',
        f"<tbody>{rows}</tbody></table></div>",
    )


def _param(value: str | None, *, differs: bool) -> str:
    text = "\N{EN DASH}" if value is None else escape(value)
    return f"<td>{f'<strong>{text}</strong>' if differs else text}</td>"


def _of_run(number: int, run: ComparedRun) -> str:
    attempts = f" {run.attempts} attempts." if run.attempts > 1 else ""
    return _panel(
        f"<h2>{_name(number, run)}</h2>",
        f"<p>{escape(run.told)}{attempts}</p>",
        tables.alerts(run.alerts, "h3", run.label),
        tables.provenance(run.facts, run.digest, "h3", run.label),
    )


def _panel(*parts: str) -> str:
    return f'<div class="panel">{"".join(parts)}</div>'
