"""What a training says that it waits for."""

from __future__ import annotations

import pytest

from loss_monitor.parse.awaited import Awaited, Waiting
from loss_monitor.parse.job_log import JobLogParser

NOTHING = Waiting()


def waiting_after(*lines: str) -> Waiting:
    """Return what is waited for after lines, each taken by itself and all at once."""
    whole, alone = Awaited(), Awaited()
    text = [f"{line}\n".encode() for line in lines]
    whole.take(JobLogParser().feed(b"".join(text)))
    parser = JobLogParser()
    for line in text:
        alone.take(parser.feed(line))
    assert whole.waiting == alone.waiting
    return whole.waiting


def test_a_dry_run_tells_how_far_it_is() -> None:
    """All ranks say the same; the number is that of the line."""
    said = [f" {rank}:  INFO(messe): [rank={rank}] Dry run step 1812/4000" for rank in range(2)]
    assert waiting_after(*said) == ("dry_run", "Dry run (1,812 of 4,000)")
    assert waiting_after("[rank=0] Dry run step x") == ("dry_run", "Dry run step x")


@pytest.mark.parametrize("line", ["[rank=0] Dry run complete", "[rank=0] step=1 loss=0.5"])
def test_a_dry_run_is_over_when_it_says_so_or_losses_come(line: str) -> None:
    """Whichever is first."""
    assert waiting_after("[rank=0] Dry run step 9/9", line) == NOTHING


def test_a_step_that_is_due_is_waited_for_until_it_has_a_loss() -> None:
    """Ranks lag behind: one that still waits for a step with losses waits for nothing."""
    loss, due = "[rank=0] step=15 loss=0.5", "[rank=3] step=16 waiting horizon=4 (due=1019)"
    assert waiting_after(loss, due) == ("waiting", "Waiting (due at step 1,019)")
    assert waiting_after(due, "[rank=0] step=1019 loss=0.5") == NOTHING
    assert waiting_after(due, "[rank=0] step=1019 loss=0.5", due) == NOTHING
    assert waiting_after(loss) == NOTHING
