"""Kept runs as the commands are told of them: by the file, or by the id alone.

Enters: a word of the command line. Leaves: the file of the kept run that it means, None where it
means something else.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from loss_monitor.errors import MonitorError
from loss_monitor.settings import Settings, state_dir

KEPT_SUFFIX = ".npz"
"""As `history.archive` has it, which imports numpy."""
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[\d.-]+")


def kept_file(name: str) -> Path | None:
    """Return the file of a kept run that `name` is the path of."""
    path = Path(name).expanduser()
    return path if path.suffix == KEPT_SUFFIX and path.is_file() else None


def is_run_id(name: str) -> bool:
    """Tell whether a word is the id of a run, and not the path of something."""
    return _RUN_ID.fullmatch(name) is not None and not os.path.exists(name)


def kept_path(run_id: str, settings: Settings) -> Path:
    """Return the file of a kept run; raises MonitorError where there is none, or several."""
    from loss_monitor.history.store import FOLDER, KeptRuns

    root = settings.keep_dir or state_dir(os.environ) / FOLDER
    folders = sorted(path for path in root.glob("*") if path.is_dir())
    found = [path for one in folders if (path := KeptRuns(one).path_of(run_id)).is_file()]
    if not found:
        raise MonitorError(
            f"no run {run_id} is kept below {root}; api/runs lists those of a monitor, and "
            "--keep-dir names another place"
        )
    if len(found) > 1:
        listed = "\n  ".join(map(str, found))
        raise MonitorError(f"several sources have a run {run_id}; name its file:\n  {listed}")
    return found[0]
