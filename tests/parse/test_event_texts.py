"""Texts and hyperparameters: as real writers put them, bounded, whatever the bytes are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb

from loss_monitor.parse import event_texts
from loss_monitor.parse.event_file import TagNumbers, scan
from loss_monitor.parse.event_texts import TEXT_BYTES_MAX, holds_texts, texts_in
from loss_monitor.series.texts import Text
from loss_monitor.wire.event import encode_scalar
from loss_monitor.wire.frames import frame

pytestmark = pytest.mark.usefixtures("core")


def record(summary, step=0, wall_time=5.0):
    return frame(Event(step=step, wall_time=wall_time, summary=summary).SerializeToString())


def found_in(*records):
    data, tags = b"".join(records), TagNumbers()
    result = scan(data, tags)
    assert result.consumed == len(data)
    assert holds_texts(result.skipped, tags.plugins)
    return texts_in(data, tags.plugins)


def test_a_text_of_tensorboards_writer_is_found():
    """With step and time; a text may be several strings."""
    found = found_in(
        frame(encode_scalar(b"loss", 1.0, 1, 1.0)),
        record(text_pb("note", "# Hello\n<b>world</b>"), 3),
        record(text_pb("table", np.array(["a", "b"])), 4),
    )
    assert found.texts["note"] == [Text(3, 5.0, "# Hello\n<b>world</b>")]
    assert found.texts["table"] == [Text(4, 5.0, "a\nb")]


def test_a_plugin_named_once_is_that_of_later_values():
    """Writers leave the metadata out from the second value on."""
    second = text_pb("note", "two")
    second.value[0].ClearField("metadata")
    found = found_in(record(text_pb("note", "one"), 1), record(second, 2))
    assert [one.text for one in found.texts["note"]] == ["one", "two"]


def test_a_long_text_is_cut_and_says_so():
    """And one that is no UTF-8 shows its bytes."""
    long = text_pb("note", "x" * (TEXT_BYTES_MAX + 1))
    broken = text_pb("note", "y")
    broken.value[0].tensor.string_val[0] = b"\xff"
    first, second = found_in(record(long), record(broken)).texts["note"]
    assert (len(first.text), first.is_cut) == (TEXT_BYTES_MAX, True)
    assert (second.text, second.is_cut) == ("\\xff", False)


def test_hyperparameters_of_tensorboards_writer_are_found():
    """Numbers, texts and truth values."""
    wanted = {"lr": 0.001, "optimizer": "adam", "amsgrad": True}
    assert found_in(record(hparams_pb(wanted))).hparams == wanted


def test_a_file_without_texts_is_not_gone_through_again():
    """Images and such are passed over as ever."""
    tags = TagNumbers()
    result = scan(frame(encode_scalar(b"loss", 1.0, 1, 1.0)), tags)
    assert not holds_texts(result.skipped, tags.plugins)


def test_only_so_many_records_are_decoded(monkeypatch):
    """A text on each step must not slow the reading."""
    monkeypatch.setattr(event_texts, "RECORDS_MAX", 3)
    found = found_in(*(record(text_pb("note", str(n)), n) for n in range(10)))
    assert [one.step for one in found.texts["note"]] == [0, 1, 2]


@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_bytes_raise(noise, cut):
    """Malformed messages are left out."""
    whole = Event(summary=text_pb("note", "text")).SerializeToString()
    metadata = SummaryMetadata()
    metadata.plugin_data.plugin_name = "hparams"
    metadata.plugin_data.content = noise
    odd = Summary(value=[Summary.Value(tag="note", metadata=metadata)])
    for payload in (whole[:cut] + noise, Event(summary=odd).SerializeToString()):
        texts_in(frame(payload), {b"note": b"text"})
        texts_in(frame(payload), {b"note": b"hparams"})
