"""TensorBoard event files."""

from collections.abc import Callable
from typing import Any

from loss_monitor.wire.crc32c import Buffer

def scan_records(
    buffer: Buffer, plugins: dict[bytes, bytes], number_of: Callable[[bytes], int]
) -> tuple[Any, ...]:
    """Return what all whole good records at the beginning of `buffer` hold.

    Results and rules are those of its twin, `loss_monitor.parse.event_records.scan_records`,
    tuples in place of its named ones. The interpreter is free meanwhile. Memory follows the
    points found, never a length that the file claims: at most 100 bytes for a point, of which the
    shortest takes seven bytes of the buffer. Raises MemoryError.
    """

def resume_after_fault(buffer: Buffer, offset: int) -> int | None:
    """Return where in `buffer` the next good record after the fault at `offset` begins.

    None where none follows whole. Raises ValueError where `offset` lies outside of `buffer`.
    """
