"""Event files that a process writes, damages and heals while a monitor serves them."""

from __future__ import annotations

import os

from loss_monitor.wire.frames import frame


def test_half_a_record_is_waited_for(training, records):
    """The first half alone gives no point; with the rest it is one, not two."""
    tb_run, path = training.new_event_file()
    header, one, two = records(1.0, 2.0)
    training.writer.act("open", path, "w")
    training.writer.act("put", path, header + one + two[:20])
    training.served.wait_for(lambda: training.served.scalars(tb_run) == [1.0])
    training.let_it_look()
    assert training.served.scalars(tb_run) == [1.0]
    training.writer.act("put", path, two[20:])
    training.writer.act("close", path)
    training.served.wait_for(lambda: training.served.scalars(tb_run) == [1.0, 2.0])


def test_a_record_that_stays_unfinished_is_told_until_it_is_whole(training, records):
    """File and offset stand in the activity log; the row says later that it healed."""
    tb_run, path = training.new_event_file()
    header, one, two = records(1.0, 2.0)
    training.writer.act("rewrite", path, header + one + two[:20])
    served = training.served
    served.wait_for(lambda: bool(served.entries(path.name)), "the unfinished record is told")
    (entry,) = served.entries(path.name)
    assert entry["offset"] == len(header + one)
    assert "Waiting" in entry["message"]
    training.writer.act("append", path, two[20:])
    served.wait_for(lambda: served.scalars(tb_run) == [1.0, 2.0])
    (entry,) = served.entries(path.name)
    assert "whole" in entry["message"]


def test_a_zero_filled_tail_heals(training, records):
    """Zeros first, the real bytes later at the same place: nothing is lost."""
    tb_run, path = training.new_event_file()
    header, one, two, three = records(1.0, 2.0, 3.0)
    late = two + three
    training.writer.act("open", path, "w")
    training.writer.act("put", path, header + one + bytes(len(late)))
    served = training.served
    served.wait_for(lambda: bool(served.entries(path.name)), "the zeros are told")
    (entry,) = served.entries(path.name)
    assert entry["offset"] == len(header + one)
    assert entry["level"] == "warning"
    assert served.scalars(tb_run) == [1.0]
    training.writer.act("seek", path, len(header + one))
    training.writer.act("put", path, late)
    training.writer.act("close", path)
    served.wait_for(lambda: served.scalars(tb_run) == [1.0, 2.0, 3.0])


def test_a_shorter_file_in_its_place_is_read_anew(training, records):
    """The points of the old content go, and it is told."""
    tb_run, path = training.new_event_file()
    training.writer.act("rewrite", path, b"".join(records(1.0, 2.0, 3.0, 4.0)))
    served = training.served
    served.wait_for(lambda: len(served.scalars(tb_run)) == 4)
    training.writer.act("replace", path, b"".join(records(8.0, 9.0)))
    served.wait_for(lambda: served.scalars(tb_run) == [8.0, 9.0])
    (entry,) = served.entries(path.name)
    assert "replaced" in entry["message"]
    assert entry["offset"] == 0


def test_a_file_cut_and_written_again_is_read_anew(training, records):
    """Truncated to a record's middle, then other records follow."""
    tb_run, path = training.new_event_file()
    header, one, two, three = records(1.0, 2.0, 3.0)
    training.writer.act("rewrite", path, header + one + two + three)
    served = training.served
    served.wait_for(lambda: len(served.scalars(tb_run)) == 3)
    training.writer.act("truncate", path, len(header + one) + 7)
    served.wait_for(lambda: served.scalars(tb_run) == [1.0])
    training.writer.act("append", path, two[7:] + records(7.0, header=False)[0])
    served.wait_for(lambda: served.scalars(tb_run) == [1.0, 2.0, 7.0])


def test_a_deleted_file_is_told_and_its_successor_is_not_added_to_it(training, records):
    """Points of a purged file stay; a new file of its name takes their place."""
    tb_run, path = training.new_event_file()
    content = b"".join(records(1.0, 2.0, 3.0))
    training.writer.act("rewrite", path, content)
    served = training.served
    served.wait_for(lambda: len(served.scalars(tb_run)) == 3)
    training.writer.act("unlink", path)
    served.wait_for(lambda: bool(served.entries(path.name)), "the deletion is told")
    (entry,) = served.entries(path.name)
    assert (entry["kind"], entry["offset"]) == ("gone", len(content))
    assert served.scalars(tb_run) == [1.0, 2.0, 3.0]
    training.writer.act("rewrite", path, b"".join(records(5.0, 6.0)))
    served.wait_for(lambda: served.scalars(tb_run) == [5.0, 6.0])


def test_the_older_of_two_files_may_grow_again(training, records):
    """Files of a run are joined in the order of their names, whichever grew last."""
    tb_run, older = training.new_event_file()
    newer = older.with_name(older.name.replace("tfevents.", "tfevents.9"))
    training.writer.act("rewrite", older, b"".join(records(1.0, 2.0)))
    training.writer.act("rewrite", newer, b"".join(records(4.0, first_step=3)))
    served = training.served
    served.wait_for(lambda: served.scalars(tb_run) == [1.0, 2.0, 4.0])
    training.writer.act("append", older, records(3.0, first_step=2, header=False)[0])
    served.wait_for(lambda: served.scalars(tb_run) == [1.0, 2.0, 3.0, 4.0])


def test_a_large_record_is_passed_by_its_length(training, records):
    """More than is read at once, without a scalar, in two pieces before the first loss."""
    tb_run, path = training.new_event_file()
    header, one = records(1.0)
    # Field 4, a graph, of 4.5 million bytes: what plugins write before the training starts.
    graph = frame(b"\x22\xa0\xd4\x92\x02" + bytes(4_500_000))
    training.writer.act("open", path, "w")
    training.writer.act("put", path, header + graph[:1_000_000])
    training.let_it_look()
    training.writer.act("put", path, graph[1_000_000:] + one)
    training.writer.act("close", path)
    training.served.wait_for(lambda: training.served.scalars(tb_run) == [1.0])


def test_a_header_alone_and_an_empty_file_may_grow(training, records):
    """Nearly half of all event files hold nothing yet."""
    tb_run, path = training.new_event_file()
    header, one = records(1.0)
    training.writer.act("rewrite", path, b"")
    training.let_it_look()
    training.writer.act("append", path, header)
    training.let_it_look()
    training.writer.act("append", path, one)
    training.served.wait_for(lambda: training.served.scalars(tb_run) == [1.0])
    assert os.path.exists(path)
