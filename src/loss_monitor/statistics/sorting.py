"""Finite values in rising order: what percentiles and distributions are read from.

Enters: values. Leaves: a sorted copy without NaN and infinity, float32 where that is exact. The
compiled core and its twin in numpy give the same bits; `sorted_finite` is the one that runs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from loss_monitor._native import CORE
from loss_monitor.types import Floats

SortedValues = NDArray[np.float32] | NDArray[np.float64]
"""Finite values in rising order."""


def sorted_by_numpy(values: Floats) -> SortedValues:
    """Return the finite ones of `values` in rising order.

    The result is float32 where that holds every value exactly (losses are computed in
    float32, so this is the rule), which halves memory and time; else float64.
    """
    # Adding zero turns -0.0 into 0.0: sorting takes them for equal and leaves their order open.
    finite = values[np.isfinite(values)] + 0.0
    with np.errstate(over="ignore", under="ignore"):
        narrow = finite.astype(np.float32)
    if bool((narrow == finite).all()):
        return np.sort(narrow)
    return np.sort(finite)


def _sorted_by_core() -> Callable[[Floats], SortedValues] | None:
    if CORE != "native":
        return None
    from loss_monitor._native._sorting import sort_float32  # noqa: PLC0415 - where it was built

    def sorted_by_core(values: Floats) -> SortedValues:
        into = np.empty(values.size, dtype=np.uint32)
        count = sort_float32(np.ascontiguousarray(values), into, np.empty_like(into))
        if count < 0:
            return sorted_by_numpy(values)
        narrow = into.view(np.float32)
        return narrow if count == len(narrow) else narrow[:count].copy()

    return sorted_by_core


SORTED_BY_CORE = _sorted_by_core()
"""The compiled way; None where it was not built or not wanted."""

sorted_finite: Callable[[Floats], SortedValues] = SORTED_BY_CORE or sorted_by_numpy
"""Return the finite ones of an array in rising order, as `sorted_by_numpy` does."""
