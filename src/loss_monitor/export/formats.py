"""Tables as bytes: CSV as RFC 4180 has it, and JSON that pandas reads.

Enters: a `Table`. Leaves: pieces of bytes. Numbers are written with as many digits as bring
the same double back. In CSV a text that a spreadsheet would run as a formula gets a quote in
front; NaN and infinity are `nan`, `inf`, `-inf`. In JSON they are null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
import orjson

from loss_monitor.export.tables import Cells, Table

Format = Literal["csv", "json"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json",
}
_FORMULA = re.compile(r"[=+\-@\t\r]")
_QUOTED = re.compile(r'[",\r\n]')
_PIECE_BYTES_MIN = 65_536
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def encoded(table: Table, wanted: Format) -> Iterator[bytes]:
    """Yield a table in a format, in pieces that are worth sending."""
    kept: list[bytes] = []
    size = 0
    for piece in _csv(table) if wanted == "csv" else _json(table):
        kept.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES_MIN:
            yield b"".join(kept)
            kept, size = [], 0
    yield b"".join(kept)


def _csv(table: Table) -> Iterator[bytes]:
    yield b",".join(map(csv_text, table.columns)) + b"\n"
    for piece in table.pieces:
        columns = [_cells(column, csv_text, _csv_number) for column in piece]
        yield b"\n".join(map(b",".join, zip(*columns, strict=True))) + b"\n"


def csv_text(text: str) -> bytes:
    """Return a text as a CSV field that no spreadsheet takes for a formula.

    >>> csv_text("=1+1"), csv_text('a "b", c'), csv_text("plain")
    (b"'=1+1", b'"a ""b"", c"', b'plain')
    """
    if _FORMULA.match(text):
        text = "'" + text
    if _QUOTED.search(text):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode()


def _csv_number(value: float) -> bytes:
    return repr(float(value)).encode()


def _json(table: Table) -> Iterator[bytes]:
    yield b'{"columns":' + orjson.dumps(table.columns) + b',"data":['
    separator = b""
    for piece in table.pieces:
        columns = [_cells(column, _json_text, _json_number) for column in piece]
        rows = b"],[".join(map(b",".join, zip(*columns, strict=True)))
        yield separator + b"[" + rows + b"]"
        separator = b","
    yield b"]}"


def _json_text(text: str) -> bytes:
    return orjson.dumps(text)


def _json_number(_value: float) -> bytes:
    return b"null"


def _cells(
    column: Cells, text: Callable[[str], bytes], not_finite: Callable[[float], bytes]
) -> Sequence[bytes]:
    if not isinstance(column, np.ndarray):
        known = {one: text(one) for one in set(column)}
        return [known[one] for one in column]
    if column.dtype.kind == "f":
        # A float32 is written as the double that it is, as everywhere in the interface.
        column = np.ascontiguousarray(column, np.float64)
    cells = orjson.dumps(np.ascontiguousarray(column), option=_OPTIONS)[1:-1].split(b",")
    if column.dtype.kind == "f":
        for at in np.flatnonzero(~np.isfinite(column)).tolist():
            cells[at] = not_finite(column[at])
    return cells
