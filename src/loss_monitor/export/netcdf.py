"""A run as NetCDF-4 after the CF conventions 1.11, for archives and for the tools of the field.

Enters: a snapshot, and what its maker knows of where it came from. Leaves: one file, whole or not
at all. Losses of a timestep, points of a tag and histograms of a tag are contiguous ragged arrays
(CF 1.11, section 9.3.3). Layout and its reasons: docs/formats/netcdf.md. The library netCDF4
comes with the extra `archive`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from loss_monitor.errors import MonitorError
from loss_monitor.export.netcdf_tags import write_histograms, write_scalars
from loss_monitor.export.netcdf_variables import NO_LEAP_SECONDS, Variables
from loss_monitor.export.tables import indices_of, shown_path
from loss_monitor.export.whole_file import whole_file
from loss_monitor.model_time import ModelTime
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.types import Alert, Floats

CONVENTIONS = "CF-1.11"
_NO_FEATURE_TYPE = (
    "Contiguous ragged arrays without featureType: a loss is of the whole model, and has no place "
    "on Earth that a discrete sampling geometry would need."
)
_UNIT_WORDS = {"batch": "batch", "epoch": "epoch", "rank": "rank (GPU)"}


def write_netcdf(path: Path, snapshot: Snapshot, attributes: Mapping[str, str]) -> None:
    """Write a snapshot to `path`, whole or not at all; `attributes` are of the whole file.

    Raises MonitorError where netCDF4 is not installed, OSError for a full disk too. Memory does
    not grow with the number of losses.
    """
    library = _library()
    with whole_file(path) as made:
        try:
            with library.Dataset(made, "w", format="NETCDF4") as file:
                _write(file, snapshot, attributes)
        except RuntimeError as error:
            # The library tells a full disk as an error of HDF5.
            raise OSError(0, f"{error} (is the disk full?)", str(path)) from error


def _library() -> Any:
    # HDF5 reads this when it is loaded. Where Lustre has no locks no file could be made otherwise;
    # until it is renamed the file is nobody else's.
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
    try:
        import netCDF4  # noqa: PLC0415 - the extra `archive`.
    except ModuleNotFoundError as error:
        raise MonitorError(
            "NetCDF files need the package netCDF4, which is not installed: "
            f"{sys.executable} -m pip install netCDF4"
        ) from error
    return netCDF4


def _write(file: Any, snapshot: Snapshot, attributes: Mapping[str, str]) -> None:
    run = snapshot.run
    file.setncatts(
        {
            "Conventions": CONVENTIONS,
            "title": run.label,
            "comment": _NO_FEATURE_TYPE,
            "run_id": run.id,
            **_params(run.params),
            **attributes,
        }
    )
    variables = Variables(file)
    if run.n_timesteps:
        dimension = _write_times(variables, run)
        _write_timesteps(variables, run, dimension)
        _write_losses(variables, run)
    _write_attempts(variables, run)
    _write_marks(variables, run)
    _write_alerts(variables, snapshot.alerts)
    write_scalars(variables, snapshot.tags)
    write_histograms(variables, snapshot.tags)


def _params(params: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return an attribute for each parameter under a name that CF recommends, and one of all."""
    given = list(params)
    if not given:
        return {}
    found = {"params": ", ".join(f"{name}={value}" for name, value in given)}
    for name, value in given:
        plain = "param_" + "".join(one if one.isascii() and one.isalnum() else "_" for one in name)
        while plain in found:
            plain += "_"
        found[plain] = value
    return found


def _write_times(variables: Variables, run: Run) -> str:
    """Write model time; return the name of the timesteps' dimension.

    That is `time` where model time is a coordinate as CF has it: known everywhere and rising.
    """
    origin = run.table.origin
    seconds: Floats | None = None
    units = calendar = ""
    if origin is not None:
        first, calendar = origin
        begin = ModelTime(first.year, 1, 1, 0, 0, 0, 0)
        seconds = run.table.seconds_since(begin, calendar)
        units = f"seconds since {begin.year:04d}-01-01 00:00:00"
    rises = seconds is not None and bool(
        np.isfinite(seconds).all() and (np.diff(seconds) > 0).all()
    )
    dimension = "time" if rises else "timestep"
    variables.dimension(dimension, run.n_timesteps)
    if seconds is not None:
        facts: dict[str, Any] = {"units": units, "calendar": calendar, "standard_name": "time"}
        if calendar == "proleptic_gregorian":
            facts["units_metadata"] = NO_LEAP_SECONDS
        facts |= {"long_name": "model time", "axis": "T"} if rises else {"long_name": "model time"}
        name = "time" if rises else "model_time"
        variables.floats(name, dimension, [seconds], fill=not rises, **facts)
    keys = run.keys
    if len(keys[0]) == 1:
        steps = np.array([key[0] for key in keys], dtype=np.int64)
        variables.whole("step", dimension, [steps], long_name="step that the training counts")
    return dimension


