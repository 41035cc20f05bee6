"""Lines of a text: their number, and the few of a job log that matter."""

from collections.abc import Sequence

SOURCES: str
"""`sources.source_mark` of the sources that the core was built from."""

def count_newlines(text: bytes) -> int:
    """Return how many newlines `text` holds."""

class JobLogScanner:
    """A search for literals, and reader of the lines that have but one thing to say."""

    def __init__(self, literals: Sequence[bytes]) -> None:
        """Search for up to 32 `literals` of three bytes or more, which hold no newline.

        The first is `step=`, the second `Time step`: lines with one of these alone are read.
        Raises ValueError for other literals.
        """

    def scan(
        self, text: bytes, begin: int, first_line: int
    ) -> tuple[
        list[tuple[int, int, float | None, tuple[str, ...], tuple[float, ...], int]],
        list[tuple[int, tuple[int, int, int, int, int, int, int], int]],
        list[tuple[int, int, int, int]],
        int,
        int,
    ]:
        """Return what the lines from the offset `begin` on hold, or the first 16,384 of them.

        `text` is whole lines, the last with or without its newline; `first_line` is the
        number of the line at `begin`. Returns steps (rank, step, loss or None, keys and
        values of the other numbers, line), ICON's times (step, fields of a `ModelTime`,
        line), lines left to the caller (start, end without newline, a bit for each literal,
        line), the number of newlines, and the offset up to which was read. The interpreter is
        free while the text is searched. Raises ValueError where `begin` lies outside of `text`.
        """
