"""Loss files that a process writes while a monitor serves them."""

from __future__ import annotations


def test_each_flushed_line_is_a_loss(training):
    """A file grows line by line; no loss is lost or doubled."""
    label, log = training.new_log()
    training.writer.act("open", log, "w")
    for number in range(1, 6):
        training.writer.act("put", log, f"{number}.5\n")
        training.served.wait_for_losses(label, [step + 0.5 for step in range(1, number + 1)])
    training.writer.act("close", log)


def test_half_a_number_is_never_shown(training):
    """`0.0123` of `0.01234567` is held until its line ends."""
    label, log = training.new_log()
    training.writer.act("open", log, "w")
    training.writer.act("put", log, "1.0\n0.0123")
    training.served.wait_for_losses(label, [1.0])
    training.let_it_look()
    assert training.served.losses(label) == [1.0]
    training.writer.act("put", log, "4567\n")
    training.writer.act("close", log)
    training.served.wait_for_losses(label, [1.0, 0.01234567])


def test_a_file_opened_before_its_losses_come_is_an_empty_timestep(training):
    """The plugin opens with "w", trains, and writes all at the end."""
    label, log = training.new_log()
    training.writer.act("open", log, "w")
    served = training.served
    served.wait_for(lambda: label in served.get("/api/loss/timesteps")["timesteps"])
    assert served.losses(label) == []
    training.writer.act("put", log, "0.5\nnan\n-inf\n")
    training.writer.act("close", log)
    served.wait_for_losses(label, [0.5, None, None])


def test_a_rewritten_file_replaces_its_losses(training):
    """Opened with "w" again, same name and size: the old losses go, and it is told."""
    label, log = training.new_log()
    training.writer.act("rewrite", log, "1.0\n2.0\n")
    training.served.wait_for_losses(label, [1.0, 2.0])
    training.writer.act("rewrite", log, "3.0\n4.0\n")
    training.served.wait_for_losses(label, [3.0, 4.0])
    (entry,) = training.served.entries(log.name)
    assert entry["kind"] in ("rewritten", "truncated")
    assert entry["offset"] == 0


def test_a_longer_rewrite_is_no_growth(training):
    """What was read already differs, so nothing of it stays."""
    label, log = training.new_log()
    training.writer.act("rewrite", log, "1.0\n2.0\n")
    training.served.wait_for_losses(label, [1.0, 2.0])
    training.writer.act("rewrite", log, "3.0\n4.0\n5.0\n")
    training.served.wait_for_losses(label, [3.0, 4.0, 5.0])


def test_a_truncated_file_keeps_what_it_still_holds(training):
    """It is read again from its beginning, and told with offset."""
    label, log = training.new_log()
    training.writer.act("rewrite", log, "1.0\n2.0\n3.0\n")
    training.served.wait_for_losses(label, [1.0, 2.0, 3.0])
    training.writer.act("truncate", log, 4)
    training.served.wait_for_losses(label, [1.0])
    (entry,) = training.served.entries(log.name)
    assert (entry["kind"], entry["offset"]) == ("truncated", 0)
    training.writer.act("append", log, "7.0\n")
    training.served.wait_for_losses(label, [1.0, 7.0])


def test_a_replaced_file_is_read_whole(training):
    """Another file in its place, shorter: `os.replace` of a finished copy."""
    label, log = training.new_log()
    training.writer.act("rewrite", log, "1.0\n2.0\n3.0\n")
    training.served.wait_for_losses(label, [1.0, 2.0, 3.0])
    training.writer.act("replace", log, "4.0\n5.0\n")
    training.served.wait_for_losses(label, [4.0, 5.0])
    (entry,) = training.served.entries(log.name)
    assert (entry["kind"], entry["offset"]) == ("replaced", 0)


def test_zeros_become_losses_when_their_bytes_come(training):
    """Another node's bytes arrive after the size: the block is told, and heals in place."""
    label, log = training.new_log()
    training.writer.act("open", log, "w")
    training.writer.act("put", log, b"1.0\n2.0\n" + bytes(8))
    training.served.wait_for_losses(label, [1.0, 2.0])
    training.served.wait_for(lambda: bool(training.served.entries(log.name)))
    (entry,) = training.served.entries(log.name)
    assert (entry["kind"], entry["offset"]) == ("zeros", 8)
    training.writer.act("seek", log, 8)
    training.writer.act("put", log, "3.0\n4.0\n")
    training.writer.act("close", log)
    training.served.wait_for_losses(label, [1.0, 2.0, 3.0, 4.0])


def test_a_file_of_several_pieces_is_read_whole(training):
    """Larger than what is read at once, written in one go."""
    label, log = training.new_log()
    count = 300_000
    training.writer.act("rewrite", log, "0.12345678901234567\n" * count)
    served = training.served
    served.wait_for(lambda: len(served.losses(label)) == count, "all losses are there")


def test_log_and_summary_are_one_timestep(training):
    """The summary's pairs stand beside the losses, numbers as numbers."""
    label, log = training.new_log()
    training.writer.act("rewrite", log, "1.0\n3.0\n")
    summary = log.with_name(log.name.replace("log_", "summary_"))
    training.writer.act("rewrite", summary, f"Timestep: {label}\nMean Loss: 2.000000\n")
    served = training.served
    served.wait_for(
        lambda: (
            (served.get(f"/api/loss/by_timestep/{label}").get("summary") or {}).get("Mean Loss")
            == 2.0
        )
    )
