"""The watch over a run's health: versions of a run in, alerts out.

Each series rule is judged once for each timestep that is complete; the newest, which may
still grow, is judged anew with each version. Where something earlier changes, the run is
judged again from its beginning: a rewrite is rare, and a rule may look far back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np

from loss_monitor.errors import SettingError
from loss_monitor.health.book import AlertBook, Change, Place, Sighting
from loss_monitor.health.episodes import Episode, episodes
from loss_monitor.health.rule import (
    EventRule,
    Judged,
    Limits,
    Now,
    SeriesRule,
    StateRule,
    TagRule,
    Told,
)
from loss_monitor.health.table import EVENT_RULES, RULES, SERIES_RULES, STATE_RULES, TAG_RULES
from loss_monitor.series.delta import delta
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Alert, Mark

EPISODES_TOLD_MAX = 100
"""Newest episodes of a rule that are told when a whole run is judged at once."""


@dataclass(slots=True)
class _Progress:
    """How far one series rule has come."""

    judged: int = 0
    """Timesteps that will not be judged again."""
    held: Episode | None = None
    """Episode that lasted behind them."""
    places: set[Place] = field(default_factory=set)
    """Places of the open alerts of what was judged provisionally."""


def checked_limits(given: Mapping[str, float], off: Collection[str]) -> dict[str, dict[str, float]]:
    """Return limits by rule from `rule.limit` names as settings have them.

    Raises SettingError for a rule or limit that there is not.
    """
    rules = {rule.name: rule for rule in RULES}
    for name in off:
        if name not in rules:
            raise SettingError(f"HEALTH_OFF names {name!r}; allowed are {', '.join(sorted(rules))}")
    limits: dict[str, dict[str, float]] = {}
    for place, value in given.items():
        rule, _, name = place.partition(".")
        if rule not in rules or name not in rules[rule].limits:
            known = sorted(f"{one.name}.{limit}" for one in RULES for limit in one.limits)
            raise SettingError(f"HEALTH_LIMITS names {place!r}; allowed are {', '.join(known)}")
        limits.setdefault(rule, {})[name] = value
    return limits


class HealthWatch:
    """The rules over one source; used by the reading thread only."""

    def __init__(self, limits: Mapping[str, Limits], off: frozenset[str] = frozenset()) -> None:
        """Use `limits` by rule over the defaults; rules in `off` are not asked."""
        self._limits = limits
        self._series = [rule for rule in SERIES_RULES if rule.name not in off]
        self._state = [rule for rule in STATE_RULES if rule.name not in off]
        self._tagged = [rule for rule in TAG_RULES if rule.name not in off]
        self._events = [rule for rule in EVENT_RULES if rule.name not in off]
        self._begin(Run.empty("", ""))

    def _begin(self, run: Run) -> None:
        self._book = AlertBook()
        self._run = run
        self._tags = TagStore()
        self._stamps: dict[str, Hashable] = {}
        self._marks: tuple[Mark, ...] | None = None
        self._progress = {rule.name: _Progress() for rule in self._series}

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts of the run, in the order of their opening."""
        return self._book.alerts

    def look(self, now: Now) -> list[Change]:
        """Judge what is new; return what was opened and closed."""
        # Losses near the largest number there is: what overflows is far above any limit.
        with np.errstate(over="ignore"):
            return self._look(now)

    def _look(self, now: Now) -> list[Change]:
        run = now.run
        if run.id != self._run.id:
            self._begin(run)
        if run is not self._run or self._marks is None:
            changed = delta(self._run, run)
            first = 0 if changed is None else changed.first
            if first < self._run.n_timesteps - 1:
                self._stamps.clear()
            for rule in self._series:
                self._judge_series(rule, run, first, now.now_s)
        if run is not self._run or now.tags is not self._tags:
            for tag_rule in self._tagged:
                self._judge_tags(tag_rule, run, now.tags, now.now_s)
        self._run, self._tags = run, now.tags
        if run.marks is not self._marks or run.marks:
            self._judge_events(run, now.now_s)
            self._marks = run.marks
        for state_rule in self._state:
            self._judge_state(state_rule, now)
        return self._book.drain()

    def _limits_of(self, rule: SeriesRule | TagRule | StateRule | EventRule) -> Limits:
        return {**rule.limits, **self._limits.get(rule.name, {})}

    def _judge_series(self, rule: SeriesRule, run: Run, first: int, now_s: float) -> None:
        progress = self._progress[rule.name]
        if first < progress.judged:
            progress.judged, progress.held = 0, None
        size, start = run.n_timesteps, progress.judged
        if start >= size:
            return
        limits = self._limits_of(rule)
        judged = rule.judge(run, start, limits)
        # The newest timestep may still grow: what follows from it is not kept.
        settled = size if run.timestep(size - 1).complete else size - 1
        kept = max(0, settled - start)
        found = list(episodes(_part(judged, 0, kept), start, rule.calm, progress.held))
        last = found[-1] if found and found[-1].stop is None else None
        tail = list(episodes(_part(judged, kept, size - start), start + kept, rule.calm, last))
        ended = found if last is None else found[:-1]
        told = [*ended, *(tail or ([last] if last else []))][-EPISODES_TOLD_MAX:]
        progress.judged, progress.held = start + kept, last
        self._tell_episodes(
            rule.name, run, told, lambda worst: rule.tell(run, worst, limits), now_s
        )

    def _judge_tags(self, rule: TagRule, run: Run, tags: TagStore, now_s: float) -> None:
        stamp = rule.stamp(run, tags)
        if self._stamps.get(rule.name) == stamp:
            return
        self._stamps[rule.name] = stamp
        limits = self._limits_of(rule)
        found = list(episodes(rule.judge(run, tags, limits), 0, rule.calm))[-EPISODES_TOLD_MAX:]
        self._tell_episodes(
            rule.name, run, found, lambda worst: rule.tell(run, tags, worst, limits), now_s
        )

    def _tell_episodes(
        self,
        rule: str,
        run: Run,
        found: list[Episode],
        tell: Callable[[int], Told],
        now_s: float,
    ) -> None:
        sightings = []
        walls = run.table.wall_time
        for episode in found:
            place: Place = run.timestep(episode.start).key
            closed_s = None
            if episode.stop is not None:
                # A restart writes timesteps again that stand before older ones.
                closed_s = float(walls[episode.start : episode.stop + 1].max()) or now_s
            opened_s = float(walls[episode.start]) or now_s
            sightings.append(Sighting(rule, place, tell(episode.worst), opened_s, closed_s))
        seen = {sighting.place for sighting in sightings}
        for place in self._book.open_places(rule):
            if place not in seen:
                self._book.close(rule, place, now_s)
        self._book.see(sightings, now_s)

    def _judge_events(self, run: Run, now_s: float) -> None:
        for rule in self._events:
            events = rule.events(run, self._limits_of(rule))[-EPISODES_TOLD_MAX:]
            self._book.see(
                (
                    Sighting(rule.name, event.place, event.told, event.opened_s, event.closed_s)
                    for event in events
                ),
                now_s,
            )

    def _judge_state(self, rule: StateRule, now: Now) -> None:
        open_places = self._book.open_places(rule.name)
        told = rule.judge(now, self._limits_of(rule), is_open=bool(open_places))
        if told is None:
            for over in open_places:
                self._book.close(rule.name, over, now.now_s)
            return
        place = open_places[0] if open_places else (round(now.now_s),)
        opened_s = now.now_s
        if open_places:
            opened_s = next(
                alert.opened_s
                for alert in self._book.alerts
                if alert.rule == rule.name and alert.closed_s is None
            )
        self._book.see([Sighting(rule.name, place, told, opened_s, None)], now.now_s)


def _part(judged: Judged, start: int, stop: int) -> Judged:
    return Judged(judged.bad[start:stop], judged.good[start:stop], judged.score[start:stop])
