"""Timesteps out of job logs: ranks joined, restarts, model times."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse import rank_steps
from loss_monitor.parse.job_log import JobLogParser
from loss_monitor.parse.rank_steps import Assembled, Restart, StepAssembler
from loss_monitor.tail.lines import LineBuffer
from loss_monitor.types import Key, Timestep

pytestmark = pytest.mark.usefixtures("core")

SAMPLES = Path(__file__).parents[1] / "samples" / "job_logs"


class Reading:
    """A log read piece by piece, and what a run would hold of it."""

    def __init__(self) -> None:
        """Begin with an empty run."""
        self.parser = JobLogParser()
        self.assembler = StepAssembler("job.o")
        self.run: dict[Key, Timestep] = {}
        self.tags: dict[tuple[str, str], list[tuple[int, float]]] = {}

    def feed(self, lines: bytes) -> Assembled:
        """Read one piece; drop and put as a run does."""
        assembled = self.assembler.add(self.parser.feed(lines), wall_time=5.0)
        for restart in assembled.restarts:
            self.run = {
                key: timestep for key, timestep in self.run.items() if key < (restart.step,)
            }
        self.run.update({timestep.key: timestep for timestep in assembled.timesteps})
        for tb_run, points in assembled.tags.items():
            for tag, (steps, values) in points.items():
                self.tags.setdefault((tb_run, tag), []).extend(zip(steps, values, strict=True))
        return assembled

    def losses(self) -> dict[int, list[float]]:
        """Return the losses of each step, in the order of steps."""
        return {key[0]: list(self.run[key].values) for key in sorted(self.run)}

    def labels(self) -> list[str]:
        """Return the labels in the order of steps."""
        return [self.run[key].label for key in sorted(self.run)]


def read_sample(name: str) -> Reading:
    """Return the reading of one sample log, a line at a time."""
    reading = Reading()
    for line in (SAMPLES / name).read_bytes().splitlines(keepends=True):
        reading.feed(line)
    return reading


def test_the_ranks_of_a_step_are_its_values_in_rank_order() -> None:
    """Whatever order they print in; ranks that are missing close up."""
    reading = read_sample("interleaved_ranks.o")
    assert reading.losses() == {15: [0.41, 0.42, 0.44, 0.45], 16: [0.31, 0.32, 0.35]}
    timestep = reading.run[(15,)]
    assert (timestep.unit, timestep.source, timestep.wall_time) == ("rank", "job.o", 5.0)
    assert timestep.label == "1979-01-01 03:45:00"
    assert timestep.model_fields == (1979, 1, 1, 3, 45, 0, 0)


def test_a_step_is_complete_when_the_next_begins() -> None:
    """It is told again at that moment, and again when a late rank adds to it."""
    reading = Reading()
    (first,) = reading.feed(b"[rank=0] step=1 loss=0.1\n").timesteps
    assert not first.complete
    told = reading.feed(b"[rank=0] step=2 loss=0.2\n").timesteps
    assert [(step.key, step.complete) for step in told] == [((1,), True), ((2,), False)]
    (grown,) = reading.feed(b"[rank=1] step=1 loss=0.3\n").timesteps
    assert (grown.key, grown.complete, list(grown.values)) == ((1,), True, [0.1, 0.3])


def test_a_waiting_line_of_a_later_step_completes_a_step() -> None:
    """The next step has begun, with or without a loss."""
    reading = Reading()
    reading.feed(b"[rank=0] step=1 loss=0.1\n[rank=0] step=2 waiting horizon=4 (due=6)\n")
    assert reading.run[(1,)].complete
    assert (2,) not in reading.run


def test_the_job_s_last_words_complete_its_last_step() -> None:
    """No further step will begin."""
    assert all(step.complete for step in read_sample("timed_out.o").run.values())
    assert not read_sample("late_rank.o").run[(3,)].complete


def test_ranks_may_lag_behind() -> None:
    """A rank that prints two steps late ends up in its steps, without a restart."""
    reading = read_sample("late_rank.o")
    assert reading.losses() == {1: [0.10, 0.11], 2: [0.20, 0.21], 3: [0.30, 0.31]}
    assert reading.labels() == ["step 1", "step 2", "step 3"]
    assert reading.run[(1,)].model_fields == ()


def test_every_other_number_becomes_a_tag_of_its_rank() -> None:
    """Names that no code knows included, and steps without a loss."""
    reading = read_sample("horizon.o")
    assert reading.tags == {
        ("rank 0", "job/horizon"): [(15, 4.0), (19, 2.0)],
        ("rank 0", "job/due"): [(15, 19.0), (19, 21.0)],
        ("rank 1", "job/horizon"): [(15, 4.0)],
        ("rank 1", "job/due"): [(15, 19.0)],
        ("rank 0", "job/gain"): [(21, np.inf)],
    }
    assert reading.losses() == {19: [0.5, 0.7], 21: [-1e-05]}


def test_nan_is_a_value_and_a_rollback_no_restart() -> None:
    """The step counter goes on after a rollback."""
    reading = read_sample("nan_and_rollback.o")
    np.testing.assert_array_equal(reading.run[(19,)].values, [np.nan, 0.5])
    assert {step.attempt for step in reading.run.values()} == {0}


def test_a_restart_supersedes_what_follows_it() -> None:
    """Steps of the old process from the new one's first on are dropped, earlier ones stay."""
    reading = read_sample("restart_within.o")
    assert reading.losses() == {1: [0.9, 0.8], 2: [0.77, 0.66], 3: [0.55, 0.44]}
    assert [reading.run[(step,)].attempt for step in (1, 2, 3)] == [0, 1, 1]
    assert reading.labels() == [f"1979-01-01 00:{minute}:00" for minute in (15, 30, 45)]


