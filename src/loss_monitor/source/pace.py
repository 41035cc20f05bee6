"""The pace of looking: how long to wait until the files are looked at again.

Enters: seconds since the last change and what is known of the place. Leaves: seconds.
"""

from __future__ import annotations

WATCHED_FOR_S = 60.0
"""After so many seconds without a page or an API request nobody is looking."""

_LEAST_LOCAL_S = 0.1
_LEAST_NETWORK_S = 1.0
_MOST_S = 5.0
_UNWATCHED_S = 10.0
# Training that moved every n seconds so far is seen within n/20 of its next move.
_SHARE_OF_QUIET = 1 / 20
_SLOW_LOOK_S = 0.2
# A slow look is a sign of a loaded file server: at most a tenth of the time is spent there.
_COST_FACTOR = 10.0
_SLOW_MOST_S = 60.0


def look_interval_s(
    since_change_s: float,
    *,
    network: bool,
    watched: bool,
    least_s: float | None,
    last_look_cost_s: float,
) -> float:
    """Return seconds to wait before the next look.

    `since_change_s` is the time since anything changed, `watched` tells whether somebody
    looked within `WATCHED_FOR_S`, `least_s` is the user's own least interval, and
    `last_look_cost_s` is how long the last look took.

    >>> look_interval_s(20, network=False, watched=True, least_s=None, last_look_cost_s=0.01)
    1.0
    """
    least = _LEAST_NETWORK_S if network else _LEAST_LOCAL_S
    interval = min(max(since_change_s * _SHARE_OF_QUIET, least), _MOST_S)
    if not watched:
        interval = _UNWATCHED_S
    if last_look_cost_s > _SLOW_LOOK_S:
        interval = max(interval, min(last_look_cost_s * _COST_FACTOR, _SLOW_MOST_S))
    return max(interval, least_s or 0.0)
