"""Each sample of this room is explained, and read by some parser without surprise."""

from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("folder", ["loss_files", "job_logs"])
def test_each_sample_has_its_line_in_the_readme(folder: str) -> None:
    """A sample whose quirk nobody knows proves nothing."""
    explained = {
        line.split("`")[1]
        for line in (SAMPLES / folder / "README.md").read_text().splitlines()
        if line.startswith("| `")
    }
    assert explained == {path.name for path in (SAMPLES / folder).iterdir()} - {"README.md"}
