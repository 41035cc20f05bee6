"""Tags of event files and job logs: scalars and histograms, by run directory, file and tag.

Enters: what was read of a file, or word that a file is gone. Leaves: a new `TagStore`, which
shares with the old one all that did not change. Files of one run are joined in the order of
their names, as one stream, and the view of restarted trainings follows what TensorBoard
shows: a point drops every kept point at or above its step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from loss_monitor.errors import UnknownNameError
from loss_monitor.series.columns import Column
from loss_monitor.series.histograms import (
    Histogram,
    HistogramColumn,
    PackedHistograms,
    by_tag,
    step_of,
    unpacked,
)
from loss_monitor.series.pieces import (
    Piece,
    Points,
    Values,
    latest_attempt,
    latest_pieces,
    points_of,
)
from loss_monitor.series.texts import TextStore
from loss_monitor.statistics.distinct import distinct
from loss_monitor.types import Floats, Ints

Attempts = Literal["latest", "all"]
HISTOGRAM_BYTES_MAX = 32 * 1024 * 1024
"""Memory for the histograms of all tags; where they take more, the older ones are thinned."""
JOB_TAGS = "job/"
"""Tags of job logs, of which each is an attempt of its own; event files may follow each other
within one."""
_THINNED_TO = 0.75
"""Share of the bound that thinning leaves, so that it is rare."""
_CHANGES = count(1)


class ScalarColumns(Protocol):
    """Scalars of a file, those of one tag side by side, in its order; shape (scalars,)."""

    @property
    def tag(self) -> NDArray[np.uint32]:
        """Number of the tag, index into the names."""
        ...

    @property
    def step(self) -> Ints:
        """Steps, int64."""
        ...

    @property
    def wall_time(self) -> Floats:
        """Seconds since 1970-01-01 UTC; 0 where absent."""
        ...

    @property
    def value(self) -> Floats:
        """Values, float64."""
        ...

    @property
    def doubles(self) -> frozenset[int]:
        """Tags of which a value had more than float32's precision."""
        ...


@dataclass(frozen=True, slots=True)
class TagSeries:
    """Points of one tag; arrays of shape (points,)."""

    steps: Ints
    values: Values
    wall_times: Floats
    dropped: int
    """Points of earlier attempts that are not among these."""


@dataclass(frozen=True, slots=True)
class HistogramSeries:
    """Histograms of one tag, oldest first."""

    points: tuple[Histogram, ...]
    thinned: bool
    """Whether only some of the older steps are kept."""
    dropped: int
    """Kept histograms of earlier attempts that are not among these."""


@dataclass(frozen=True, slots=True)
class _File:
    """Columns of one file, by tag."""

    scalars: Mapping[str, Column] = field(default_factory=dict)
    histograms: Mapping[str, HistogramColumn] = field(default_factory=dict)
    changed: tuple[float, int] = (0.0, 0)
    """Wall time of its newest point, then the number of the change that brought it."""

    @property
    def n_points(self) -> int:
        return sum(map(len, self.scalars.values()))

    @property
    def histogram_bytes(self) -> int:
        return sum(column.n_bytes for column in self.histograms.values())


