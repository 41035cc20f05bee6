"""What the writer promises the model that imports it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import loss_monitor.writer
from waiting import DEADLINE_S

PROGRAM = """
import sys
import loss_monitor.writer
own = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(sorted(name for name in own if not name.startswith("__") and name != "sitecustomize"))
"""


def test_the_writer_needs_the_standard_library_alone() -> None:
    """A model's environment has no room for our dependencies."""
    source = Path(loss_monitor.writer.__file__).parents[2]
    program = f"import sys; sys.path.insert(0, {str(source)!r})" + PROGRAM
    run = [sys.executable, "-I", "-S", "-c", program]
    result = subprocess.run(run, capture_output=True, text=True, check=True, timeout=DEADLINE_S)
    assert result.stdout.strip() == "['loss_monitor']"
