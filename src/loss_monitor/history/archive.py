"""A kept run as one file: a snapshot in, a file out, and the other way round.

Enters: a `Snapshot`. Leaves: numpy's `.npz` (a zip of arrays, uncompressed) with a JSON header,
and from it a `Snapshot` with the same timesteps, tags, marks, attempts, alerts and activity, so
that every figure is equal to the bit. Format: docs/formats/kept-runs.md.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor import __version__
from loss_monitor._native import CORE
from loss_monitor.errors import MonitorError
from loss_monitor.history.provenance import FILES, pack_files, unpack_files
from loss_monitor.series.figures import figures
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.stored import StoredTags, store_of, stored
from loss_monitor.series.superseded import Superseded
from loss_monitor.series.tags import TagStore
from loss_monitor.settings.places import host_name
from loss_monitor.source.found import FoundFile
from loss_monitor.types import (
    ActivityEntry,
    Alert,
    Attempt,
    Evidence,
    Mark,
    SourceState,
    Timestep,
    Unit,
)

FORMAT = "icon-loss-monitor kept run"
VERSION = 1
SUFFIX = ".npz"
HEADER = "header"
_TIMESTEPS_AT_ONCE = 2048
_SUPERSEDED = "superseded_"
"""Prefix of the arrays of what earlier attempts left behind."""

_FAULTS = (
    OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RuntimeError,
    MemoryError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What a damaged file, or one of another program, makes of the reading."""

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is told of a kept run without opening its arrays."""

    path: Path
    id: str
    label: str
    directory: str
    job_logs: tuple[str, ...]
    saved_s: float
    """When it was written, seconds since 1970-01-01 UTC."""
    timesteps: int
    batches: int
    unit: Unit
    started_s: float
    ended_s: float
    """Wall times of its first and last timestep, seconds since 1970-01-01 UTC; 0 unknown."""
    latest: float | None
    best: float | None
    first: str
    """Fingerprint of its first timestep: tells whether two files are of one run."""
    size_bytes: int
    params: tuple[tuple[str, str], ...] = ()


def write_run(
    path: Path, snapshot: Snapshot, saved_s: float, files: Sequence[FoundFile] = ()
) -> None:
    """Write a snapshot to `path`, whole or not at all. Raises OSError, for a full disk too.

    `files` are those that it was read from, as far as they are known.
    """
    arrays, header = _pack(snapshot, saved_s)
    arrays[FILES] = pack_files(files)
    text = json.dumps(header, separators=(",", ":")).encode()
    arrays[HEADER] = np.frombuffer(text, dtype=np.uint8)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            # numpy takes names of arrays as keywords, which its types mistake for options.
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
    finally:
        made.unlink(missing_ok=True)


def read_header(path: Path) -> Kept:
    """Return what is told of the run in `path`; its arrays are not read.

    Raises MonitorError for a file that is none of ours.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return _told(_checked(file[HEADER], path), path)
    except _FAULTS as error:
        raise _no_run(path, error) from error


def _told(header: Mapping[str, Any], path: Path) -> Kept:
    run = header["run"]
    return Kept(
        path,
        run["id"],
        run["label"],
        header["source"]["directory"],
        tuple(header["source"]["job_logs"]),
        header["saved_s"],
        run["timesteps"],
        run["batches"],
        run["unit"],
        run["started_s"],
        run["ended_s"],
        run["latest"],
        run["best"],
        run["first"],
        path.stat().st_size,
        _params(run),
    )


def read_run(path: Path) -> Snapshot:
    """Return the kept snapshot. Raises MonitorError for a file that is none of ours."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _unpack(_checked(arrays.pop(HEADER), path), arrays)
    except _FAULTS as error:
        raise _no_run(path, error) from error


def read_files(path: Path) -> tuple[FoundFile, ...]:
    """Return the files that a kept run was read from; none where it does not tell them.

    Raises MonitorError for a file that is none of ours.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            _checked(file[HEADER], path)
            return unpack_files(file[FILES]) if FILES in file.files else ()
    except _FAULTS as error:
        raise _no_run(path, error) from error


