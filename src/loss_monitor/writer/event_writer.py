"""TensorBoard event files: scalars and histograms of one run directory.

Enters: values with tag and step. Leaves: one new event file, on the byte code that the
reader uses too. A restarted process adds a file beside the older ones.
"""

from __future__ import annotations

import itertools
import os
import socket
import time

from loss_monitor.wire.event import (
    Histogram,
    encode_file_version,
    encode_histogram,
    encode_scalar,
)
from loss_monitor.wire.frames import frame
from loss_monitor.writer.failures import Failures
from loss_monitor.writer.histogram import histogram_of

_FLUSH_BYTES = 1 << 18
"""Held at most between flushes: one write call for some thousand scalars."""
_HELD_BYTES_MAX = 1 << 24
"""Held while the disk takes nothing; further records are given up rather than memory."""
_NAMES_TRIED_MAX = 1000

_file_numbers = itertools.count()
"""Last part of the file name: keeps several writers of one process apart."""


class EventWriter:
    """Writer of one event file, used by one thread.

    Nothing reaches the file before `flush` or a quarter of a megabyte, and then only whole
    records. No method raises: what failed is in `failures`, and records that the disk did
    not take are tried again at the next flush.
    """

    def __init__(
        self, run_directory: str | os.PathLike[str], *, wall_time: float | None = None
    ) -> None:
        """Begin a file in `run_directory`, which is made where it is missing.

        `wall_time`, seconds since 1970-01-01 UTC, is for the name and the first record;
        now where it is None.
        """
        self._log = Failures("event writer")
        self.directory = os.fspath(run_directory)
        self.path: str | None = None
        """The file; None while it could not be made."""
        self._began = time.time() if wall_time is None else wall_time
        self._descriptor: int | None = None
        self._closed = False
        self._held = bytearray(frame(encode_file_version(self._began)))
        self.flush()

    @property
    def failures(self) -> list[str]:
        """What failed, oldest first, the first hundred."""
        return self._log.kept

    def scalar(self, tag: str, value: float, step: int, wall_time: float | None = None) -> None:
        """Add one value, kept as float32."""
        with self._log.guard(f"adding the scalar {tag!r}"):
            when = time.time() if wall_time is None else wall_time
            self._add(encode_scalar(_tag_bytes(tag), float(value), int(step), when))

    def histogram(
        self, tag: str, values: object, step: int, wall_time: float | None = None
    ) -> None:
        """Add the histogram of `values`: numbers of any shape, or a ready `Histogram`.

        Values that are not finite are left out, as they have no bucket.
        """
        with self._log.guard(f"adding the histogram {tag!r}"):
            when = time.time() if wall_time is None else wall_time
            histogram = values if isinstance(values, Histogram) else histogram_of(values)
            if histogram is None:
                self._log.remember(f"the histogram {tag!r} of step {step} has no finite value")
            else:
                self._add(encode_histogram(_tag_bytes(tag), histogram, int(step), when))

    def flush(self) -> None:
        """Write all records held."""
        with self._log.guard(f"writing an event file in {self.directory}"):
            if self._descriptor is None and not self._closed:
                self._open()
            while self._held and self._descriptor is not None:
                # What a full disk took in part stays held from there, so records stay whole.
                written = os.write(self._descriptor, self._held)
                del self._held[:written]

    def close(self) -> None:
        """Write all records held and end the file; later records are refused."""
        if self._closed:
            return
        self.flush()
        self._closed = True
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with self._log.guard(f"closing {self.path}"):
                os.close(descriptor)

    def _add(self, payload: bytes) -> None:
        if self._closed:
            raise ValueError("the writer is closed")
        if len(self._held) + len(payload) > _HELD_BYTES_MAX:
            raise BufferError("the disk takes nothing and no more records can be held")
        self._held += frame(payload)
        if len(self._held) >= _FLUSH_BYTES:
            self.flush()

    def _open(self) -> None:
        os.makedirs(self.directory, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        for number in itertools.islice(_file_numbers, _NAMES_TRIED_MAX):
            name = (
                f"events.out.tfevents.{int(self._began):010d}"
                f".{socket.gethostname()}.{os.getpid()}.{number}"
            )
            path = os.path.join(self.directory, name)
            try:
                self._descriptor = os.open(path, flags, 0o666)
            except FileExistsError:
                continue
            self.path = path
            return
        raise FileExistsError(f"a thousand event files of this second are in {self.directory}")


def _tag_bytes(tag: str) -> bytes:
    return tag.encode("utf-8", "backslashreplace")