@dataclass(frozen=True, slots=True)
class TagStore:
    """All tags of all files; immutable."""

    _runs: Mapping[str, Mapping[str, _File]] = field(default_factory=dict)
    n_points: int = 0
    """Scalars, over all runs, attempts included."""
    histogram_bytes: int = 0
    """Memory of the histograms, over all runs, about."""
    texts: TextStore = field(default_factory=TextStore)
    """Texts and hyperparameters."""
    _thin_above: int = HISTOGRAM_BYTES_MAX
    """Bytes of histograms from which on they are thinned."""

    # Changes

    def put_scalars(
        self, tb_run: str, file: str, tag_names: Sequence[str], scalars: ScalarColumns
    ) -> TagStore:
        """Return the store with new points behind those that `file` has already.

        `tag_names` gives the text of each tag number. Values are kept as float32 except for
        the tags among `scalars.doubles`.
        """
        if not len(scalars.tag):
            return self
        tags = scalars.tag
        with np.errstate(over="ignore", invalid="ignore"):
            floats = scalars.value.astype(np.float32)
        edges = [0, *(np.flatnonzero(tags[1:] != tags[:-1]) + 1).tolist(), len(tags)]
        fresh: list[tuple[str, Points]] = []
        for start, stop in pairwise(edges):
            tag = int(tags[start])
            values: Values = scalars.value if tag in scalars.doubles else floats
            points = Points(scalars.step, scalars.wall_time, values).part(start, stop)
            fresh.append((tag_names[tag], points))
        newest = float(scalars.wall_time.max(initial=0.0))
        return self._with_points(tb_run, file, fresh, newest)

    def put_points(
        self,
        tb_run: str,
        file: str,
        points: Mapping[str, tuple[Sequence[int], Sequence[float]]],
        wall_time: float,
    ) -> TagStore:
        """Return the store with points of one wall time, kept as doubles.

        `points` are steps and values, side by side, by tag.
        """
        fresh = {
            tag: Points(
                np.array(steps, dtype=np.int64),
                np.full(len(steps), wall_time),
                np.array(values, dtype=np.float64),
            )
            for tag, (steps, values) in points.items()
        }
        return self._with_points(tb_run, file, fresh.items(), wall_time)

    def put_histograms(
        self, tb_run: str, file: str, tag_names: Sequence[str], found: PackedHistograms
    ) -> TagStore:
        """Return the store with new histograms behind those that `file` has already.

        Where all histograms then take more than `HISTOGRAM_BYTES_MAX`, the older ones of the
        largest tags are thinned.
        """
        old = self._file(tb_run, file)
        histograms = dict(old.histograms)
        for tag, fresh in by_tag(found).items():
            name = tag_names[tag]
            histograms[name] = histograms.get(name, HistogramColumn()).append(fresh)
        newest = float(found.wall_time.max(initial=0.0))
        changed = (max(old.changed[0], newest), next(_CHANGES))
        new = replace(old, histograms=histograms, changed=changed)
        return self._with_file(tb_run, file, new).with_bounded_histograms()

    def without_file(self, tb_run: str, file: str) -> TagStore:
        """Return the store without what came from `file`, which may be unknown."""
        files = dict(self._runs.get(tb_run, {}))
        gone = files.pop(file, None)
        texts = self.texts.without_file(tb_run, file)
        if gone is None:
            return self if texts is self.texts else replace(self, texts=texts)
        runs = dict(self._runs)
        if files:
            runs[tb_run] = files
        else:
            del runs[tb_run]
        return replace(
            self,
            _runs=runs,
            texts=texts,
            n_points=self.n_points - gone.n_points,
            histogram_bytes=self.histogram_bytes - gone.histogram_bytes,
        )

    def without_all(self) -> TagStore:
        """Return an empty store."""
        return TagStore()

    def with_columns(
        self,
        tb_run: str,
        file: str,
        scalars: Mapping[str, Column],
        histograms: Mapping[str, HistogramColumn],
    ) -> TagStore:
        """Return the store with a file of these columns, in the place of one of its name."""
        pieces = (piece for column in scalars.values() for piece in column.pieces())
        newest = max(
            (float(piece.points.wall_times.max(initial=0.0)) for piece in pieces), default=0.0
        )
        changed = (newest, next(_CHANGES))
        return self._with_file(tb_run, file, _File(scalars, histograms, changed))

    # Questions

    def files(
        self,
    ) -> Iterator[tuple[str, str, Mapping[str, Column], Mapping[str, HistogramColumn]]]:
        """Yield run, file, scalars and histograms of each file, in the order of their names."""
        for tb_run in self.runs():
            for name in sorted(self._runs[tb_run]):
                file = self._runs[tb_run][name]
                yield tb_run, name, file.scalars, file.histograms

    def runs(self) -> tuple[str, ...]:
        """Return the names of all runs, sorted."""
        return tuple(sorted({*self._runs, *self.texts.runs()}))

    def scalars(self, tb_run: str) -> tuple[str, ...]:
        """Return the scalar tags of a run, sorted; none for an unknown run."""
        files = self._runs.get(tb_run, {}).values()
        return tuple(sorted({tag for file in files for tag in file.scalars}))

    def histogram_tags(self, tb_run: str) -> tuple[str, ...]:
        """Return the histogram tags of a run, sorted; none for an unknown run."""
        files = self._runs.get(tb_run, {}).values()
        return tuple(sorted({tag for file in files for tag in file.histograms}))

    def run_of(self, tag: str) -> str | None:
        """Return the run that last changed and has the tag, None if none has it."""
        having = [
            (max(file.changed for file in files.values()), tb_run)
            for tb_run, files in self._runs.items()
            if any(tag in file.scalars or tag in file.histograms for file in files.values())
        ]
        return max(having)[1] if having else None

    def pieces(
        self, tb_run: str, tag: str, attempts: Attempts = "latest"
    ) -> tuple[list[Piece], int]:
        """Return the points of a scalar tag in pieces, and how many of them are left out.

        `latest` leaves out what a restarted training did again, `all` is in file order.
        Raises UnknownNameError.
        """
        kept, dropped, _ = self.stretches(tb_run, tag, attempts)
        return kept, dropped

    def stretches(
        self, tb_run: str, tag: str, attempts: Attempts = "latest"
    ) -> tuple[list[Piece], int, Ints]:
        """Return what `pieces` does, and at which of the points another attempt begins.

        Behind points that are left out, and in a job log's tag with each log. Raises
        UnknownNameError.
        """
        columns = [file.scalars[tag] for file in self._files(tb_run) if tag in file.scalars]
        if not columns:
            raise UnknownNameError(f"no scalar tag {tag!r} in run {tb_run!r}")
        by_file = [list(column.pieces()) for column in columns]
        written = [piece for pieces in by_file for piece in pieces]
        sizes, begins, kept = list(map(len, written)), np.zeros(0, np.int64), written
        if attempts == "latest":
            kept, sizes, begins = latest_pieces(written)
        total = sum(sizes)
        if len(by_file) > 1 and tag.startswith(JOB_TAGS):
            ends = np.cumsum([0, *sizes])[np.cumsum([len(pieces) for pieces in by_file])]
            begins = distinct(np.concatenate([begins, ends[(ends > 0) & (ends < total)]]))
        return kept, sum(map(len, written)) - total, begins

    def series(self, tb_run: str, tag: str, attempts: Attempts = "latest") -> TagSeries:
        """Return the points of a scalar tag side by side; the arrays must not be written to.

        As `pieces` does. Raises UnknownNameError.
        """
        pieces, dropped = self.pieces(tb_run, tag, attempts)
        points = points_of(pieces)
        return TagSeries(points.steps, points.values, points.wall_times, dropped)

    def histograms(
        self, tb_run: str, tag: str, last: int | None = None, attempts: Attempts = "latest"
    ) -> HistogramSeries:
        """Return the newest `last` histograms of a tag (None: all that are kept).

        Raises UnknownNameError.
        """
        files = [file for file in self._files(tb_run) if tag in file.histograms]
        if not files:
            raise UnknownNameError(f"no histogram tag {tag!r} in run {tb_run!r}")
        packed = [one for file in files for one in file.histograms[tag].packed]
        total = len(packed)
        if attempts == "latest":
            kept = latest_attempt(np.array([step_of(one) for one in packed], dtype=np.int64))
            packed = [one for one, keep in zip(packed, kept.tolist(), strict=True) if keep]
        shown = packed if last is None else packed[max(0, len(packed) - last) :]
        thinned = any(file.histograms[tag].thinned for file in files)
        return HistogramSeries(tuple(map(unpacked, shown)), thinned, total - len(packed))

    def _files(self, tb_run: str) -> list[_File]:
        """Return the files of a run in the order of their names."""
        files = self._runs.get(tb_run, {})
        return [files[name] for name in sorted(files)]

    def _file(self, tb_run: str, file: str) -> _File:
        return self._runs.get(tb_run, {}).get(file) or _File()

    def _with_points(
        self, tb_run: str, file: str, fresh: Iterable[tuple[str, Points]], newest: float
    ) -> TagStore:
        old = self._file(tb_run, file)
        scalars = dict(old.scalars)
        for tag, points in fresh:
            scalars[tag] = scalars.get(tag, Column()).append(points)
        changed = (max(old.changed[0], newest), next(_CHANGES))
        return self._with_file(tb_run, file, replace(old, scalars=scalars, changed=changed))

    def _with_file(self, tb_run: str, file: str, new: _File) -> TagStore:
        old = self._file(tb_run, file)
        files = {**self._runs.get(tb_run, {}), file: new}
        runs = {**self._runs, tb_run: files}
        return replace(
            self,
            _runs=runs,
            n_points=self.n_points + new.n_points - old.n_points,
            histogram_bytes=self.histogram_bytes + new.histogram_bytes - old.histogram_bytes,
        )

    def with_bounded_histograms(self) -> TagStore:
        """Return the store with the histograms of its largest tags thinned if that is due."""
        if self.histogram_bytes <= self._thin_above:
            return self
        files = [file for files in self._runs.values() for file in files.values()]
        sizes = [column.n_bytes for file in files for column in file.histograms.values()]
        bytes_max = _fair_share(sizes, int(_THINNED_TO * HISTOGRAM_BYTES_MAX))

        def thinned(file: _File) -> _File:
            columns = file.histograms.items()
            return replace(
                file, histograms={tag: column.within(bytes_max) for tag, column in columns}
            )

        runs = {
            tb_run: {name: thinned(file) for name, file in files.items()}
            for tb_run, files in self._runs.items()
        }
        remaining = sum(file.histogram_bytes for files in runs.values() for file in files.values())
        # Of so many tags that the least of each exceeds the bound nothing more can be spared;
        # they are thinned again once they have grown by a third, as others are.
        above = max(HISTOGRAM_BYTES_MAX, int(remaining / _THINNED_TO))
        return replace(self, _runs=runs, histogram_bytes=remaining, _thin_above=above)


def _fair_share(sizes: Sequence[int], room: int) -> int:
    """Return the size to which the larger ones must shrink so that all fit into `room`.

    >>> _fair_share([10, 70, 90], 100)
    45
    """
    left = len(sizes)
    for size in sorted(sizes):
        if size * left > room:
            return room // left
        room -= size
        left -= 1
    return max(sizes, default=0)
