"""The end of an experiment in model time, as ICON prints it when it starts.

Enters: lines from the beginning of a job log. Leaves: a model time, or None. Format:
`read_master_namelist` of ICON's `mo_master_nml`, which writes `Experiment stop date     : ` and a
date of the library mtime, such as `1979-02-01T00:00:00.000`.
"""

from __future__ import annotations

import re

from loss_monitor.model_time import ModelTime, parse_model_time

HEAD_BYTES_MAX = 8 * 1024 * 1024
"""ICON prints it within its first second; what comes later need not be searched."""
_END = re.compile(rb"Experiment stop date[ \t]*:[ \t]*([0-9]{1,9}-[0-9:T.\-]{8,30})")


def model_end_in(lines: bytes) -> ModelTime | None:
    """Return the end that `lines` tell of, None if they tell of none.

    >>> model_end_in(b" 0: Experiment stop date     : 1979-02-01T00:00:00.000").label
    '1979-02-01 00:00:00'
    """
    match = _END.search(lines)
    return None if match is None else parse_model_time(match[1].decode("ascii").rstrip(".Z"))