def test_a_restart_within_one_piece_tells_no_superseded_step() -> None:
    """What the same piece both tells and supersedes is left out."""
    reading = Reading()
    assembled = reading.feed((SAMPLES / "restart_within.o").read_bytes())
    assert assembled.restarts == [Restart(2, 1, 13)]
    assert [(step.key, step.attempt) for step in assembled.timesteps] == [
        ((1,), 0),
        ((2,), 1),
        ((3,), 1),
    ]


def test_a_restart_heard_of_late_reaches_further_back() -> None:
    """The first rank heard after a restart may be ahead of the others."""
    reading = Reading()
    for step in range(1, 6):
        reading.feed(b"[rank=0] step=%d loss=0.1\n[rank=1] step=%d loss=0.1\n" % (step, step))
    reading.feed(b"[rank=0] step=3 loss=0.2\n")
    assert sorted(reading.run) == [(1,), (2,), (3,)]
    reading.feed(b"[rank=1] step=2 loss=0.2\n")
    assert reading.losses() == {1: [0.1, 0.1], 2: [0.2], 3: [0.2]}


def test_a_restart_s_first_step_takes_the_last_icon_line_s_time() -> None:
    """Steps that go back are placed anew, not before the ICON line."""
    reading = Reading()
    reading.feed(b"timestep length: 900 seconds\n")
    reading.feed(b"Time step: 1 model time 1979-01-01 00:00:00.000\n")
    reading.feed(b"[rank=0] step=5 loss=1\n[rank=0] step=6 loss=1\n[rank=0] step=4 loss=2\n")
    assert reading.labels() == ["1979-01-01 00:00:00"]


def test_attempts_count_on_from_the_job_s() -> None:
    """A later job of the run begins with its own attempt."""
    assembler = StepAssembler("job.o", attempt=3)
    lines = b"[rank=0] step=1 loss=1\n[rank=0] step=2 loss=1\n[rank=0] step=1 loss=2\n"
    assembled = assembler.add(JobLogParser().feed(lines))
    assert [step.attempt for step in assembled.timesteps] == [4]
    assert assembler.attempt == 4


def test_rare_icon_lines_give_each_step_its_own_time() -> None:
    """Every 25th line, other counters: times are interpolated, then carried on."""
    labels = read_sample("every_25th_icon_line.o").labels()
    assert labels[:3] == ["1979-01-02 01:00:00", "1979-01-02 01:15:00", "1979-01-02 01:30:00"]
    assert labels[24:] == [
        "1979-01-02 07:00:00",
        "1979-01-02 07:15:00",
        "1979-01-02 07:30:00",
        "1979-01-02 07:45:00",
    ]


def test_idealised_calendars_are_counted_as_they_are() -> None:
    """Year 1, and 30 February is followed by 1 March."""
    assert read_sample("idealised.o").labels() == [
        "0001-02-30 23:30:00",
        "0001-03-01 00:00:00",
        "0001-03-01 00:30:00",
        "0001-03-01 01:00:00",
    ]


