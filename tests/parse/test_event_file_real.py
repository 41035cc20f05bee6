"""Event files of many real writers against what TensorBoard's own readers found in them.

The files lie outside the repository: `LOSS_MONITOR_EVENT_FILES` names their folder, which
holds `truth/*.json` beside them; without it these tests are skipped.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from histogram_points import one_by_one
from loss_monitor.parse.event_file import Scan, TagNumbers, scan

pytestmark = pytest.mark.usefixtures("core")

_FOLDER = os.environ.get("LOSS_MONITOR_EVENT_FILES", "")


def _cases() -> Iterator[Any]:
    for path in sorted(Path(_FOLDER, "truth").glob("*.json")) if _FOLDER else []:
        for name, truth in json.loads(path.read_text())["files"].items():
            yield pytest.param(name, truth, id=name.split("/")[0] + "/" + name[-20:])


CASES = list(_cases()) or [
    pytest.param("", {}, marks=pytest.mark.skip(reason="LOSS_MONITOR_EVENT_FILES is not set"))
]
SCALAR_KINDS = {"simple_value", "tensor"}


def scalars_of(result: Scan, number: int) -> dict[str, object]:
    """Return the figures of one tag under the names of the truth."""
    mine = result.tag == number
    value = result.value[mine]
    finite = value[np.isfinite(value)]
    return {
        "count": len(value),
        "values": len(value),
        "first_step": int(result.step[mine][0]),
        "last_step": int(result.step[mine][-1]),
        "first_wall": float(result.wall_time[mine][0]),
        "last_wall": float(result.wall_time[mine][-1]),
        "nan": int(np.isnan(value).sum()),
        "pos_inf": int(np.isposinf(value).sum()),
        "neg_inf": int(np.isneginf(value).sum()),
        "sum": math.fsum(finite),
        "min": float(finite.min()) if len(finite) else None,
        "max": float(finite.max()) if len(finite) else None,
    }


@pytest.mark.parametrize(("name", "truth"), CASES)
def test_records_are_those_that_a_frame_scan_found(name: str, truth: dict[str, Any]) -> None:
    """Count of records and where the last good one ends."""
    result = scan(Path(_FOLDER, name).read_bytes(), TagNumbers())
    assert result.records == truth["framing"]["records_ok"]
    assert result.consumed == truth["framing"]["good_bytes"]
    assert result.status == "complete"


@pytest.mark.parametrize(("name", "truth"), CASES)
def test_every_tag_has_the_figures_that_tensorboard_found(name: str, truth: dict[str, Any]) -> None:
    """Counts, steps, wall times, exact sums, extremes, NaN and infinities, histograms."""
    tags = TagNumbers()
    result = scan(Path(_FOLDER, name).read_bytes(), tags)
    points = list(one_by_one(result.histograms))
    histograms = Counter(tags.names[number] for number, _ in points)
    for tag, expected in truth["tags"].items():
        if "values" in expected:
            found = scalars_of(result, tags.names.index(tag))
            assert found == {key: expected[key] for key in found}, tag
        elif "histo" in expected["kinds"] or expected["plugin"] == "histograms":
            assert histograms.pop(tag) == expected["count"]
            steps = [point.step for number, point in points if tags.names[number] == tag]
            assert (steps[0], steps[-1]) == (expected["first_step"], expected["last_step"])
        else:
            assert tag not in tags.names
    assert not histograms


@pytest.mark.parametrize(("name", "truth"), CASES)
def test_histogram_counts_add_up_to_their_number(name: str, truth: dict[str, Any]) -> None:
    """The buckets hold all values, and the edges never fall."""
    result = scan(Path(_FOLDER, name).read_bytes(), TagNumbers())
    for _, point in one_by_one(result.histograms):
        assert point.counts.sum(dtype=float) == pytest.approx(point.num)
        assert len(point.edges) == len(point.counts) + 1
        assert (np.diff(point.edges) >= 0).all()


@pytest.mark.parametrize(("name", "truth"), CASES)
def test_a_file_that_arrives_in_pieces_reads_the_same(name: str, truth: dict[str, Any]) -> None:
    """Pieces of a length that meets no record's end."""
    data = Path(_FOLDER, name).read_bytes()
    whole_tags, tags = TagNumbers(), TagNumbers()
    whole = scan(data, whole_tags)
    consumed, parts = 0, []
    for stop in [*range(997, len(data), 9973), len(data)]:
        result = scan(data[consumed:stop], tags, base_offset=consumed)
        parts.append((result.tag, result.value))
        consumed += result.consumed
    assert tags.names == whole_tags.names
    numbers, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    in_order = values[np.argsort(numbers, kind="stable")]
    assert np.array_equal(in_order, whole.value, equal_nan=True)
