"""Facts out of job logs."""

from __future__ import annotations

import itertools
import math
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.model_time import ModelTime
from loss_monitor.parse.job_log import JobLogChunk, JobLogParser, StepLine
from loss_monitor.parse.refused import SAMPLES_MAX

pytestmark = pytest.mark.usefixtures("core")

SAMPLES = Path(__file__).parents[1] / "samples" / "job_logs"


def read_sample(name: str) -> tuple[JobLogParser, JobLogChunk]:
    """Return the parser and the facts of one sample log."""
    parser = JobLogParser()
    return parser, parser.feed((SAMPLES / name).read_bytes())


def test_both_spellings_of_icon_s_line_are_read() -> None:
    """With and without comma and colon; the step is ICON's own."""
    _, chunk = read_sample("both_spellings.o")
    assert [(fact.step, fact.model_time.label, fact.line) for fact in chunk.icon_times] == [
        (15, "1979-01-01 03:45:00", 1),
        (16, "1979-01-01 04:00:00", 4),
    ]
    assert [fact.seconds for fact in chunk.step_lengths] == [900.0]


def test_a_step_line_gives_loss_and_pairs() -> None:
    """Every other number is a pair; True and False count as 1 and 0."""
    _, chunk = read_sample("both_spellings.o")
    assert chunk.steps[0] == StepLine(
        0, 15, 0.0412, ("grad_norm", "skipped"), (0.8123, 0.0), line=3
    )


def test_a_loss_that_is_no_number_is_refused() -> None:
    """It is told with rank, step and line; the line's other numbers are kept."""
    _, chunk = read_sample("interleaved_ranks.o")
    assert chunk.refused == 1
    assert chunk.refusals[0].line == 4
    assert "rank 11 at step 15" in chunk.refusals[0].reason
    assert chunk.steps[2].loss is None
    assert (chunk.steps[2].keys[0], chunk.steps[2].values[0]) == ("grad_norm", 0.85)


def test_steps_without_loss_still_give_their_numbers() -> None:
    """Waiting lines have a horizon; brackets end a value; text values are passed over."""
    _, chunk = read_sample("horizon.o")
    assert chunk.steps[0] == StepLine(0, 15, None, ("horizon", "due"), (4.0, 19.0), line=7)
    assert chunk.steps[2] == StepLine(0, 19, 0.5, (), (), line=9)
    assert chunk.steps[5] == StepLine(0, 21, -1e-05, ("gain",), (math.inf,), line=12)


def test_a_message_is_told_once_for_all_ranks() -> None:
    """Each rank prints the sentence; the first one counts."""
    _, chunk = read_sample("horizon.o")
    assert [(said.kind, said.text, said.step, said.rank) for said in chunk.messages] == [
        ("dry_run", "INFO(messe): Dry run step 1/2", 1, 0),
        ("dry_run", "INFO(messe): Dry run step 2/2", 2, 0),
        ("dry_run_complete", "Dry run complete", None, 0),
    ]


def test_the_story_of_a_rollback_is_told() -> None:
    """Checkpoint, skipped update, NaN, rollback; the second NaN is news again."""
    _, chunk = read_sample("nan_and_rollback.o")
    assert [(said.kind, said.level, said.text) for said in chunk.messages] == [
        ("checkpoint", "ok", "Checkpoint saved at step=10"),
        ("non_finite", "warning", "step=19 skipped=True"),
        ("non_finite", "warning", "NaN detected — rolling back to last checkpoint"),
        ("rollback", "warning", "Rolled back to checkpoint at step=10"),
        ("non_finite", "warning", "NaN detected — rolling back to last checkpoint"),
        ("rollback", "error", "No checkpoint to roll back to"),
        ("non_finite", "warning", "[trainer] NaN/Inf in gradients of layer 3"),
        ("non_finite", "warning", "Non-finite loss"),
    ]
    assert chunk.messages[0].step == 10
    assert math.isnan(chunk.steps[0].loss or 0.0)


def test_what_nobody_in_particular_says_is_told_once_a_step() -> None:
    """Without prefixes the ranks cannot be told apart, but steps can."""
    said = b"NaN detected\nNaN detected\n"
    step = b"[rank=0] step=%d loss=nan\n"
    chunk = JobLogParser().feed(step % 1 + said + step % 2 + said)
    assert [message.line for message in chunk.messages] == [2, 5]


