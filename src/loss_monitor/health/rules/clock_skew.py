"""Rule `clock-skew`: files are dated in the future."""

from __future__ import annotations

from types import MappingProxyType

from loss_monitor.health.rule import Limits, Now, Told
from loss_monitor.health.words import duration
from loss_monitor.types import Evidence


class ClockSkew:
    """The newest file's time by the file server's clock against ours."""

    name = "clock-skew"
    summary = "the newest file is dated in the future: this node's clock or the server's is off"
    limits: Limits = MappingProxyType({"most_s": 60.0})

    def judge(self, now: Now, limits: Limits, *, is_open: bool) -> Told | None:
        """Return how far it is ahead."""
        ahead_s = now.newest_written_s - now.now_s
        most_s = limits["most_s"] / 2 if is_open else limits["most_s"]
        if ahead_s <= most_s:
            return None
        text = (
            f"the newest file is dated {duration(ahead_s // 10 * 10)} ahead of this node's "
            "clock: ages and rates are off"
        )
        return Told(text, Evidence((ahead_s,)), "warning")
