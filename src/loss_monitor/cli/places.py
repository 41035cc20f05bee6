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

from loss_monitor.cli.options import is_job_log, settings_of
from loss_monitor.errors import SettingError
from loss_monitor.settings import Settings


def source_settings(
    options: argparse.Namespace, environ: Mapping[str, str], places: Sequence[str]
) -> list[Settings]:
    """Return the settings of each source, one at least.

    Without `places` options, environment and file name the one. Raises `SettingError`.
    """
    if places and options.data_dir is not None:
        raise SettingError("DIR and --data-dir name the same thing; give one of them")
    first = settings_of(options, environ, place=places[0] if places else None)
    if len(places) < 2:
        return [first]
    if options.job_logs:
        raise SettingError(
            "--job-log belongs to one directory; with several, name job logs among them"
        )
    full = [os.path.abspath(os.path.expanduser(place)) for place in places]
    twice = next((place for place in full if full.count(place) > 1), None)
    if twice is not None:
        raise SettingError(f"{twice} is named twice; each place is watched once")
    others = [_at(first, place) for place in full[1:]]
    labels = told_apart([str(one.data_dir) for one in (first, *others)])
    return [
        replace(one, source_number=number, source_label=label if one.watches_data_dir else "")
        for number, (one, label) in enumerate(zip((first, *others), labels, strict=True), 1)
    ]


def _at(settings: Settings, place: str) -> Settings:
    if is_job_log(place):
        folder = Path(place).parent
        return replace(settings, data_dir=folder, job_logs=(place,), watches_data_dir=False)
    return replace(settings, data_dir=Path(place), job_logs=(), watches_data_dir=True)


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
