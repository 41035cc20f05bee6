"""Values in rising order."""

import numpy as np
from numpy.typing import NDArray

from loss_monitor.types import Floats

def sort_float32(values: Floats, into: NDArray[np.uint32], scratch: NDArray[np.uint32]) -> int:
    """Write the finite ones of `values` into `into` in rising order, as the bits of float32.

    `values` is float64 of shape (n,), C-contiguous; `into` and `scratch` have room for n numbers
    each. Returns how many there are, or -1 where float32 does not hold one of them exactly. -0.0
    becomes 0.0. The interpreter is free meanwhile. Raises ValueError where there is no room.
    """
