"""The places that one command watches, each a source of its own.

Enters: options, and the directories and job logs named. Leaves: the settings of each source,
which differ in their places alone.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loss_monitor.cli.options import settings_of
from loss_monitor.cli.patterns import Place, places_of
from loss_monitor.errors import SettingError
from loss_monitor.settings import Settings

if TYPE_CHECKING:
    from loss_monitor.monitor import Monitor


def source_settings(
    options: argparse.Namespace, environ: Mapping[str, str], places: Sequence[str]
) -> list[Settings]:
    """Return the settings of each source, one at least; a pattern may mean several.

    Without `places` options, environment and file name the one. Raises `SettingError`.
    """
    if places and options.data_dir is not None:
        raise SettingError("DIR and --data-dir name the same thing; give one of them")
    meant = places_of(places)
    first = settings_of(options, environ, place=places[0] if places else None)
    if len(meant) < 2:
        as_given = not places or meant[0].name == _full(places[0])
        return [first if as_given else _at(first, meant[0])]
    if first.label is not None or first.params:
        raise SettingError(
            "label and parameters (--label, --param, LABEL, PARAMS) belong to one run; with "
            "several places, put a run.toml beside the data of each"
        )
    if options.job_logs:
        raise SettingError(
            "--job-log belongs to one directory; with several, name job logs among them"
        )
    every = [_at(first, place) for place in meant]
    labels = told_apart([str(one.data_dir) for one in every])
    return [
        replace(one, source_number=number, source_label=label if one.watches_data_dir else "")
        for number, (one, label) in enumerate(zip(every, labels, strict=True), 1)
    ]


def refuse_unmet_start(monitor: Monitor) -> None:
    """Raise SettingError where another training than the one asked for would be meant."""
    if monitor.unmet_start:
        raise SettingError(f"RUN_START (--run-start): {monitor.unmet_start}")


def _full(place: str) -> str:
    return os.path.abspath(os.path.expanduser(place))


def _at(settings: Settings, place: Place) -> Settings:
    if place.job_logs:
        folder = Path(place.job_logs[0]).parent
        return replace(settings, data_dir=folder, job_logs=place.job_logs, watches_data_dir=False)
    return replace(settings, data_dir=Path(place.directory), job_logs=(), watches_data_dir=True)


def told_apart(paths: Sequence[str]) -> list[str]:
    """Return the end of each path that no other has; empty where its last name is enough.

    >>> told_apart(["/a/x/run", "/a/y/run", "/a/other"])
    ['x/run', 'y/run', '']
    """
    labels = []
    for path in paths:
        names = path.strip("/").split("/")
        size = 1
        while size < len(names) and _end(names, size) in [
            _end(other.strip("/").split("/"), size) for other in paths if other != path
        ]:
            size += 1
        labels.append(_end(names, size) if size > 1 else "")
    return labels


def _end(names: Sequence[str], size: int) -> str:
    return "/".join(names[-size:])
