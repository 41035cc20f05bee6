"""Marks of a chart: gaps stay gaps, names stay text."""

from __future__ import annotations

import numpy as np

from loss_monitor.report.axes import Scale, Tick
from loss_monitor.report.drawing import Plot, band, bars, line

NAN = np.nan


def test_a_line_is_not_drawn_across_a_gap():
    """A point between two gaps is a dot."""
    ys = np.array([1.0, 2.0, NAN, 3.0, NAN, 4.0, 5.0])
    drawn = line(np.arange(7.0), ys, "mean")
    assert 'd="M0.0,1.0L1.0,2.0M5.0,4.0L6.0,5.0"' in drawn
    assert drawn.count("<circle") == 1
    assert 'cx="3.0" cy="3.0"' in drawn
    assert line(np.arange(2.0), np.array([NAN, NAN]), "mean") == ""


def test_a_band_has_a_piece_for_each_stretch():
    """There along the upper edge, and back along the lower."""
    drawn = band(np.arange(3.0), np.array([0.0, NAN, 1.0]), np.array([2.0, 3.0, 4.0]), "std")
    assert 'd="M0.0,2.0L0.0,0.0ZM2.0,4.0L2.0,1.0Z"' in drawn


def test_an_empty_bin_has_no_bar():
    """Only what counts is drawn."""
    drawn = bars(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([5.0, 9.0]), 9.0, "count")
    assert drawn.count("V5.0") == 1
    assert "V9.0H2.0" not in drawn


def test_texts_are_escaped_and_ticks_outside_left_out():
    """Whatever a tag or a label holds."""
    plot = Plot(300.0, 100.0)
    plot.upright(100.0, "attempt", '<b>"&')
    scale = Scale(0.0, 1.0, plot.left, plot.right)
    svg = plot.svg((scale, [Tick(0.5, "<i>"), Tick(9.0, "far")]), (scale, []), '"><script>')
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert "<script>" not in svg
    assert "far" not in svg
    assert 'aria-label="&quot;&gt;&lt;script&gt;"' in svg
