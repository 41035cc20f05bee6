"""What a peer's script has taken since its imports: printed as a line of JSON.

Standard library only: it runs in the environment of the peers.
"""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path


class PeerClock:
    """Counts from when it is made."""

    def __init__(self) -> None:
        """Start."""
        self._cpu_s = _cpu_s()
        self._wall_s = time.monotonic()

    def tell(self) -> None:
        """Print CPU seconds (of children, too), wall seconds and the largest memory."""
        cpu_s = _cpu_s() - self._cpu_s
        wall_s = time.monotonic() - self._wall_s
        lines = Path("/proc/self/status").read_text().splitlines()
        peak_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        print(json.dumps({"cpu_s": cpu_s, "wall_s": wall_s, "memory_mb": peak_kb / 1024}))


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
