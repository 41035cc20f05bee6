"""Marks of a chart as SVG: lines, bands, bars and a frame with ticks.

Enters: places as arrays. Leaves: text of SVG elements, without any script. What is not finite
is a gap: a line is never drawn across it. Coordinates have one decimal, a tenth of a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from loss_monitor.report.axes import Scale, Tick
from loss_monitor.statistics.parts import stretches
from loss_monitor.types import Floats, Ints

LEFT, RIGHT, TOP, BOTTOM = 58.0, 14.0, 12.0, 26.0
"""Room round the plot for the texts of ticks."""
_CHARACTER = 6.5
"""Width of a digit of a tick's text."""


def line(xs: Floats, ys: Floats, kind: str) -> str:
    """Return a line through points; a single point between gaps is a dot."""
    parts, dots = [], []
    for first, stop in stretches(np.isfinite(xs) & np.isfinite(ys)):
        if stop - first == 1:
            dots.append(f'<circle class="{kind}" cx="{xs[first]:.1f}" cy="{ys[first]:.1f}" r="2"/>')
        else:
            parts.append("M" + "L".join(_pairs(xs[first:stop], ys[first:stop])))
    drawn = f'<path class="line {kind}" d="{"".join(parts)}"/>' if parts else ""
    return drawn + "".join(dots)


def band(xs: Floats, lows: Floats, highs: Floats, kind: str) -> str:
    """Return the area between two lines, in one piece for each stretch without a gap."""
    parts = []
    for first, stop in stretches(np.isfinite(xs) & np.isfinite(lows) & np.isfinite(highs)):
        there = _pairs(xs[first:stop], highs[first:stop])
        back = _pairs(xs[first:stop], lows[first:stop])[::-1]
        parts.append("M" + "L".join([*there, *back]) + "Z")
    return f'<path class="band {kind}" d="{"".join(parts)}"/>' if parts else ""


def bars(lefts: Floats, rights: Floats, tops: Floats, bottom: float, kind: str) -> str:
    """Return bars that stand on `bottom`."""
    rows = zip(lefts.tolist(), rights.tolist(), tops.tolist(), strict=True)
    parts = [
        f"M{left:.1f},{bottom:.1f}V{top:.1f}H{right:.1f}V{bottom:.1f}Z"
        for left, right, top in rows
        if top < bottom
    ]
    return f'<path class="bar {kind}" d="{"".join(parts)}"/>' if parts else ""


def _pairs(xs: Floats, ys: Floats) -> list[str]:
    return [f"{x:.1f},{y:.1f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def parted(attempt: Ints, *columns: Floats) -> list[Floats]:
    """Return columns with a gap wherever another attempt begins: no line joins two."""
    begins = np.flatnonzero(np.diff(attempt)) + 1
    return [np.insert(column, begins, np.nan) for column in columns]


def note(x: float, text: str, kind: str, anchor: str) -> str:
    """Return a text at the upper edge of a plot."""
    place = f'x="{x:.1f}" y="{TOP + 10:.0f}" text-anchor="{anchor}"'
    return f'<text class="note {kind}" {place}>{escape(text)}</text>'


@dataclass
class Plot:
    """One chart that is being put together."""

    width: float
    height: float
    marks: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    """Marks and texts on top of all lines."""

    @property
    def left(self) -> float:
        """Where the plot begins."""
        return LEFT

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.width - RIGHT

    @property
    def bottom(self) -> float:
        """Where its lower edge is."""
        return self.height - BOTTOM

    def svg(
        self,
        x: tuple[Scale, Sequence[Tick]],
        y: tuple[Scale, Sequence[Tick]],
        label: str,
    ) -> str:
        """Return the chart with its ticks; `label` says in words what it shows."""
        size = f"0 0 {self.width:.0f} {self.height:.0f}"
        parts = [
            f'<svg viewBox="{size}" role="img" aria-label="{escape(label)}">',
            "".join(self._y_tick(y[0], tick) for tick in y[1]),
            "".join(self._x_tick(x[0], tick) for tick in x[1]),
            *self.marks,
            f'<path class="base" d="M{LEFT},{self.bottom:.1f}H{self.right:.1f}"/>',
            *self.over,
            "</svg>",
        ]
        return "".join(parts)

    def upright(self, at: float, kind: str, text: str = "") -> None:
        """Draw an upright line, with a text at its top."""
        self.over.append(f'<path class="upright {kind}" d="M{at:.1f},{TOP}V{self.bottom:.1f}"/>')
        if text:
            end = at > self.right - 120
            x, anchor = (at - 5, "end") if end else (at + 5, "start")
            self.over.append(note(x, text, kind, anchor))

    def _y_tick(self, scale: Scale, tick: Tick) -> str:
        at = float(scale.place(np.array([tick.at]))[0])
        if not TOP - 1 <= at <= self.bottom + 1:
            return ""
        return (
            f'<path class="grid" d="M{LEFT},{at:.1f}H{self.right:.1f}"/>'
            f'<text class="tick" x="{LEFT - 8}" y="{at + 3.5:.1f}" text-anchor="end">'
            f"{escape(tick.text)}</text>"
        )

    def _x_tick(self, scale: Scale, tick: Tick) -> str:
        at = float(scale.place(np.array([tick.at]))[0])
        room = len(tick.text) * _CHARACTER / 2
        if not LEFT - 1 <= at <= self.right + 1 or at + room > self.width:
            return ""
        return (
            f'<path class="base" d="M{at:.1f},{self.bottom:.1f}v4"/>'
            f'<text class="tick" x="{at:.1f}" y="{self.bottom + 17:.1f}" text-anchor="middle">'
            f"{escape(tick.text)}</text>"
        )
