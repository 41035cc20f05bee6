"""Facts in columns: what was put comes back, however rows were cut and joined."""

from __future__ import annotations

import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.model_time import ModelTime
from loss_monitor.series.facts import Facts
from loss_monitor.types import Timestep

DATES = st.builds(
    ModelTime,
    *(st.integers(1, most) for most in (999_999_999, 12, 30)),
    *(st.integers(0, most) for most in (23, 59, 59, 999_999_999)),
)
SUMMARIES = st.sampled_from([(), (("Mean Loss", 1),), (("Mean Loss", 1.0),), (("note", "x"),)])


def fields(number: int, key: tuple[int, ...], date: tuple[int, ...], label: str | None) -> Timestep:
    given = f"step {number}" if not date else ModelTime(*date).label
    return Timestep(key, given if label is None else label, np.zeros(0), model_fields=date)


@st.composite
def timesteps(draw):
    """Timesteps in order of their keys: steps of a job log, or model times of files."""
    of_files = draw(st.booleans())
    count = draw(st.integers(1, 12))
    made = []
    for number in range(count):
        date = draw(st.just(()) | DATES.map(tuple))
        key = (1979, 1, 1, 0, number, 0, 0) if of_files else (3 * number,)
        label = draw(st.none() | st.sampled_from(["", "another"]))
        step = fields(key[0], key, date, label)
        made.append(
            Timestep(
                key,
                step.label,
                step.values,
                unit=draw(st.sampled_from(["batch", "rank"])),
                source=draw(st.sampled_from(["a", "b", "c"])),
                summary=draw(SUMMARIES),
                complete=draw(st.booleans()),
                model_fields=date,
            )
        )
    return made


def as_written(facts: Facts, start: int = 0, stop: int | None = None) -> list[str]:
    """Return rows as text: 1 is not 1.0 in a summary."""
    rows = range(len(facts))[start:stop]
    return [
        repr(
            (
                facts.key(row),
                facts.label(row),
                facts.unit(row),
                facts.source(row),
                facts.summary(row),
                facts.is_complete(row),
                facts.date(row),
            )
        )
        for row in rows
    ]


def as_put(made: list[Timestep]) -> list[str]:
    """Return the same of timesteps."""
    dates = [t.model_fields or (t.key if len(t.key) == 7 else ()) for t in made]
    return [
        repr((t.key, t.label, t.unit, t.source, t.summary, t.complete, date))
        for t, date in zip(made, dates, strict=True)
    ]


@given(timesteps(), st.data())
def test_facts_come_back_as_they_were_put(made, data):
    """From one piece, from parts joined in order, and from a part of those."""
    whole = Facts.of(made)
    assert as_written(whole) == as_put(made)
    assert whole.labels() == [step.label for step in made]
    assert whole.all_keys() == [step.key for step in made]
    assert (whole.first_key, whole.last_key) == (made[0].key, made[-1].key)
    assert all(whole.holds(row, step) for row, step in enumerate(made))
    cut = data.draw(st.integers(0, len(made)))
    pieces = [piece for piece in (made[:cut], made[cut:]) if piece]
    joined = Facts.joined([(Facts.of(piece), 0, len(piece)) for piece in pieces])
    assert as_written(joined) == as_put(made)
    start = data.draw(st.integers(0, len(made) - 1))
    stop = data.draw(st.integers(start + 1, len(made)))
    assert as_written(Facts.joined([(joined, start, stop)])) == as_put(made[start:stop])
    assert joined.labels(start, stop) == [step.label for step in made[start:stop]]
    dates = [list(joined.date(row) or (0,) * 7) for row in range(len(made))]
    assert joined.model_fields().tolist() == dates


@given(timesteps(), st.integers(-2, 40))
def test_a_key_is_found_where_it_stands(made, number):
    """Or where it would stand."""
    whole = Facts.of(made)
    key = (1979, 1, 1, 0, number, 0, 0) if len(made[0].key) > 1 else (number,)
    assert whole.place(key) == sum(step.key < key for step in made)


def test_the_facts_of_steps_take_little_memory():
    """A job log has a timestep for every four losses or so."""
    dates = [(1979, 1, 1 + n // 96, n // 4 % 24, n % 4 * 15, 0, 0) for n in range(2000)]
    made = [fields(n, (n,), dates[n], None) for n in range(2000)]
    facts = Facts.of(made)
    held = [facts.key_rows, facts.dates, facts.complete, facts.unit_numbers, facts.sources]
    assert sum(map(sys.getsizeof, held)) < 40 * len(made)
    assert (facts.label_bytes, facts.summary_names, facts.summary_values) == (None, None, None)
    assert facts.last_at(dates[5]) == 5
    assert facts.last_at((1, 1, 1, 0, 0, 0, 0)) is None
