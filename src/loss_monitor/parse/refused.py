"""Refused input, counted and sampled: what one file's reader could not take.

Enters: a reason and the raw bytes. Leaves: `types.Refusal` samples, escaped and bounded, and
the number of all refusals. A piece of a million bad lines costs ten samples.
"""

from __future__ import annotations

from loss_monitor.types import REFUSAL_SAMPLE_MAX, Refusal

SAMPLES_MAX = 10
"""Samples kept of one piece: enough to see what kind of rubbish it is."""


def printable(text: str) -> str:
    r"""Return `text` with every character that does not print as an escape sequence.

    >>> printable("a\x00b\u202e")
    'a\\x00b\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def sample_of(raw: bytes) -> str:
    r"""Return the beginning of `raw` as text of at most `REFUSAL_SAMPLE_MAX` characters.

    >>> sample_of(b"0.1\xff\n")
    '0.1\\xff\\n'
    """
    text = raw[:REFUSAL_SAMPLE_MAX].decode("utf-8", "backslashreplace")
    return printable(text)[:REFUSAL_SAMPLE_MAX]


class RefusedLines:
    """The refused lines of the piece of a file that is being read."""

    def __init__(self) -> None:
        """Start with nothing refused."""
        self._samples: list[Refusal] = []
        self._count = 0

    def refuse(self, reason: str, raw: bytes, line: int) -> None:
        """Count one refused line, the `line`-th of the file (from 1)."""
        self._count += 1
        if len(self._samples) < SAMPLES_MAX:
            self._samples.append(Refusal(reason, line=line, sample=sample_of(raw)))

    def drain(self) -> tuple[tuple[Refusal, ...], int]:
        """Return the first samples and the number of all refusals since the last call."""
        drained = tuple(self._samples), self._count
        self._samples, self._count = [], 0
        return drained
