"""Unknown keys of summary files, as tags: a new quantity is charted without code.

Enters: the pairs of each timestep's summary, in any order. Leaves: points of the tags
`summary/<key>` in a run of their own, in model-time order.
"""

from __future__ import annotations

from bisect import insort

from loss_monitor.series.tags import TagStore
from loss_monitor.types import Key, SummaryValue

KNOWN_KEYS = frozenset(
    {
        "Timestep",
        "Global Step",
        "Number of Batches",
        "Mean Loss",
        "Std Loss",
        "Min Loss",
        "Max Loss",
    }
)
"""Keys that the plugin writes: their values are the timestep's own figures."""
TB_RUN = "summary"
KEYS_MAX = 100
"""Different keys that become tags; a summary of nothing but keys must not fill the memory."""
_FILE = "summaries"


class SummaryTags:
    """Collector of unknown pairs; used by the reading thread only."""

    def __init__(self) -> None:
        """Know no pair yet."""
        self._points: dict[Key, tuple[float, int, list[tuple[str, float]]]] = {}
        self._order: list[Key] = []
        self._fresh: list[Key] = []
        self._names: set[str] = set()
        self._rebuild = False

    def note(self, key: Key, pairs: tuple[tuple[str, SummaryValue], ...], written_s: float) -> None:
        """Take the pairs of the timestep `key`; known keys and texts are passed over."""
        extra = [
            (f"{TB_RUN}/{name}", float(value))
            for name, value in pairs
            if name not in KNOWN_KEYS and not isinstance(value, str) and self._admit(name)
        ]
        if key in self._points:
            self._rebuild = self._rebuild or self._points[key][2] != extra
        elif not extra:
            return
        else:
            self._rebuild = self._rebuild or bool(self._order and key < self._order[-1])
            insort(self._order, key)
            self._fresh.append(key)
        step = dict(pairs).get("Global Step")
        number = step if isinstance(step, int) else self._order.index(key)
        self._points[key] = (written_s, number, extra)

    def put(self, tags: TagStore) -> TagStore:
        """Return `tags` with what was noted since the last call."""
        if self._rebuild:
            tags = tags.without_file(TB_RUN, _FILE)
            self._fresh = list(self._order)
            self._rebuild = False
        for key in self._fresh:
            written_s, step, extra = self._points[key]
            points = {name: ([step], [value]) for name, value in extra}
            tags = tags.put_points(TB_RUN, _FILE, points, written_s)
        self._fresh = []
        return tags

    def _admit(self, name: str) -> bool:
        if name not in self._names and len(self._names) < KEYS_MAX:
            self._names.add(name)
        return name in self._names
