"""`/api/loss/online` as the interface names it: columns of a run in, an answer's fields out."""

from __future__ import annotations

from dataclasses import fields

from loss_monitor.series.online import PERCENTILES, OnlineColumns, Spread
from loss_monitor.series.run import Run


def online_answer(run: Run, columns: OnlineColumns) -> dict[str, object]:
    """Return the answer; a signal has its mean under its own name, extremes beside it."""
    answer: dict[str, object] = {
        "labels": [run.label_of(index) for index in columns.start.tolist()]
    }
    for field in fields(columns):
        value = getattr(columns, field.name)
        if isinstance(value, Spread):
            answer[field.name] = value.mean
            answer[f"{field.name}_min"], answer[f"{field.name}_max"] = value.min, value.max
        elif field.name == "percentiles":
            answer |= {f"percentile_{q}": value[:, at] for at, q in enumerate(PERCENTILES)}
        else:
            answer[field.name] = value
    return answer