def fingerprint(run: Run) -> str:
    """Return what tells a run from others: its first timestep's key, time and values.

    Steps of a job log have no time of their own, but the log of a job is of one run alone.
    """
    if not run.n_timesteps:
        return ""
    first = run.timestep(0)
    place = first.source if len(first.key) == 1 else first.wall_time
    return f"{first.key} {place!r} {first.values[:8].tolist()!r}"


def _checked(header: NDArray[Any], path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(header.tobytes())
    if found["byte_order"] != sys.byteorder:
        raise ValueError(f"{path.name} was written by a machine of another byte order")
    if found["format"] != FORMAT or found["version"] != VERSION:
        raise ValueError(f"version {found.get('version')} of {found.get('format')} in {path.name}")
    return found


def _no_run(path: Path, error: Exception) -> MonitorError:
    return MonitorError(
        f"{path} is no kept run that this version reads ({error}); it is left as it is"
    )


def _pack(snapshot: Snapshot, saved_s: float) -> tuple[Arrays, dict[str, Any]]:
    run, source = snapshot.run, snapshot.source
    found, walls = figures(run), run.table.wall_time
    steps = [run.timestep(index) for index in range(run.n_timesteps)]
    width = max((len(step.key) for step in steps), default=1)
    arrays: Arrays = {
        "values": np.concatenate([np.zeros(0), *run.parts]),
        "count": run.table.count,
        "key": np.array([step.key for step in steps], dtype=np.int64).reshape(-1, width),
        "wall_time": run.table.wall_time,
        "attempt": run.table.attempt,
        "complete": np.array([step.complete for step in steps], dtype=np.bool_),
        **{_SUPERSEDED + name: column for name, column in run.superseded.as_arrays().items()},
    }
    header = {
        "format": FORMAT,
        "version": VERSION,
        "byte_order": sys.byteorder,
        "written_by": f"icon-loss-monitor {__version__}, {CORE} core",
        "host": host_name(),
        "saved_s": saved_s,
        "changed_at": snapshot.changed_at,
        "run": {
            "id": run.id,
            "label": run.label,
            "params": [list(pair) for pair in run.params],
            "dropped": run.dropped,
            "timesteps": run.n_timesteps,
            "batches": run.n_values,
            "unit": run.unit,
            "started_s": float(walls[0]) if len(walls) else 0.0,
            "ended_s": float(walls[-1]) if len(walls) else 0.0,
            "latest": found.latest_loss,
            "best": found.best_loss,
            "first": fingerprint(run),
            "labels": run.labels(),
            "units": _shared([step.unit for step in steps]),
            "sources": _shared([step.source for step in steps]),
            "model_fields": _shared([list(step.model_fields) for step in steps]),
            "summaries": _shared([[list(pair) for pair in step.summary] for step in steps]),
            "attempts": [asdict(attempt) for attempt in run.attempts],
            "marks": [asdict(mark) for mark in run.marks],
        },
        "source": {"directory": source.directory, "job_logs": list(source.job_logs)},
        "alerts": [asdict(alert) for alert in snapshot.alerts],
        "activity": [asdict(entry) for entry in snapshot.activity],
        "tags": _pack_tags(snapshot.tags, arrays),
    }
    return arrays, header


def _shared(values: list[Any]) -> Any:
    """Return one value where all are equal, as `{"all": value}`, else the list."""
    if values and all(value == values[0] for value in values):
        return {"all": values[0]}
    return values


def _each(stored: Any, size: int) -> list[Any]:
    return [stored["all"]] * size if isinstance(stored, dict) else stored


def _pack_tags(tags: TagStore, arrays: Arrays) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for one in stored(tags):
        number = len(rows)
        row = {"tb_run": one.tb_run, "file": one.file, "tag": one.tag}
        if one.points is not None:
            arrays[f"tag{number}_step"] = one.points.steps
            arrays[f"tag{number}_wall_time"] = one.points.wall_times
            arrays[f"tag{number}_value"] = one.points.values
            rows.append({**row, "kind": "scalar"})
        else:
            packed = one.histograms
            arrays[f"tag{number}_packed"] = np.frombuffer(b"".join(packed), dtype=np.uint8)
            arrays[f"tag{number}_size"] = np.array([len(one) for one in packed], dtype=np.int64)
            rows.append({**row, "kind": "histogram", "thinned": one.thinned})
    return rows


def _unpack(header: Mapping[str, Any], arrays: Arrays) -> Snapshot:
    source = header["source"]
    return Snapshot(
        counter=1,
        changed_at=header["changed_at"],
        run=_unpack_run(header["run"], arrays),
        tags=store_of(_unpack_tags(header["tags"], arrays)),
        source=SourceState(
            directory=source["directory"],
            job_logs=tuple(source["job_logs"]),
            exists=True,
            last_look=header["saved_s"],
            incidents=sum(bool(entry["incident"]) for entry in header["activity"]),
            state="kept",
            state_text="Kept run",
        ),
        activity=tuple(ActivityEntry(**entry) for entry in header["activity"]),
        alerts=tuple(
            Alert(**{**alert, "evidence": _evidence(alert["evidence"])})
            for alert in header["alerts"]
        ),
    )


def _evidence(stored: Mapping[str, Any]) -> Evidence:
    return Evidence(**{**stored, "values": tuple(stored["values"])})


def _unpack_run(kept: Mapping[str, Any], arrays: Arrays) -> Run:
    size = len(arrays["count"])
    stops = np.cumsum(arrays["count"])
    starts = stops - arrays["count"]
    values = arrays["values"]
    units, sources = _each(kept["units"], size), _each(kept["sources"], size)
    fields, summaries = _each(kept["model_fields"], size), _each(kept["summaries"], size)
    run = Run.empty(kept["id"], kept["label"])
    for first in range(0, size, _TIMESTEPS_AT_ONCE):
        run = run.put(
            Timestep(
                key=tuple(arrays["key"][row].tolist()),
                label=kept["labels"][row],
                values=values[starts[row] : stops[row]],
                unit=units[row],
                source=sources[row],
                attempt=int(arrays["attempt"][row]),
                wall_time=float(arrays["wall_time"][row]),
                summary=tuple((name, value) for name, value in summaries[row]),
                complete=bool(arrays["complete"][row]),
                model_fields=tuple(fields[row]),
            )
            for row in range(first, min(first + _TIMESTEPS_AT_ONCE, size))
        )
    attempts = [Attempt(**attempt) for attempt in kept["attempts"]]
    marks = [_mark(mark) for mark in kept["marks"]]
    run = replace(run, params=_params(kept), superseded=_superseded(arrays))
    return run.with_attempts(attempts, kept["dropped"]).with_marks(marks).prepared()


def _superseded(arrays: Arrays) -> Superseded:
    """Return what earlier attempts left behind; files of before it was kept have none."""
    found = {
        name.removeprefix(_SUPERSEDED): column
        for name, column in arrays.items()
        if name.startswith(_SUPERSEDED)
    }
    return Superseded.of_arrays(found) if found else Superseded()


def _params(kept: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the parameters of a kept run; files of before they existed have none."""
    return tuple((name, value) for name, value in kept.get("params", ()))


def _mark(stored: Mapping[str, Any]) -> Mark:
    keys = {"key": _key(stored["key"]), "from_key": _key(stored.get("from_key"))}
    return Mark(**{**stored, **keys})


def _key(stored: list[int] | None) -> tuple[int, ...] | None:
    return None if stored is None else tuple(stored)


def _unpack_tags(rows: list[dict[str, Any]], arrays: Arrays) -> list[StoredTags]:
    found = []
    for number, row in enumerate(rows):
        place = (row["tb_run"], row["file"], row["tag"])
        if row["kind"] == "scalar":
            columns = (arrays[f"tag{number}_{name}"] for name in ("step", "wall_time", "value"))
            found.append(StoredTags.of_points(*place, *columns))
        else:
            stops = np.cumsum(arrays[f"tag{number}_size"])
            packed = arrays[f"tag{number}_packed"].tobytes()
            starts = stops - arrays[f"tag{number}_size"]
            pieces = tuple(packed[i:j] for i, j in zip(starts, stops, strict=True))
            found.append(StoredTags(*place, None, pieces, row["thinned"]))
    return found
