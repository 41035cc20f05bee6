"""How tests wait: for what has to happen, as long as a slow and busy machine may take.

What happens is looked at again and again; the limit only ends a test that would hang, so it is
far beyond anything that a machine at work needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

DEADLINE_S = 60.0


def wait_for(
    holds: Callable[[], Any], what: str = "it happens", deadline_s: float = DEADLINE_S
) -> Any:
    """Look until something holds, and return it; fail with `what` after the deadline."""
    until_s = time.monotonic() + deadline_s
    while not (found := holds()):
        assert time.monotonic() < until_s, f"waited in vain until {what}"
        time.sleep(0.01)
    return found
