"""Names of files: every variant that plugins, TensorBoard and Slurm write."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.model_time import ModelTime
from loss_monitor.source.names import FileKind, FileName, classify, display_name
from loss_monitor.types import REFUSAL_SAMPLE_MAX, Refusal

QUARTER_PAST = ModelTime(1979, 1, 1, 0, 15, 0, 0)


@pytest.mark.parametrize(
    "time",
    [
        "1979-01-01 00:15:00",
        "1979-01-01T00-15-00.000",
        "1979-01-01_00-15-00",
        "1979-01-01T00-15-00",
    ],
)
@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("log_", FileKind.LOG),
        ("log_detailed_", FileKind.DETAILED),
        ("summary_", FileKind.SUMMARY),
    ],
)
def test_each_time_variant_is_read_under_each_prefix(
    prefix: str, kind: FileKind, time: str
) -> None:
    """Four ways to write a time, the longer prefix is not taken for the shorter."""
    assert classify(f"{prefix}{time}.txt") == FileName(kind, QUARTER_PAST)


def test_a_session_log_tells_its_session() -> None:
    """`log_session_0007_T.txt` is session 7."""
    found = classify("log_session_0007_1979-01-01T00-15-00.txt")
    assert found == FileName(FileKind.SESSION, QUARTER_PAST, session=7)


@pytest.mark.parametrize(
    "name",
    [
        "log_x.txt",
        "log_.txt",
        "log_1979-02-31 00:00:00.txt",
        "log_1979-13-01 00:00:00.txt",
        "log_detailed_soon.txt",
        "log_session_1979-01-01T00-15-00.txt",
        "log_session_x_1979-01-01T00-15-00.txt",
        "summary_1979-01-01.txt",
        "log_1979-01-01 00:15:00\\n.txt",
        "log_\u0661\u0669\u0667\u0669-01-01 00:15:00.txt",
    ],
)
def test_a_loss_file_without_a_possible_time_is_refused(name: str) -> None:
    """It looks like ours, so silence would hide a misnamed file."""
    refusal = classify(name)
    assert isinstance(refusal, Refusal)
    assert refusal.sample == name
    assert "expected a time such as" in refusal.reason


@pytest.mark.parametrize(
    "name",
    ["test_data_1979-01-01.nc", "log.txt", "log_1979-01-01 00:15:00", "net_1.pt", "", "runs",
     "LOG.exp.x.run.12.o.old", "slurm.out", "slurm.12.out.gz", ".log_1979-01-01 00:15:00.txt"],
)  # fmt: skip
def test_other_names_are_passed_over_in_silence(name: str) -> None:
    """A directory holds much that is none of ours."""
    assert classify(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "events.out.tfevents",
        "events.out.tfevents.1700000000.node.1.0",
        "events.out.tfevents.1700000000.node.1.0.v2",
        "my.tfevents.profile-empty",
    ],
)
def test_an_event_file_is_known_by_tfevents_anywhere(name: str) -> None:
    """Writers differ in what stands before and behind."""
    assert classify(name) == FileName(FileKind.EVENT)


def test_a_checkpoint_may_tell_its_start() -> None:
    """The time is taken where there is one; without it the file is still a checkpoint."""
    assert classify("net_1979-01-01 00:15:00.pth") == FileName(FileKind.CHECKPOINT, QUARTER_PAST)
    assert classify("net_best.pth") == FileName(FileKind.CHECKPOINT)


def test_the_status_file_is_known_by_its_whole_name() -> None:
    """Its backup is not it."""
    assert classify("monitor_status.json") == FileName(FileKind.STATUS)
    assert classify("monitor_status.json.bak") is None


@pytest.mark.parametrize(
    ("name", "experiment", "job_id"),
    [
        ("LOG.exp.atm_amip.run.12345.o", "atm_amip", 12345),
        ("LOG.exp.a.run.1.run.2.o", "a.run.1", 2),
        ("slurm.77.out", None, 77),
        ("slurm-78.out", None, 78),
    ],
)
def test_a_job_log_tells_its_job(name: str, experiment: str | None, job_id: int) -> None:
    """Run scripts put the experiment into the name, Slurm does not."""
    assert classify(name) == FileName(FileKind.JOB_LOG, experiment=experiment, job_id=job_id)


@given(st.text(max_size=60))
def test_no_name_breaks_the_reading_of_names(text: str) -> None:
    """Every text has one of three answers, and a sample stays short."""
    for name in (text, f"log_{text}.txt", f"log_session_{text}.txt", f"summary_{text}.txt"):
        found = classify(name)
        assert found is None or isinstance(found, FileName | Refusal)
        if isinstance(found, Refusal):
            assert len(found.sample) <= REFUSAL_SAMPLE_MAX


@given(st.binary(max_size=60))
def test_any_bytes_become_one_printable_line(raw: bytes) -> None:
    """Foreign bytes, newlines and terminal codes are escaped; the text can be sent as JSON."""
    shown = display_name(raw)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown


def test_plain_names_are_shown_as_they_are() -> None:
    """Quotes and markup are text here; the page escapes them."""
    for name in ("log_1979-01-01 00:15:00.txt", "<script>'\"&", "grün"):
        assert display_name(os.fsencode(name)) == name
    assert display_name(b"log_\xff\n.txt") == "log_\\xff\\n.txt"


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\u061c"])
def test_no_name_turns_the_text_around_it(mark: str) -> None:
    """Marks of direction are shown as what they are."""
    shown = display_name(f"log_{mark}txt.exe".encode())
    assert shown == f"log_\\u{ord(mark):04x}txt.exe"
