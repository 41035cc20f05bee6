"""Tags of a run in NetCDF: one ragged array of all points, and one of all histograms.

Enters: a store of tags. Leaves: variables. An instance is a tag of one of TensorBoard's runs;
a variable or a group for each would make thousands of them, which no tool lists in time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loss_monitor.export.netcdf_variables import WALL_TIME, Variables
from loss_monitor.series.histogram_map import QUANTILES, quantiles_of
from loss_monitor.series.histograms import Histogram
from loss_monitor.series.pieces import Points
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Floats

_Tags = list[tuple[str, str]]


def write_scalars(variables: Variables, store: TagStore) -> None:
    """Write the points of all tags as charts show them: what was done again counts once."""
    tags = [(tb_run, tag) for tb_run in store.runs() for tag in store.scalars(tb_run)]
    found = [store.pieces(*tag) for tag in tags]
    sizes = [sum(map(len, pieces)) for pieces, _ in found]
    if not sum(sizes):
        return
    _write_names(variables, "tag", tags)
    variables.whole(
        "tag_size",
        "tag",
        [np.array(sizes)],
        long_name="number of points of the tag",
        sample_dimension="tag_point",
    )
    dropped = np.array([dropped for _, dropped in found])
    words = "points of earlier attempts that were done again and are left out"
    variables.whole("tag_dropped", "tag", [dropped], long_name=words)
    variables.dimension("tag_point", sum(sizes))

    def points() -> Iterator[Points]:
        return (piece.points for pieces, _ in found for piece in pieces)

    steps, walls = (one.steps for one in points()), (_known(one.wall_times) for one in points())
    variables.whole("tag_step", "tag_point", steps, long_name="step of the point")
    variables.floats(
        "tag_wall_time",
        "tag_point",
        walls,
        long_name="wall time (UTC) when the point was written",
        **WALL_TIME,
    )
    values = (one.values for one in points())
    variables.floats(
        "tag_value", "tag_point", values, fill=False, long_name="value of the tag", units="1"
    )


def write_histograms(variables: Variables, store: TagStore) -> None:
    """Write quantiles and figures of all histograms that are kept."""
    tags = [(tb_run, tag) for tb_run in store.runs() for tag in store.histogram_tags(tb_run)]
    sizes = [len(store.histograms(*tag).points) for tag in tags]
    if not sum(sizes):
        return
    _write_names(variables, "histogram", tags)
    variables.whole(
        "histogram_size",
        "histogram",
        [np.array(sizes)],
        long_name="number of histograms of the tag; of long runs the older ones are thinned",
        sample_dimension="histogram_point",
    )
    variables.dimension("histogram_point", sum(sizes))
    variables.dimension("quantile", len(QUANTILES))
    shares = np.array(QUANTILES)
    words = "share of a histogram's values that lie below"
    variables.floats("quantile", "quantile", [shares], fill=False, long_name=words, units="1")

    def histograms() -> Iterator[tuple[Histogram, ...]]:
        return (store.histograms(*tag).points for tag in tags)

    steps = (np.array([one.step for one in of]) for of in histograms())
    variables.whole("histogram_step", "histogram_point", steps, long_name="step of the histogram")
    variables.floats(
        "histogram_wall_time",
        "histogram_point",
        (_known(np.array([one.wall_time for one in of])) for of in histograms()),
        long_name="wall time (UTC) when the histogram was written",
        **WALL_TIME,
    )
    for figure, words in (("min", "least value"), ("max", "greatest value"), ("num", "values")):
        pieces = (np.array([getattr(one, figure) for one in of]) for of in histograms())
        name = f"histogram_{figure}"
        variables.floats(name, "histogram_point", pieces, long_name=words, units="1")
    variables.table(
        "histogram_quantile",
        ("histogram_point", "quantile"),
        (quantiles_of(of) for of in histograms()),
        long_name="values below which these shares of a histogram's values lie",
        units="1",
    )


def _write_names(variables: Variables, dimension: str, tags: _Tags) -> None:
    variables.dimension(dimension, len(tags))
    runs, names = (one for one, _ in tags), (one for _, one in tags)
    variables.texts(f"{dimension}_run", dimension, runs, "run of TensorBoard")
    variables.texts(f"{dimension}_name", dimension, names, "name of the tag")


def _known(wall_times: Floats) -> Floats:
    known: Floats = np.where(wall_times > 0, wall_times, np.nan)
    return known
