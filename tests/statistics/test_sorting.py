"""Sorted copies: finite values, all of them, to the bit the same from either core."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics import sorting

LOSSES = st.lists(
    st.floats(width=32)
    | st.floats(0, 1, width=32)
    | st.sampled_from([0.0, -0.0, 1e-45, -1e-45, 3.4028234663852886e38, float("inf")]),
    max_size=300,
)
WAYS = [way for way in (sorting.sorted_by_numpy, sorting.SORTED_BY_CORE) if way is not None]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def sort(request):
    """Each way of sorting that is there."""
    return request.param


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@given(values=LOSSES | st.lists(st.floats()))
def test_sorted_values_are_the_finite_ones_exactly(way, values):
    """In rising order; float32 is used only where it holds every value."""
    array = np.array(values, dtype=np.float64)
    result = way(array)
    finite = array[np.isfinite(array)]
    np.testing.assert_array_equal(result.astype(np.float64), np.sort(finite))
    with np.errstate(over="ignore"):
        is_narrow = bool((finite.astype(np.float32) == finite).all())
    assert result.dtype == (np.float32 if is_narrow else np.float64)


@pytest.mark.skipif(sorting.SORTED_BY_CORE is None, reason="the compiled core was not built")
@given(values=LOSSES)
def test_the_compiled_core_gives_the_bits_of_numpy(values):
    """No zero keeps a sign, since nobody could say which of two stands first."""
    array = np.array(values, dtype=np.float64)
    one, other = sorting.SORTED_BY_CORE(array), sorting.sorted_by_numpy(array)
    assert one.dtype == other.dtype
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("size", [1, 1000, 65_536, 200_001])
def test_sizes_of_real_leaves_are_sorted(sort, size):
    """Losses of one magnitude, of all, and all equal."""
    rng = np.random.default_rng(size)
    narrow = rng.lognormal(-3, 0.5, size).astype(np.float32).astype(np.float64)
    wide = (rng.standard_normal(size) * 10.0 ** rng.integers(-30, 30, size)).astype(np.float32)
    for values in (narrow, wide.astype(np.float64), np.full(size, 0.25)):
        np.testing.assert_array_equal(sort(values), np.sort(values))


def test_a_slice_of_other_values_is_sorted(sort):
    """Whether or not its values lie side by side in memory."""
    values = np.arange(20.0)[::-2]
    assert sort(values).tolist() == sorted(values.tolist())


def test_what_float32_holds_takes_half_of_the_memory(sort):
    """A loss that was computed in float32 and printed as a double stays four bytes."""
    assert sort(np.float32([0.1, 0.2]).astype(np.float64)).dtype == np.float32
    assert sort(np.array([0.1, 0.2])).dtype == np.float64
    sorted_copy = sort(np.array([0.5] * 1000 + [np.nan] * 1000))
    assert (sorted_copy if sorted_copy.base is None else sorted_copy.base).nbytes <= 4000