def test_a_message_within_a_step_line_is_told() -> None:
    """One line may be both."""
    chunk = JobLogParser().feed(b"[rank=2] step=7 Non-finite loss, loss=nan\n")
    assert [said.kind for said in chunk.messages] == ["non_finite"]
    assert chunk.steps[0].step == 7


@pytest.mark.parametrize(
    ("name", "outcome", "told"),
    [
        ("timed_out.o", "timed_out", ["timed_out"]),
        ("out_of_memory.o", "out_of_memory", ["out_of_memory"]),
        ("cancelled.o", "cancelled", ["cancelled"]),
        ("aborted.o", "failed", ["failed"]),
        ("restart_within.o", "finished", ["failed", "", "finished"]),
        ("late_rank.o", "", []),
    ],
)
def test_the_last_words_tell_how_a_job_ended(name: str, outcome: str, told: list[str]) -> None:
    """The most telling word wins and is told once; training that goes on unsays an end."""
    parser, chunk = read_sample(name)
    assert parser.outcome == outcome
    assert [said.outcome for said in chunk.messages if said.kind != "restart"] == told


def test_a_torn_line_gives_no_half_number() -> None:
    """What stands right before another rank's line may be cut, and is left out."""
    _, chunk = read_sample("torn_line.o")
    assert [(fact.rank, fact.step, fact.loss) for fact in chunk.steps] == [
        (1, 15, 0.051),
        (1, 16, 0.05),
    ]


def test_a_restart_within_a_log_is_counted() -> None:
    """The first loss after a restored network begins it, for all ranks."""
    _, chunk = read_sample("restart_within.o")
    assert [fact.restarts for fact in chunk.steps] == [0] * 5 + [1] * 4


@pytest.mark.parametrize(
    ("again", "restarts"),
    [
        (b"[rank=0] step=2 loss=0.3\n", 1),
        (b"[rank=1] step=2 loss=0.3\n", 1),
        (b"[rank=1] step=2 loss=0.2\n", 0),
        (b"[rank=0] step=3 loss=0.1\n", 0),
        (b"[rank=0] step=2 waiting horizon=4\n", 0),
        (b"[rank=0] Restored, resuming from step=2\n[rank=0] step=3 loss=0.3\n", 1),
        (b"[rank=0] Restored, resuming from step=3\n[rank=0] step=4 loss=0.3\n", 0),
    ],
)
def test_a_restart_is_told_from_copies_and_late_lines(again: bytes, restarts: int) -> None:
    """Only a loss of a step that the rank has passed, or has otherwise told, begins anew."""
    log = b"[rank=0] step=2 loss=0.2\n[rank=1] step=2 loss=0.2\n[rank=0] step=3 loss=0.3\n"
    assert JobLogParser().feed(log + again).steps[-1].restarts == restarts


def test_a_rank_that_lags_is_no_restart() -> None:
    """Each rank is compared with itself."""
    _, chunk = read_sample("late_rank.o")
    assert {fact.restarts for fact in chunk.steps} == {0}


def test_years_may_be_unpadded() -> None:
    """Idealised runs print year 1, and 30 February."""
    _, chunk = read_sample("idealised.o")
    assert chunk.icon_times[0].model_time == ModelTime(1, 2, 30, 23, 30, 0, 0)


def test_lines_that_mean_nothing_only_count() -> None:
    """They are passed over, not refused, and show that the model is alive."""
    parser = JobLogParser()
    chunk = parser.feed(b" 0:  mo_nh_stepping: dyn_substeps = 5\n" * 1000)
    assert (chunk.lines, chunk.refused, parser.line) == (1000, 0, 1001)
    assert [chunk.steps, chunk.icon_times, chunk.messages] == [[], [], []]


