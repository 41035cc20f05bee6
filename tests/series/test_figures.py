"""Figures of a run: they equal those of numpy over all values at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loss_monitor.series.figures import PERCENTILES, figures, percentiles
from loss_monitor.series.run import Run

LOSSES = st.lists(
    st.floats(-10, 10, width=32) | st.floats(0, 1) | st.sampled_from([math.nan, -math.inf]),
    max_size=9,
)


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(st.lists(LOSSES, min_size=1, max_size=20), st.none() | st.integers(1, 25))
def test_figures_equal_numpys(run_of, lists, last):
    """Over the finite losses of the newest timesteps, percentiles to the last bit."""
    found = figures(run_of(lists), last)
    shown = lists if last is None else lists[-last:]
    values = np.array([value for losses in shown for value in losses])
    finite = values[np.isfinite(values)]
    assert found.total_timesteps == len(shown)
    assert found.total_batches == values.size
    assert found.nan_batches == np.isnan(values).sum()
    assert found.inf_batches == np.isinf(values).sum()
    assert found.finite_batches == finite.size
    if not finite.size:
        assert found.overall_mean is found.overall_std is found.percentile_50 is None
        assert found.first_loss is found.best_loss is found.best_timestamp is None
        assert (found.trend, found.recent_trend) == ("unknown", "unknown")
        return
    assert found.overall_mean == pytest.approx(finite.mean(), rel=1e-12, abs=1e-13)
    assert found.overall_std == pytest.approx(finite.std(), rel=1e-9, abs=1e-12)
    assert (found.overall_min, found.overall_max) == (finite.min(), finite.max())
    exact = np.percentile(finite, PERCENTILES)
    assert [getattr(found, f"percentile_{q}") for q in PERCENTILES] == exact.tolist()
    assert percentiles(run_of(lists), PERCENTILES, last).tolist() == exact.tolist()
    assert (found.first_loss, found.latest_loss) == (finite[0], finite[-1])
    assert found.improvement == finite[0] - finite[-1]
    first_loss, latest_loss = finite[[0, -1]].tolist()
    if first_loss:
        relative = (first_loss - latest_loss) / abs(first_loss)
        assert found.improvement_relative == (relative if math.isfinite(relative) else None)
    assert found.best_loss == finite.min()
    first = len(lists) - len(shown)
    holding = [first + i for i, losses in enumerate(shown) if finite.min() in losses]
    assert found.best_timestamp == f"step {holding[0]}"


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(st.lists(LOSSES, min_size=1, max_size=20))
def test_the_slope_is_the_least_squares_one(run_of, lists):
    """NaN counts in the index but not in the sums."""
    found = figures(run_of(lists))
    values = np.array([value for losses in lists for value in losses])
    x = np.flatnonzero(np.isfinite(values))
    if x.size < 2:
        assert (found.trend_slope, found.trend) == (None, "unknown")
        return
    slope = np.polynomial.Polynomial.fit(x, values[x], 1).convert().coef
    slope = slope[1] if len(slope) > 1 else 0.0
    assert found.trend_slope == pytest.approx(slope, rel=1e-7, abs=1e-9)
    if abs(slope) > 1e-9:
        assert found.trend == ("decreasing" if slope < 0 else "increasing")


def test_the_best_mean_may_be_in_another_timestep_than_the_best_loss(run_of):
    """One lucky batch does not make the best timestep."""
    found = figures(run_of([[5.0, 5.0], [0.0, 9.0], [3.0, 3.0], [math.nan]]))
    assert (found.best_loss, found.best_timestamp) == (0.0, "step 1")
    assert (found.best_mean, found.best_mean_timestamp) == (3.0, "step 2")


def test_the_recent_trend_is_of_the_newest_hundred_timesteps(run_of):
    """A loss that fell for long and rises now: decreasing, recently increasing."""
    falling = [[1000.0 - i] for i in range(400)]
    rising = [[600.0 + i] for i in range(100)]
    found = figures(run_of(falling + rising))
    assert (found.trend, found.recent_trend) == ("decreasing", "increasing")
    assert found.recent_slope == pytest.approx(1.0)
    assert found.recent_r2 == pytest.approx(1.0)


def test_noise_about_a_level_is_flat(run_of):
    """A slope below two standard errors is none."""
    rng = np.random.default_rng(5)
    noise = (1 + 0.1 * rng.normal(size=(150, 20))).tolist()
    assert figures(run_of(noise)).recent_trend == "flat"
    assert figures(run_of([[0.25] * 4] * 20)).recent_trend == "flat"
    assert figures(run_of([[0.25] * 4] * 20)).trend == "unknown"


def test_a_single_loss_has_figures_but_no_trend(run_of):
    """The first line of a file makes the cards."""
    found = figures(run_of([[0.5]]))
    assert (found.overall_mean, found.overall_std, found.percentile_99) == (0.5, 0.0, 0.5)
    assert (found.trend, found.trend_slope, found.recent_trend) == ("unknown", None, "unknown")
    assert (found.improvement, found.improvement_relative) == (0.0, 0.0)


def test_a_first_loss_of_zero_has_no_relative_improvement(run_of):
    """Nothing can be divided by it."""
    assert figures(run_of([[0.0, 1.0]])).improvement_relative is None


def test_figures_beyond_float64_are_none(run_of):
    """JSON cannot say infinity; the losses themselves are kept."""
    found = figures(run_of([[1.7e308, -1.7e308, 1.7e308, -1.7e308]]))
    assert found.overall_std is None
    assert found.trend_slope is None
    assert found.overall_max == 1.7e308


def test_figures_are_worked_out_once_a_version(run_of, timestep):
    """The stream and the API ask for the same; a change asks anew."""
    run = run_of([[1.0], [2.0]])
    assert figures(run) is figures(run)
    assert figures(run) is figures(run.renamed("other"))
    assert figures(run.put([timestep(2, [9.0])])).overall_max == 9.0


def test_an_empty_run_has_empty_figures():
    """No timestep, no number."""
    found = figures(Run.empty("run", ""))
    assert (found.total_batches, found.total_timesteps, found.overall_mean) == (0, 0, None)
    assert np.isnan(percentiles(Run.empty("run", ""), [50])).all()
