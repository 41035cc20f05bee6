"""Sums that never fail, for figures that are written while a model runs."""

from __future__ import annotations

import math
from collections.abc import Sequence


def exact_sum(values: Sequence[float]) -> float:
    """Return the correctly rounded sum; of values too large or infinite the plain one."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return sum(values)