@pytest.mark.parametrize(
    "line",
    [
        b"[rank=0] step=15x loss=0.5",
        b"[rank=0] step=1.5 loss=0.5",
        b"[rank=] step=15 loss=0.5",
        b"rank=0 step=15 loss=0.5",
        b"[rank=0] Checkpoint step=15 loss=0.5",
        b"[rank=0] step=" + b"9" * 30 + b" loss=0.5",
        b" 0:  Time step: 15, model time: 1979-13-01 03:45:00.000",
        b" 0:  Time step: 15, model time: -5-01-01 03:45:00.000",
        b" 0:  Time steps are 900 s, model time is fine",
    ],
)
def test_what_only_resembles_a_fact_is_none(line: bytes) -> None:
    """Anything but a rank's step, and dates of no calendar, are passed over."""
    chunk = JobLogParser().feed(line + b"\n")
    assert [chunk.steps, chunk.icon_times] == [[], []]


_ROWS = st.lists(
    st.one_of(
        st.builds(
            lambda rank, step, loss: (
                b"%2d:  [rank=%d] step=%d loss=%s skipped=%s"
                % (rank, rank, step, loss, b"True" if step % 7 == 0 else b"False")
            ),
            st.integers(0, 3),
            st.integers(1, 12),
            st.sampled_from([b"0.5", b"nan", b"x", b"1e-05"]),
        ),
        st.sampled_from(
            [
                b" 0:  Time step: 15, model time: 1979-01-01 03:45:00.000",
                b"[rank=0] step=1 waiting horizon=4 (due=5)",
                b"[rank=0] timestep length: 900 seconds",
                b"[rank=0] Checkpoint saved at step=10",
                b"[rank=1] Checkpoint saved at step=10",
                b"NaN detected",
                b"srun: error: task 1: Killed",
                b"x CANCELLED AT y DUE TO TIME LIMIT",
                b"[rank=1] Restored network, resuming from step=3",
                b"[rank=0] PyTorch distributed destroyed",
                b"",
            ]
        ),
        st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
    ),
    max_size=30,
)


@given(_ROWS, st.data())
def test_any_split_at_line_ends_gives_the_same_facts(
    rows: list[bytes], data: st.DataObject
) -> None:
    """Facts, their lines, messages and outcome do not depend on how the log arrives."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(rows)))))
    whole_parser, split_parser = JobLogParser(), JobLogParser()
    whole = whole_parser.feed(b"".join(row + b"\n" for row in rows))
    pieces = [
        split_parser.feed(b"".join(row + b"\n" for row in rows[start:stop]))
        for start, stop in itertools.pairwise([0, *cuts, len(rows)])
    ]
    for name in ("steps", "icon_times", "messages"):
        joined = [fact for piece in pieces for fact in getattr(piece, name)]
        assert repr(joined) == repr(getattr(whole, name)), name
    refusals = [refusal for piece in pieces for refusal in piece.refusals]
    assert tuple(refusals[:SAMPLES_MAX]) == whole.refusals
    for name in ("lines", "refused"):
        assert sum(getattr(piece, name) for piece in pieces) == getattr(whole, name), name
    assert split_parser.outcome == whole_parser.outcome
    assert split_parser.line == whole_parser.line == 1 + len(rows)


@given(st.binary(max_size=300), st.sampled_from([b"[rank=1] step=", b"Time step", b"oom_kill"]))
def test_no_bytes_raise(data: bytes, words: bytes) -> None:
    """Rubbish around what is searched for is passed over; what is told can be shown."""
    for said in JobLogParser().feed(words + data + words).messages:
        assert said.text.isprintable()
        said.text.encode("utf-8")


def test_a_long_line_of_bits_of_facts_takes_no_time() -> None:
    """A hostile megabyte is read in time proportional to its length."""
    began = time.process_time()
    for bit in (b"[rank=1] step=1 a=", b"[rank=", b"Time step: ", b"a" * 50, b"=", b"1-"):
        JobLogParser().feed(b"[rank=1] step=1 " + bit * (1_000_000 // len(bit)) + b"\n")
    assert time.process_time() - began < 4


def test_a_log_of_which_little_matters_is_read_fast() -> None:
    """10 MB of which 1 % are losses take well below a second."""
    other = b" 1:  MAXABS VN, W in domain 1:  0.7812E+02  0.2311E+01 at level 23, proc 12\n"
    step = b" 0:  INFO(messe): [rank=0] step=%d loss=0.041200 grad_norm=0.8123 skipped=False\n"
    log = b"".join(step % number + other * 99 for number in range(1300))
    began = time.process_time()
    chunk = JobLogParser().feed(log)
    assert len(chunk.steps) == 1300
    assert time.process_time() - began < 1.5
