"""The table of health rules: a new one is a file in `rules/` and a row here."""

from __future__ import annotations

from loss_monitor.health.rule import EventRule, Rule, SeriesRule, StateRule, TagRule
from loss_monitor.health.rules.boundary_jump import BoundaryJump
from loss_monitor.health.rules.clock_skew import ClockSkew
from loss_monitor.health.rules.diverged import Diverged
from loss_monitor.health.rules.mismatch import Mismatch
from loss_monitor.health.rules.mismatch_events import MismatchEvents
from loss_monitor.health.rules.non_finite import NonFinite
from loss_monitor.health.rules.plateau import Plateau
from loss_monitor.health.rules.purge import Purge
from loss_monitor.health.rules.rollback import Rollback
from loss_monitor.health.rules.slow import Slow
from loss_monitor.health.rules.spike import Spike
from loss_monitor.health.rules.stalled import Stalled
from loss_monitor.health.rules.weights import WeightsCorrupted

SERIES_RULES: tuple[SeriesRule, ...] = (
    NonFinite(), Spike(), Diverged(), BoundaryJump(), Slow(), Mismatch(), Plateau(),
)  # fmt: skip
TAG_RULES: tuple[TagRule, ...] = (MismatchEvents(),)
STATE_RULES: tuple[StateRule, ...] = (Stalled(), ClockSkew(), Purge())
EVENT_RULES: tuple[EventRule, ...] = (Rollback(), WeightsCorrupted())
RULES: tuple[Rule, ...] = (*SERIES_RULES, *TAG_RULES, *EVENT_RULES, *STATE_RULES)
