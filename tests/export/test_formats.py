"""Tables as bytes: read back by other programs' rules, not a digit and not a row is lost."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.export.formats import csv_text, encoded
from loss_monitor.export.tables import Table

FLOATS = st.floats(width=64)
# Before Python 3.11 its own reader of CSV takes no NUL.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=5)


def written(table, form):
    return b"".join(encoded(table, form)).decode()


def table_of(names, *pieces):
    return Table(names, iter(pieces))


@given(st.lists(st.lists(st.tuples(FLOATS, TEXTS), min_size=1, max_size=5)))
def test_csv_brings_every_double_and_text_back(pieces):
    """By the rules of RFC 4180; texts that a spreadsheet would run have a quote in front."""
    columns = [
        (np.array([value for value, _ in rows]), [text for _, text in rows]) for rows in pieces
    ]
    text = written(table_of(("value", "text"), *columns), "csv")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["value", "text"]
    given_rows = [row for rows_ in pieces for row in rows_]
    assert len(rows) == 1 + len(given_rows)
    for (value, kept), (number, shown) in zip(given_rows, rows[1:], strict=True):
        assert float(number) == value or math.isnan(value) == math.isnan(float(number)) is True
        dangerous = kept[:1] in ("=", "+", "-", "@", "\t", "\r")
        assert shown == ("'" + kept if dangerous else kept)


@given(st.lists(st.lists(st.tuples(FLOATS, st.text(max_size=5)), min_size=1, max_size=5)))
def test_json_brings_every_double_and_text_back(pieces):
    """What is not finite is null."""
    columns = [
        (np.array([value for value, _ in rows]), [text for _, text in rows]) for rows in pieces
    ]
    found = json.loads(written(table_of(("value", "text"), *columns), "json"))
    assert found["columns"] == ["value", "text"]
    wanted = [
        [value if math.isfinite(value) else None, text] for rows in pieces for value, text in rows
    ]
    assert found["data"] == wanted


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_begins_a_formula(start):
    """Names come from files that anybody may have written."""
    assert csv_text(start + "cmd").lstrip(b'"').startswith(b"'")


def test_a_float32_is_written_as_the_double_that_it_is():
    """As everywhere in the interface."""
    column = np.array([0.1], dtype=np.float32)
    assert written(table_of(("x",), (column,)), "csv") == "x\n0.10000000149011612\n"


def test_what_is_not_finite_is_told_apart_in_csv():
    """NaN and both infinities."""
    column = np.array([np.nan, np.inf, -np.inf, 1.0])
    assert written(table_of(("x",), (column,)), "csv") == "x\nnan\ninf\n-inf\n1.0\n"


def test_an_empty_table_is_its_header():
    """Both formats stay readable."""
    assert written(table_of(("a", "b")), "csv") == "a,b\n"
    assert json.loads(written(table_of(("a", "b")), "json")) == {"columns": ["a", "b"], "data": []}
