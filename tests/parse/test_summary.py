"""Summary files, and their agreement with the losses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.summary import PAIRS_MAX, mismatches, pair_value, parse_summary
from loss_monitor.types import Floats, SummaryValue

SAMPLES = Path(__file__).parents[1] / "samples" / "loss_files"


def test_names_stay_and_numbers_become_numbers() -> None:
    """Names are the file's own; the colons of a model time are not separators."""
    parsed = parse_summary((SAMPLES / "summary.txt").read_bytes())
    assert parsed.pairs == (
        ("Timestep", "1979-01-01 00:15:00"),
        ("Global Step", 136),
        ("Number of Batches", 136),
        ("Mean Loss", 0.0412),
        ("Std Loss", 0.010051),
        ("Min Loss", 0.021003),
        ("Max Loss", 0.087412),
    )
    assert isinstance(dict(parsed.pairs)["Global Step"], int)
    assert parsed.refused == 0


def test_unknown_names_are_kept_and_odd_lines_refused() -> None:
    """A line without colon and one without name are told, each with its line."""
    parsed = parse_summary((SAMPLES / "summary_odd_lines.txt").read_bytes())
    assert [name for name, _ in parsed.pairs] == ["Timestep", "Gradient Norm", "Mean Loss"]
    assert [refusal.line for refusal in parsed.refusals] == [2, 4]
    assert parsed.refusals[0].sample == "Mean Loss 0.041200"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("136", 136),
        ("-5", -5),
        ("1e-3", 0.001),
        ("9" * 18, 999_999_999_999_999_999),
        ("9" * 5000, float("inf")),
        ("1_0", "1_0"),
        ("\u0661", "\u0661"),
        ("", ""),
        ("a\x1b[0m", "a\\x1b[0m"),
    ],
)
def test_a_pair_s_value_is_a_number_only_in_decimal_text(text: str, value: SummaryValue) -> None:
    """Integers beyond 64 bits become floats, what is no number stays text that prints."""
    assert pair_value(text) == value


def test_a_summary_of_endless_names_is_cut() -> None:
    """Memory stays bounded for a file of nothing but pairs."""
    parsed = parse_summary(b"".join(b"%d: 1\n" % i for i in range(500)))
    assert len(parsed.pairs) == PAIRS_MAX
    assert parsed.refused == 500 - PAIRS_MAX


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    """Names and values of any bytes can be shown and sent."""
    for name, value in parse_summary(data).pairs:
        assert name.isprintable()
        name.encode("utf-8")
        str(value).encode("utf-8")


def printed(losses: Floats) -> tuple[tuple[str, SummaryValue], ...]:
    """Return the pairs that the plugin would print of `losses`."""
    text = (
        f"Number of Batches: {losses.size}\nMean Loss: {losses.mean():.6f}\n"
        f"Std Loss: {losses.std():.6f}\nMin Loss: {losses.min():.6f}\n"
        f"Max Loss: {losses.max():.6f}\n"
    )
    return parse_summary(text.encode()).pairs


@given(st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=50))
def test_what_the_plugin_prints_agrees_with_its_losses(losses: list[float]) -> None:
    """Six decimals, population deviation: rounding is no disagreement."""
    values = np.array(losses)
    assert mismatches(printed(values), values) == ()


def test_losses_below_the_last_place_agree_with_zero() -> None:
    """Losses below 5e-7 print as 0.000000."""
    values = np.array([1e-7, 4e-7])
    assert mismatches(printed(values), values) == ()


def test_a_figure_one_place_off_disagrees() -> None:
    """A difference of a whole unit in the sixth decimal is not rounding."""
    pairs = (("Mean Loss", 0.500001), ("Min Loss", 0.5), ("Number of Batches", 2))
    assert mismatches(pairs, np.array([0.5, 0.5])) == ("Mean Loss",)


def test_a_missing_batch_shows_in_the_count() -> None:
    """A log that lost its tail has fewer losses than its summary says."""
    assert mismatches((("Number of Batches", 3),), np.array([0.5, 0.5])) == ("Number of Batches",)


def test_the_sample_deviation_is_told_from_the_population_one() -> None:
    """A plugin that divides by n - 1 disagrees with the definition used here."""
    values = np.array([0.1, 0.2, 0.3])
    assert mismatches((("Std Loss", round(values.std(ddof=1), 6)),), values) == ("Std Loss",)


def test_nan_in_the_summary_agrees_with_nan_in_the_losses() -> None:
    """The plugin's figures are over all losses, so one NaN makes them NaN."""
    pairs = (("Mean Loss", float("nan")), ("Number of Batches", 2))
    assert mismatches(pairs, np.array([0.5, np.nan])) == ()
    assert mismatches(pairs, np.array([0.5, 0.5])) == ("Mean Loss",)


def test_text_where_a_figure_belongs_disagrees() -> None:
    """A word in place of the mean is shown as a disagreement, unknown names are not."""
    pairs = (("Mean Loss", "n/a"), ("Timestep", "x"), ("Gradient Norm", 5.0))
    assert mismatches(pairs, np.array([0.5])) == ("Mean Loss",)


def test_without_finite_losses_only_the_count_is_compared() -> None:
    """There is no figure of ours to hold against the summary's."""
    pairs = (("Mean Loss", float("nan")), ("Number of Batches", 1))
    assert mismatches(pairs, np.array([np.nan])) == ()
