"""Columns of tags taken out of a store, and put into another: what a kept run holds.

Enters: a `TagStore`. Leaves: one `StoredTags` for each tag of each file, and the store again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from loss_monitor.series.columns import Column
from loss_monitor.series.histograms import HistogramColumn
from loss_monitor.series.pieces import Points, Values
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class StoredTags:
    """All points, or all kept histograms, of one tag in one file."""

    tb_run: str
    file: str
    tag: str
    points: Points | None = None
    """Scalars in the order of the file; None for histograms."""
    histograms: tuple[bytes, ...] = ()
    """As `series.histograms.pack` makes them."""
    thinned: bool = False

    @classmethod
    def of_points(
        cls, tb_run: str, file: str, tag: str, steps: Ints, wall_times: Floats, values: Values
    ) -> StoredTags:
        """Return scalars given as arrays of shape (points,)."""
        return cls(tb_run, file, tag, Points(steps, wall_times, values))


def stored(store: TagStore) -> Iterator[StoredTags]:
    """Yield all columns of a store, runs and files in the order of their names."""
    for tb_run, file, scalars, histograms in store.files():
        for tag, column in scalars.items():
            yield StoredTags(tb_run, file, tag, _joined(column))
        for tag, kept in histograms.items():
            yield StoredTags(tb_run, file, tag, None, tuple(kept.packed), kept.thinned)


def _joined(column: Column) -> Points:
    parts = [piece.points for piece in column.pieces()]
    return Points(
        np.concatenate([np.zeros(0, np.int64), *(part.steps for part in parts)]),
        np.concatenate([np.zeros(0), *(part.wall_times for part in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(part.values for part in parts)]),
    )


def store_of(columns: Iterable[StoredTags]) -> TagStore:
    """Return a store with these columns."""
    files: dict[tuple[str, str], tuple[dict[str, Column], dict[str, HistogramColumn]]] = {}
    for one in columns:
        scalars, histograms = files.setdefault((one.tb_run, one.file), ({}, {}))
        if one.points is not None:
            scalars[one.tag] = Column().append(one.points)
        else:
            column = HistogramColumn(thinned=one.thinned)
            histograms[one.tag] = column.append(one.histograms)
    store = TagStore()
    for (tb_run, file), (scalars, histograms) in files.items():
        store = store.with_columns(tb_run, file, scalars, histograms)
    return store
