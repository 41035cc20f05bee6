"""The command `export`: a run as NetCDF for archives, or a table of it as CSV or JSON.

Enters: a directory or job log, or a kept run by its id or file. Leaves: one file, whole or not at
all.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loss_monitor.cli.kept import is_run_id, kept_file, kept_path
from loss_monitor.cli.options import add_label_options, add_source_options
from loss_monitor.cli.places import refuse_unmet_start, source_settings
from loss_monitor.cli.serve import missing
from loss_monitor.clock import SystemClock, iso_time
from loss_monitor.errors import EXIT_NO_DATA, SettingError

if TYPE_CHECKING:
    from loss_monitor.export.tables import Table
    from loss_monitor.series.snapshot import Snapshot
    from loss_monitor.settings import Settings

FORMATS = ("netcdf", "csv", "json")
WHATS = ("batches", "timesteps", "scalars", "marks", "run")
_BY_SUFFIX = {".nc": "netcdf", ".csv": "csv", ".json": "json"}


class Export:
    """`loss-monitor export SOURCE -o FILE`."""

    name = "export"
    summary = "write a run as NetCDF, or a table of it as CSV or JSON"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument(
            "source",
            metavar="SOURCE",
            help="directory or job log (pattern), or a kept run: its id or its file",
        )
        parser.add_argument(
            "-o", "--output", metavar="FILE", required=True, help="file to write; - for the screen"
        )
        parser.add_argument(
            "--format", choices=FORMATS, help="default: as the file's name ends (.nc, .csv, .json)"
        )
        parser.add_argument(
            "--what",
            choices=WHATS,
            help="the table, of CSV and JSON (default: batches); NetCDF holds all of them",
        )
        parser.add_argument("--keep-dir", metavar="DIR", help="where runs are kept")
        add_source_options(parser)
        add_label_options(parser)
        parser.add_argument("--config", metavar="FILE", help="file of NAME = literal")

    def run(self, options: argparse.Namespace) -> int:
        """Read and write; 0 once the file is written, 6 where there is nothing to write."""
        wanted = _format(options)
        try:
            from loss_monitor.export import formats, netcdf
        except ModuleNotFoundError as error:
            raise missing(error) from error
        snapshot, facts = _read(options)
        if not snapshot.run.n_values and not snapshot.tags.n_points:
            print(f"No losses and no tags in {options.source}: there is nothing to export")
            return EXIT_NO_DATA
        path = Path(options.output).expanduser()
        try:
            if wanted == "netcdf":
                netcdf.write_netcdf(path, snapshot, _attributes(snapshot, facts))
            else:
                table = _table(snapshot, options.what or "batches", facts)
                _write(options.output, formats.encoded(table, "csv" if wanted == "csv" else "json"))
        except OSError as error:
            told = error.strerror or str(error)
            raise SettingError(f"--output {path} cannot be written: {told}") from error
        except UnicodeEncodeError as error:
            # Of the name: the library of NetCDF takes none but UTF-8.
            raise SettingError("--output of NetCDF is no path in UTF-8; name another") from error
        if path.is_file():
            print(f"{path}: {path.stat().st_size:,} bytes")
        return 0


def _format(options: argparse.Namespace) -> str:
    output = options.output
    wanted: str | None = options.format or _BY_SUFFIX.get(Path(output).suffix.lower())
    if wanted is None:
        allowed = ", ".join(FORMATS)
        raise SettingError(f"--output {output} does not tell the format: give --format {allowed}")
    if wanted == "netcdf" and options.what is not None:
        raise SettingError("--what is for CSV and JSON; NetCDF holds the whole run")
    if wanted == "netcdf" and (output == "-" or _is_no_file(Path(output).expanduser())):
        raise SettingError(f"NetCDF needs a file: --output {output} is for CSV and JSON")
    return wanted


def _is_no_file(path: Path) -> bool:
    """Tell whether a path is a device or a pipe, which cannot be gone back in."""
    return path.exists() and not path.is_file()


def _read(options: argparse.Namespace) -> tuple[Snapshot, dict[str, str]]:
    """Return what is to be written, and where it came from."""
    from loss_monitor.history.archive import read_run

    place = options.source
    path = kept_file(place)
    if path is None and not is_run_id(place):
        meant = source_settings(options, os.environ, [place])
        if len(meant) > 1:
            raise SettingError(f"{place} means {len(meant)} runs; name one of them for each file")
        return _read_source(meant[0])
    # The options name no place: what is kept is read, under another label if one is given.
    (settings,) = source_settings(options, os.environ, [])
    path = path or kept_path(place, settings)
    snapshot = read_run(path)
    run = snapshot.run
    params = tuple({**dict(run.params), **dict(settings.params)}.items())
    run = replace(run, label=settings.label or run.label, params=params)
    source = snapshot.source
    logs = ", ".join(source.job_logs)
    facts = {"directory": source.directory, "job_logs": logs, "kept_run": str(path)}
    return replace(snapshot, run=run), facts


def _read_source(settings: Settings) -> tuple[Snapshot, dict[str, str]]:
    from loss_monitor.monitor import Monitor
    from loss_monitor.report.provenance import by_kind, provenance_of, source_files

    monitor = Monitor(settings, SystemClock(), lambda _: None)
    asked = monitor.files()
    snapshot = monitor.look()
    refuse_unmet_start(monitor)
    facts = provenance_of(settings, source_files(asked.result()))
    files = [
        f"{kind}: {len(of):,} files, {sum(one.size_bytes for one in of):,} bytes"
        for kind, of in by_kind(facts.files or ()).items()
    ]
    return snapshot, {
        "directory": facts.directory,
        "job_logs": ", ".join(facts.job_logs),
        "host": facts.host,
        "files": "; ".join(files),
    }


def _attributes(snapshot: Snapshot, facts: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of the whole file, beside those that the run itself gives."""
    from loss_monitor.report.provenance import checksum, program

    made = iso_time(SystemClock().wall_s())
    place = facts["directory"] or facts["job_logs"]
    return {
        "history": f"{made} {program()}: exported from {facts.get('kept_run', place)}",
        "source": f"losses of a neural network trained inside ICON, as written to {place}",
        "losses_sha256": checksum(snapshot.run),
        **{name: value for name, value in facts.items() if value},
    }


def _table(snapshot: Snapshot, what: str, facts: Mapping[str, str]) -> Table:
    import numpy as np

    from loss_monitor.export import tables

    run, store = snapshot.run, snapshot.tags
    rows = np.arange(run.n_timesteps)
    if what == "marks":
        return tables.marks_table(run)
    if what == "run":
        return tables.facts_table(run, facts)
    if what == "scalars":
        tags = [(tb_run, tag) for tb_run in store.runs() for tag in store.scalars(tb_run)]
        return tables.scalars_table(store, tags)
    make = tables.timesteps_table if what == "timesteps" else tables.batches_table
    return make(run, rows)


def _write(output: str, pieces: Iterator[bytes]) -> None:
    if output == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    from loss_monitor.export.whole_file import whole_file

    with whole_file(Path(output).expanduser()) as made, made.open("wb") as file:
        file.writelines(pieces)
