"""Histograms: every finite value in its bucket, limits as TensorBoard's."""

from __future__ import annotations

import math
import sys
from array import array
from bisect import bisect_right
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.writer.histogram import bucket_limits, histogram_of


def test_limits_are_symmetric_and_grow_by_a_tenth() -> None:
    """From 1e-12 to 1e20 on both sides of zero, the last one open."""
    limits = bucket_limits()
    positive = [limit for limit in limits if limit > 0]
    assert positive[0] == 1e-12
    assert positive[-1] == sys.float_info.max
    assert positive[-2] < 1e20 <= positive[-2] * 1.1
    assert limits[: len(positive) - 1] == tuple(-limit for limit in positive[-2::-1])
    assert all(high == low * 1.1 for low, high in pairwise(positive[:-1]))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_every_value_is_in_its_bucket(values: list[float]) -> None:
    """Counted one by one, the buckets hold the same numbers; ends are not empty."""
    histogram = histogram_of(values)
    assert histogram is not None
    limits = bucket_limits()
    expected = dict.fromkeys(histogram.limits, 0)
    for value in values:
        expected[limits[min(bisect_right(limits, value), len(limits) - 1)]] += 1
    assert list(histogram.counts) == list(expected.values())
    assert histogram.counts[0] > 0
    assert histogram.counts[-1] > 0
    assert (histogram.num, histogram.min, histogram.max) == (
        len(values),
        min(values),
        max(values),
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_sums_are_exact(values: list[float]) -> None:
    """Rounded once, at the end."""
    histogram = histogram_of(values)
    assert histogram is not None
    assert histogram.sum == float(sum(map(Fraction, values)))
    assert histogram.sum_squares == float(sum(Fraction(value * value) for value in values))


@pytest.mark.parametrize(
    "values",
    [
        [[1.0, 2.0], [3.0]],
        (1, 2, 3),
        array("d", [1, 2, 3]),
        np.array([[1.0], [2.0], [3.0]], dtype=np.float32),
        iter([1.0, np.float32(2.0), True + 2]),
    ],
)
def test_values_of_any_shape_are_taken(values: object) -> None:
    """Lists in lists, integers, arrays with a `tolist`, iterators."""
    histogram = histogram_of(values)
    assert histogram is not None
    assert (histogram.num, histogram.sum) == (3.0, 6.0)


def test_a_tensor_is_asked_for_its_list_the_way_torch_wants_it() -> None:
    """Detached from the graph, then on the host, then as list."""

    class Tensor:
        def __init__(self, asked: str = "") -> None:
            self.asked = asked

        def detach(self) -> Tensor:
            return Tensor(self.asked + "d")

        def cpu(self) -> Tensor:
            return Tensor(self.asked + "c")

        def tolist(self) -> list[float]:
            assert self.asked == "dc"
            return [0.5]

    histogram = histogram_of(Tensor())
    assert histogram is not None
    assert histogram.sum == 0.5


def test_values_that_are_not_finite_are_left_out() -> None:
    """They have no bucket; alone they make no histogram."""
    histogram = histogram_of([math.nan, 1.0, math.inf])
    assert histogram is not None
    assert histogram.num == 1.0
    assert histogram_of([math.nan, -math.inf]) is None
    assert histogram_of([]) is None