def test_a_corrected_time_is_told_again_with_the_same_values() -> None:
    """The label changes, losses and wall time do not."""
    reading = Reading()
    reading.feed(b"Time step: 1 model time 1979-01-01 00:00:00.000\n")
    reading.feed(b"[rank=0] step=1 loss=0.1\n[rank=0] step=2 loss=0.2\n")
    assert reading.labels() == ["1979-01-01 00:00:00", "step 2"]
    told = reading.feed(b"Time step: 3 model time 1979-01-01 00:30:00.000\n").timesteps
    assert [(step.label, list(step.values)) for step in told] == [("1979-01-01 00:15:00", [0.2])]


def test_a_rank_that_is_far_too_late_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are held open for late ranks in bounded memory; what comes later is told."""
    monkeypatch.setattr(rank_steps, "OPEN_VALUES_MAX", 80)
    reading = Reading()
    for step in range(100):
        reading.feed(b"[rank=0] step=%d loss=0.1\n" % step)
    late = reading.feed(b"[rank=1] step=3 loss=0.2\n[rank=1] step=99 loss=0.2\n")
    assert late.refused == 1
    assert late.refusals[0].reason == "loss of rank 1 comes too late for step 3"
    assert late.refusals[0].line == 101
    assert reading.losses()[3] == [0.1]
    assert reading.losses()[99] == [0.1, 0.2]


def test_a_dry_run_of_any_length_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of steps without a loss leave no trace but their tags."""
    monkeypatch.setattr(rank_steps, "OPEN_STEPS_MAX", 100)
    reading = Reading()
    for step in range(500):
        reading.feed(b"[rank=0] step=%d waiting horizon=4\n" % step)
    assert reading.run == {}
    assert len(reading.tags["rank 0", "job/horizon"]) == 500
    assert len(reading.assembler._steps) == 100


def test_a_key_of_unlike_lines_is_one_column_in_their_order():
    """Whatever stands beside it, also twice in one line; each rank has its own."""
    reading = Reading()
    reading.feed(
        b"[rank=0] step=1 a=1 b=2\n[rank=1] step=1 a=9\n[rank=0] step=2 a=3\n"
        b"[rank=0] step=3 a=4 b=5\n[rank=0] step=4 a=6 a=7\n[rank=0] step=5 b=8 a=0\n"
    )
    assert reading.tags == {
        ("rank 0", "job/a"): [(1, 1.0), (2, 3.0), (3, 4.0), (4, 6.0), (4, 7.0), (5, 0.0)],
        ("rank 0", "job/b"): [(1, 2.0), (3, 5.0), (5, 8.0)],
        ("rank 1", "job/a"): [(1, 9.0)],
    }


def test_endless_keys_are_cut() -> None:
    """A log of nothing but keys does not fill the memory with tags."""
    line = b"[rank=0] step=1 " + b" ".join(b"k%d=1" % i for i in range(3000)) + b"\n"
    assert len(Reading().feed(line).tags["rank 0"]) == rank_steps.TAGS_MAX


_ROWS = st.lists(
    st.one_of(
        st.builds(
            lambda rank, step, loss: b"[rank=%d] step=%d %s" % (rank, step, loss),
            st.integers(0, 2),
            st.integers(1, 6),
            st.sampled_from([b"loss=0.1", b"loss=0.2 g=1", b"loss=nan", b"waiting horizon=2"]),
        ),
        st.integers(0, 8).map(
            lambda step: b"Time step: 0 model time 1979-01-01 0%d:00:00.000" % step
        ),
        st.sampled_from(
            [
                b"timestep length: 900 seconds",
                b"srun: error",
                b"[rank=1] Restored, resuming from step=2",
                b"PyTorch distributed destroyed",
            ]
        ),
    ),
    max_size=30,
)


@given(_ROWS, st.data())
def test_any_split_at_any_byte_gives_the_same_run(rows: list[bytes], data: st.DataObject) -> None:
    """Values, labels, attempts, completeness and tags do not depend on the pieces."""
    lines = b"".join(row + b"\n" for row in rows)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(lines)), max_size=20)))
    whole, split, buffer = Reading(), Reading(), LineBuffer()
    whole.feed(lines)
    for start, stop in itertools.pairwise([0, *cuts, len(lines)]):
        split.feed(buffer.feed(lines[start:stop]))
    assert {key: repr(step) for key, step in split.run.items()} == {
        key: repr(step) for key, step in whole.run.items()
    }
    assert {tag: repr(points) for tag, points in split.tags.items()} == {
        tag: repr(points) for tag, points in whole.tags.items()
    }
