"""Each value once, as numpy has it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics.distinct import distinct, distinct_places


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
@given(values=st.lists(st.integers(-9, 9), max_size=30))
def test_the_values_are_those_of_numpy(dtype, values):
    """In rising order, with the place of each; none of an empty array."""
    array = np.array(values, dtype=dtype)
    rising, places = np.unique(array, return_inverse=True)
    np.testing.assert_array_equal(distinct(array), rising)
    found, found_places = distinct_places(array)
    np.testing.assert_array_equal(found, rising)
    np.testing.assert_array_equal(found_places, places)


def test_infinity_is_a_value():
    """Brackets of percentiles end there."""
    rising, places = distinct_places(np.array([np.inf, -np.inf, 0.0, np.inf]))
    assert rising.tolist() == [-np.inf, 0.0, np.inf]
    assert places.tolist() == [2, 0, 1, 2]
