"""Tables of a report: figures, attempts, incidents and provenance as HTML.

Enters: what a snapshot holds. Leaves: text of HTML elements. Everything that came from a file
is shown as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from loss_monitor.activity import counted
from loss_monitor.report.provenance import Provenance, SourceFile, by_kind
from loss_monitor.report.text import MINUS, number_text, time_text
from loss_monitor.series.figures import PERCENTILES, RECENT_TIMESTEPS, Figures, figures
from loss_monitor.series.run import Run
from loss_monitor.types import ActivityEntry, Alert, Attempt, Mark

LISTED_MAX = 6
"""Files of a kind that are listed one by one: the first and the last ones."""
INCIDENTS_MAX = 200
MARKS_MAX = 60
_PERCENT = 100.0
RULES_OF_NOW = frozenset({"clock-skew", "purge", "stalled"})
"""Health rules that judge by the time of asking, on which a report must not depend."""
Cell = str | float | int | None


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]], kind: str = "", of: str = "") -> str:
    """Return a table; columns of numbers stand at the right. `of` tells it from equal ones."""
    rows = list(rows)
    right = [isinstance(cell, (int, float)) for cell in rows[0]] if rows else [False] * len(head)
    heads = "".join(
        f'<th class="number">{escape(one)}</th>' if of_numbers else f"<th>{escape(one)}</th>"
        for one, of_numbers in zip(head, right, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    # What scrolls sideways on a phone can be reached by keyboard, under a name.
    name = escape((f"{of}: " if of else "") + (", ".join(filter(None, head)) or "Facts"))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="{kind}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(value: Cell) -> str:
    if value is None:
        return '<td class="number">–</td>'  # noqa: RUF001 - an empty cell is a dash
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    text = f"{value:,}" if isinstance(value, int) else number_text(value)
    return f'<td class="number" title="{value!r}">{escape(text)}</td>'


def statistics(run: Run) -> str:
    """Figures of all timesteps, and of the recent ones beside them."""
    whole = figures(run)
    recent = figures(run, RECENT_TIMESTEPS)
    both = (whole,) if run.n_timesteps <= RECENT_TIMESTEPS else (whole, recent)
    heads = ("all", f"last {RECENT_TIMESTEPS} timesteps")[: len(both)]
    groups: tuple[tuple[str, Sequence[tuple[str, Sequence[Cell]]]], ...] = (
        ("Overall", [(name, [_of(one, field) for one in both]) for name, field in _OVERALL]),
        (
            "Trend",
            [
                ("direction", [one.trend for one in both]),
                ("slope per batch", [one.trend_slope for one in both]),
                ("R²", [one.trend_r2 for one in both]),
            ],
        ),
        (
            "Percentiles",
            [
                (_NAMED.get(q, f"{q}th"), [_of(one, f"percentile_{q}") for one in both])
                for q in PERCENTILES
            ],
        ),
        (
            "Improvement",
            [
                ("first loss", [one.first_loss for one in both]),
                ("latest loss", [one.latest_loss for one in both]),
                ("first less latest", [one.improvement for one in both]),
                ("relative", [_share(one.improvement_relative) for one in both]),
                ("best loss", [one.best_loss for one in both]),
                ("best loss at", [one.best_timestamp for one in both]),
                ("best mean", [one.best_mean for one in both]),
                ("best mean at", [one.best_mean_timestamp for one in both]),
            ],
        ),
    )
    return "".join(
        f"<section>{table((title, *heads), [(name, *cells) for name, cells in rows], 'figures')}"
        "</section>"
        for title, rows in groups
    )


_NAMED = {50: "50th, median"}
_OVERALL = (
    ("batches", "total_batches"),
    ("of them finite", "finite_batches"),
    ("NaN", "nan_batches"),
    ("infinite", "inf_batches"),
    ("timesteps", "total_timesteps"),
    ("mean", "overall_mean"),
    ("standard deviation", "overall_std"),
    ("minimum", "overall_min"),
    ("maximum", "overall_max"),
)


def _of(one: Figures, field: str) -> Cell:
    value: Cell = getattr(one, field)
    return value


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value * _PERCENT:.1f} %".replace("-", MINUS)


def attempts(run: Run) -> str:
    """The processes of a run; nothing where there was only one that ended without a word."""
    known = [one for one in run.attempts if one.outcome or one.ended]
    if len(run.attempts) < 2 and not known:
        return ""
    rows = [_attempt(number, one) for number, one in enumerate(run.attempts, 1)]
    note = ""
    if run.dropped:
        left_out = counted(run.dropped, "timestep", "timesteps")
        note = f"<p>{left_out} of earlier attempts are left out: they were done again.</p>"
    head = ("attempt", "job", "started", "ended", "outcome")
    return f"<h2>Attempts</h2>{note}{table(head, rows)}"


def _attempt(number: int, one: Attempt) -> Sequence[Cell]:
    return (
        number,
        one.label,
        time_text(one.started),
        time_text(one.ended or 0),
        _words(one.outcome),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def alerts(told: Sequence[Alert], heading: str = "h2", of: str = "") -> str:
    """What the health rules found in the data; nothing where they found nothing.

    `of` is the run, where there are several.
    """
    found = [one for one in told if one.rule not in RULES_OF_NOW]
    if not found:
        return ""
    head = ("opened", "closed", "level", "rule", "message")
    rows = [
        (
            time_text(one.opened_s),
            "open" if one.closed_s is None else time_text(one.closed_s),
            one.level,
            one.rule,
            one.message,
        )
        for one in found[-INCIDENTS_MAX:]
    ]
    listed = f"{table(head, rows, 'told', of)}{_left_out(len(found), INCIDENTS_MAX)}"
    return f"<{heading}>Alerts</{heading}>{listed}"


def events(marks: Sequence[Mark], entries: Sequence[ActivityEntry], made_at_s: float) -> str:
    """What happened: rollbacks and restarts in order, then everything that went wrong.

    What was found while files were read has no time of its own, and shows none.
    """
    told = [mark for mark in marks if mark.kind != "checkpoint"]
    checkpoints = len(marks) - len(told)
    parts = []
    if told or checkpoints:
        note = f"<p>{counted(checkpoints, 'checkpoint', 'checkpoints')}.</p>" if checkpoints else ""
        rows = [(time_text(m.wall_time), _words(m.kind), m.message) for m in told]
        listed = table(("time", "kind", "message"), rows[-MARKS_MAX:], "told") if rows else ""
        parts.append(f"<h2>Events</h2>{note}{listed}{_left_out(len(rows), MARKS_MAX)}")
    wrong = [entry for entry in entries if entry.incident]
    if wrong:
        found = [
            (
                time_text(entry.time) if entry.time < made_at_s else "",
                entry.level,
                entry.message,
                _place(entry),
            )
            for entry in wrong[-INCIDENTS_MAX:]
        ]
        head = ("time", "level", "message", "place")
        parts.append(
            f"<h2>Incidents</h2>{table(head, found, 'told')}{_left_out(len(wrong), INCIDENTS_MAX)}"
        )
    else:
        parts.append("<h2>Incidents</h2><p>None.</p>")
    return "".join(parts)


def _left_out(rows: int, most: int) -> str:
    return f"<p>{rows - most:,} earlier ones are not listed.</p>" if rows > most else ""


def _place(entry: ActivityEntry) -> str:
    place = entry.file or ""
    if entry.line is not None:
        return f"{place}, line {entry.line}"
    return f"{place}, byte {entry.offset:,}" if entry.offset else place


def provenance(facts: Provenance, digest: str, heading: str = "h2", of: str = "") -> str:
    """Where the figures come from; `of` is the run, where there are several."""
    rows: list[Sequence[Cell]] = [
        ("Directory", facts.directory),
        *(("Job log", path) for path in facts.job_logs),
        ("Node", facts.host),
        ("Program", facts.program),
        ("Losses (SHA-256)", digest),
    ]
    files = "<p>The list of files could not be had: the file system did not answer.</p>"
    if facts.files is not None:
        kinds = by_kind(facts.files)
        head = ("kind", "files", "bytes", "oldest", "newest")
        files = table(head, [_group(kind, found) for kind, found in kinds.items()], "kinds", of)
        listed = [row for found in kinds.values() for row in _listed(found)]
        files += table(("file", "bytes", "modified"), listed, "files", of)
    return f"<{heading}>Provenance</{heading}>{table(('', ''), rows, 'facts', of)}{files}"


def _group(kind: str, files: Sequence[SourceFile]) -> Sequence[Cell]:
    times = [file.modified_s for file in files]
    size = sum(file.size_bytes for file in files)
    return (kind, len(files), size, time_text(min(times)), time_text(max(times)))


def _listed(files: Sequence[SourceFile]) -> list[Sequence[Cell]]:
    half = LISTED_MAX // 2
    shown = [(file.path, file.size_bytes, time_text(file.modified_s)) for file in files]
    if len(shown) <= LISTED_MAX:
        return list(shown)
    between = f"… {len(shown) - 2 * half:,} more …"
    return [*shown[:half], (between, "", ""), *shown[-half:]]