def _write_timesteps(variables: Variables, run: Run, dimension: str) -> None:
    table = run.table
    of = _UNIT_WORDS[run.unit]
    is_beside = dimension != "time" and run.table.origin is not None
    others: dict[str, Any] = {"coordinates": "model_time"} if is_beside else {}
    variables.moments("wall_time", dimension, table.wall_time, "when the losses were written")
    variables.whole(
        "attempt_index", dimension, [table.attempt], long_name="attempt, counted from 0"
    )
    variables.whole(
        "batch_count",
        dimension,
        [table.count],
        long_name=f"number of losses of the timestep, one for each {of}",
        sample_dimension="batch",
    )
    for name, column, words in (
        ("nan_count", table.nan, "losses that are NaN"),
        ("infinite_count", table.inf, "losses that are infinite"),
    ):
        variables.whole(name, dimension, [column], long_name=words)
    for name, figures, words in (
        ("loss_mean", table.mean, "mean of the finite losses"),
        ("loss_std", table.std, "population standard deviation of the finite losses"),
        ("loss_min", table.min, "least finite loss"),
        ("loss_max", table.max, "greatest finite loss"),
        ("loss_first", table.first, f"loss of the first {of}"),
        ("loss_last", table.last, f"loss of the last {of}"),
    ):
        variables.floats(name, dimension, [figures], long_name=words, units="1", **others)


def _write_losses(variables: Variables, run: Run) -> None:
    if not run.n_values:
        return
    variables.dimension("batch", run.n_values)
    variables.floats(
        "loss",
        "batch",
        run.parts,
        fill=False,
        long_name=f"loss of each {_UNIT_WORDS[run.unit]}, timestep after timestep",
        units="1",
        comment="NaN and infinity are losses that were NaN and infinite, not missing values",
    )


def _write_attempts(variables: Variables, run: Run) -> None:
    if not run.attempts:
        return
    variables.dimension("attempt", len(run.attempts))
    every = run.attempts
    variables.texts("attempt_label", "attempt", (one.label for one in every), "job of the attempt")
    variables.texts("attempt_outcome", "attempt", (one.outcome for one in every), "how it ended")
    started = [one.started for one in every]
    variables.moments("attempt_started", "attempt", started, "when the attempt began")
    ended = [one.ended or 0.0 for one in every]
    variables.moments("attempt_ended", "attempt", ended, "when the attempt ended")


def _write_marks(variables: Variables, run: Run) -> None:
    if not run.marks:
        return
    marks = run.marks
    variables.dimension("mark", len(marks))
    variables.texts("mark_kind", "mark", (mark.kind for mark in marks), "what happened")
    variables.texts("mark_message", "mark", (mark.message for mark in marks), "in words")
    variables.texts("mark_file", "mark", (mark.file for mark in marks), "file that told it")
    walls = [mark.wall_time for mark in marks]
    variables.moments("mark_wall_time", "mark", walls, "when it happened")
    variables.texts("mark_level", "mark", (mark.level for mark in marks), "how bad it is")
    for name, keys, words in (
        ("mark_timestep", [mark.key for mark in marks], "at or before which it happened, or ended"),
        ("mark_from_timestep", [mark.from_key for mark in marks], "where it began, if it lasted"),
    ):
        places = np.array(indices_of(run, keys), dtype=np.int64)
        told = f"index of the timestep {words}, from 0; -1 unknown"
        variables.whole(name, "mark", [places], long_name=told)


def _write_alerts(variables: Variables, alerts: Sequence[Alert]) -> None:
    if not alerts:
        return
    variables.dimension("alert", len(alerts))
    for name, texts, words in (
        ("alert_rule", [one.rule for one in alerts], "health rule"),
        ("alert_level", [one.level for one in alerts], "how bad it is"),
        ("alert_message", [one.message for one in alerts], "what is the matter"),
        ("alert_timestep", [one.evidence.timestamp for one in alerts], "timestep, as it is shown"),
        ("alert_file", [shown_path(one.evidence.file) for one in alerts], "file that told it"),
    ):
        variables.texts(name, "alert", texts, words)
    opened = [one.opened_s for one in alerts]
    variables.moments("alert_opened", "alert", opened, "when the alert was opened")
    closed = [one.closed_s or 0.0 for one in alerts]
    variables.moments("alert_closed", "alert", closed, "when it was closed")
