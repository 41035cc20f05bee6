"""TensorBoard event files: a stretch of bytes into columns of scalars and histograms.

Enters: a buffer that begins at a record. Leaves: a `Scan` of every whole good record in it,
how far they reach, and what stopped the reading. Format: `wire.frames` and `wire.event`.
The work is done by `scan_records` of the chosen core; here its tags get the numbers that
hold for the whole file, and its faults their words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from loss_monitor.parse import cores
from loss_monitor.parse.event_records import PackedHistograms, Records, ScalarColumns
from loss_monitor.types import Floats, Ints, Refusal
from loss_monitor.wire.crc32c import Buffer
from loss_monitor.wire.frames import PAYLOAD_REASON, why_no_length

__all__ = ["PackedHistograms", "Scan", "TagNumbers", "resume_after_fault", "scan"]

Status = Literal["complete", "incomplete", "corrupt"]

_SAMPLE_BYTES = 12


TAG_CHARACTERS_MAX = 1000
"""A longer name is cut: no address of a request would hold it, and no panel show it."""


def tag_name(tag: bytes) -> str:
    """Return a tag's bytes as the text that it is kept under.

    A long one is cut, and told from others by a hash.

    >>> tag_name(b"Loss/batch")
    'Loss/batch'
    """
    name = tag.decode("utf-8", "backslashreplace")
    if len(name) <= TAG_CHARACTERS_MAX:
        return name
    return f"{name[: TAG_CHARACTERS_MAX - 9]}…{hashlib.sha256(tag).hexdigest()[:8]}"


class TagNumbers:
    """Numbers of the tags of one file, given in the order of first appearance.

    Written by `scan` alone; `names` may be read at any time, as numbers never change.
    """

    def __init__(self, names_max: int = 2**31) -> None:
        """Start without tags; beyond `names_max` of them all others share one number."""
        self.names_max = names_max
        self.names: list[str] = []
        """Text of each number. A tag that is no UTF-8 shows its other bytes as `\\xff`."""
        self.has_others = False
        """Whether there was a tag beyond `names_max`: their number is `names_max`."""
        self.plugins: dict[bytes, bytes] = {}
        """Plugin of each tag that named one: writers may name it in the first value only."""
        self._known: dict[bytes, int] = {}
        self._number_of_name: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many tags have a number of their own."""
        return len(self.names)

    def number(self, tag: bytes) -> int:
        """Return the number of `tag`, giving it the next one where it has none.

        Two spellings of one text have one number.
        """
        if tag in self._known:
            return self._known[tag]
        name = tag_name(tag)
        number = self._number_of_name.get(name)
        if number is None:
            number = len(self.names)
            if number == self.names_max:
                # Not remembered: a file made of tags must not fill the memory.
                self.has_others = True
                return number
            self._number_of_name[name] = number
            self.names.append(name)
        self._known[tag] = number
        return number


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What a buffer held.

    Arrays have shape (scalars,); the points of one tag lie side by side, in the order of the
    file.
    """

    consumed: int
    """Bytes up to the end of the last whole good record."""
    tag: NDArray[np.uint32]
    """Numbers of the tags, see `TagNumbers`."""
    step: Ints
    wall_time: Floats
    """Seconds since 1970-01-01 UTC; 0 where absent or no number."""
    value: Floats
    doubles: frozenset[int]
    """Tags of which a value had more than float32's precision."""
    histograms: PackedHistograms
    status: Status
    """`complete`: the buffer ends with a record. `incomplete`: inside one, wait for the
    rest. `corrupt`: at `consumed` stands no good record."""
    fault: Refusal | None
    """Why the status is `corrupt`; its offset counts from the beginning of the file."""
    records: int
    """Good records of any kind."""
    skipped: Mapping[str, int]
    """Values and events passed over, by kind."""
    needed_bytes: int
    """Least bytes from `consumed` that could hold the next record whole; 0 if corrupt. More
    than any buffer will hold is possible: compare it with the file's size."""

    def of_first_tags(self, tags_max: int) -> Scan:
        """Return the same without the points of tags numbered `tags_max` and above."""
        kept = self.tag < tags_max
        return replace(
            self,
            tag=self.tag[kept],
            step=self.step[kept],
            wall_time=self.wall_time[kept],
            value=self.value[kept],
            histograms=self.histograms.of_first_tags(tags_max),
        )


def scan(buffer: Buffer, tags: TagNumbers, *, base_offset: int = 0) -> Scan:
    """Return all whole good records at the beginning of `buffer`.

    `base_offset` is the buffer's offset in the file, for messages. New tags are entered
    into `tags`, in the order of the file. Does not raise for any content, and any way of
    cutting a file into buffers at record ends gives the same records.
    """
    found = Records(*cores.chosen.scan_records(buffer, tags.plugins, tags.number))
    while len(tags.plugins) > tags.names_max:
        tags.plugins.popitem()
    scalars = ScalarColumns(*found.scalars)
    view = memoryview(buffer).cast("B")
    fault = _fault(view, found, base_offset)
    at_end = found.consumed == len(view)
    return Scan(
        consumed=found.consumed,
        tag=scalars.tag,
        step=scalars.step,
        wall_time=scalars.wall_time,
        value=scalars.value,
        doubles=found.doubles,
        histograms=PackedHistograms(*found.histograms),
        status="corrupt" if fault else "complete" if at_end else "incomplete",
        fault=fault,
        records=found.records,
        skipped=found.skipped,
        needed_bytes=found.needed_bytes,
    )


def resume_after_fault(buffer: Buffer, offset: int) -> int | None:
    """Return where in `buffer` the next good record after the fault at `offset` begins.

    None where none follows whole, so that there is nothing yet to go on with, or none is found
    with bounded effort.
    """
    return cores.chosen.resume_after_fault(buffer, offset)


def _fault(view: memoryview, found: Records, base_offset: int) -> Refusal | None:
    if found.end == "incomplete":
        return None
    at = found.consumed
    reason = PAYLOAD_REASON
    if found.end == "bad length":
        reason = why_no_length(view[at:])
    sample = bytes(view[at : at + _SAMPLE_BYTES]).hex(" ")
    return Refusal(reason, offset=base_offset + at, sample=sample)
