"""The moving average value by value, as its definition says: what the fast one is held to."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np


def plain_average(values: Iterable[float], weight: float) -> np.ndarray:
    """Return the debiased average behind each value; what is not finite is passed over."""
    state, count, found = 0.0, 0, []
    for value in values:
        if math.isfinite(value):
            state, count = weight * state + (1 - weight) * value, count + 1
        found.append(state / (1 - weight**count) if count else math.nan)
    return np.array(found)
