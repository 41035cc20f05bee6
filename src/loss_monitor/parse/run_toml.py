"""`run.toml`, in which a user says what a run is called and how it differs from others.

Enters: the bytes of the file at one moment. Leaves: label and parameters, and what was refused.
Format: docs/formats/run-toml.md. A file that is no TOML at all gives nothing; of one that is,
each entry that is not understood is refused alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loss_monitor.settings.params import (
    LABEL_ALLOWED,
    PARAMS_MAX,
    Params,
    checked_label,
    checked_pair,
)
from loss_monitor.types import REFUSAL_SAMPLE_MAX, Refusal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BYTES_MAX = 65_536
"""A description of a run is a few lines; whatever is longer is another file."""
_REMEDY = "correct the file: it is read again when it changes"
_EXPECTED = 'expected lines such as label = "wide net", and a table [params] with lr = 3e-4'
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class RunDescription:
    """What a file says of a run."""

    label: str = ""
    """Empty where it says none."""
    params: Params = ()
    """In the order of the file; a table's entries are named `table.entry`."""
    refusals: tuple[Refusal, ...] = field(default=(), compare=False)


def parse_run_toml(data: bytes) -> RunDescription:
    """Return what the file says; never raises on any bytes."""
    if len(data) > BYTES_MAX:
        reason = f"is longer than {BYTES_MAX:,} bytes; {_EXPECTED}; {_REMEDY}"
        return RunDescription(refusals=(Refusal(reason),))
    try:
        text = data.decode("utf-8-sig")
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return RunDescription(refusals=(Refusal(f"is no text in UTF-8; {_REMEDY}", line),))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return RunDescription(refusals=(_no_toml(str(error), text),))
    return _described(found, text)


def _no_toml(message: str, text: str) -> Refusal:
    place = _PLACE.search(message)
    lines = text.splitlines()
    line = len(lines) if place is None or place[1] is None else int(place[1])
    line = max(line, 1)
    what = _PLACE.sub("", message) or "nested too deeply"
    sample = lines[line - 1].strip()[:REFUSAL_SAMPLE_MAX] if line <= len(lines) else ""
    sample = sample.encode("unicode_escape").decode()[:REFUSAL_SAMPLE_MAX]
    return Refusal(f"is no TOML ({what}); {_EXPECTED}; {_REMEDY}", line, sample=sample)


def _described(found: Mapping[str, Any], text: str) -> RunDescription:
    refusals: list[Refusal] = []

    def refuse(key: str, reason: str) -> None:
        refusals.append(Refusal(f"{reason}; {_REMEDY}", _line_of(key, text)))

    label = ""
    if "label" in found:
        try:
            label = checked_label(found["label"])
        except ValueError:
            refuse("label", f"label is not understood; expected {LABEL_ALLOWED}")
    for key in found.keys() - {"label", "params"}:
        refuse(key, f"{_shown(key)} is not understood; {_EXPECTED}")
    table = found.get("params", {})
    if not isinstance(table, dict):
        refuse("params", "params is no table; expected a line [params] and name = value below it")
        table = {}
    params: dict[str, str] = {}
    for name, value in _flat(table):
        try:
            pair = checked_pair(name, value)
        except ValueError:
            last = name.rpartition(".")[2]
            refuse(last, f"{_shown(name)} is not understood; expected a text or a number")
            continue
        if len(params) == PARAMS_MAX:
            refuse("params", f"more than {PARAMS_MAX} parameters: the others are left out")
            break
        params[pair[0]] = pair[1]
    return RunDescription(label, tuple(params.items()), tuple(refusals))


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    """Yield the entries of a table and of those inside it, under joined names."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, list) and all(isinstance(one, (int, float, str)) for one in value):
            yield before + name, ", ".join(map(str, value))
        elif isinstance(value, (str, int, float, list)):
            yield before + name, value
        else:
            # TOML's dates and times.
            yield before + name, str(value)


def _line_of(key: str, text: str) -> int | None:
    """Return the line that a key stands at, where that is plain to see."""
    at = re.search(rf"^\s*[\[\"']*{re.escape(key)}\b", text, re.MULTILINE)
    return None if at is None else text.count("\n", 0, at.end()) + 1


def _shown(key: str) -> str:
    return key.encode("unicode_escape").decode()[:REFUSAL_SAMPLE_MAX]
