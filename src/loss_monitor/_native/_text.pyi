"""Decimal text to float64."""

from loss_monitor.types import Floats

def read_numbers(text: bytes, begin: int, numbers: Floats) -> tuple[int, int, int]:
    """Read lines of one number each, or of blanks, from the offset `begin` on.

    Stops in front of the first other line, and of one whose number it cannot round for
    certain. `numbers` is float64 of shape (room,); room for half as many values as `text` has
    bytes, and one more, is always enough. Returns the number of values, the number of lines,
    and the offset behind the last line taken. The interpreter is free meanwhile where there
    are more than 64 KiB. Raises ValueError where `begin` lies outside of `text`.
    """
