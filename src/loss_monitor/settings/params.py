"""Label and parameters of a run, as people give them: what they may be, and how many.

Enters: texts of the command line and the environment, literals of a file. Leaves: pairs of name
and value, both texts, or a ValueError that says what is allowed. Bounded, because both stand in
every list of runs and in each chart's legend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Params = tuple[tuple[str, str], ...]

LABEL_CHARACTERS_MAX = 120
PARAMS_MAX = 64
NAME_CHARACTERS_MAX = 64
VALUE_CHARACTERS_MAX = 200

LABEL_ALLOWED = f"a text of 1 to {LABEL_CHARACTERS_MAX} printable characters"
PARAMS_ALLOWED = (
    f"at most {PARAMS_MAX} of NAME=VALUE, such as lr=3e-4: a name of 1 to {NAME_CHARACTERS_MAX} "
    f"printable characters without '=', a value of at most {VALUE_CHARACTERS_MAX}"
)


def checked_label(value: object) -> str:
    """Return a label; raises ValueError for one that is not allowed."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(value)
    label = value.strip()
    if not 1 <= len(label) <= LABEL_CHARACTERS_MAX:
        raise ValueError(value)
    return label


def checked_pair(name: object, value: object) -> tuple[str, str]:
    """Return a parameter's name and value; raises ValueError for what is not allowed.

    >>> checked_pair("lr", 3e-4), checked_pair("amsgrad", True), checked_pair(" lr ", "3e-4")
    (('lr', '0.0003'), ('amsgrad', 'true'), ('lr', '3e-4'))
    """
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, (str, int, float)):
        text = str(value).strip()
    else:
        raise ValueError(value)
    if not isinstance(name, str) or "=" in name or not (name + text).isprintable():
        raise ValueError(name)
    name = name.strip()
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX or len(text) > VALUE_CHARACTERS_MAX:
        raise ValueError(name)
    return name, text


@dataclass(frozen=True, slots=True)
class LabelText:
    """A label: a kind of setting."""

    allowed: str = LABEL_ALLOWED

    def parse(self, text: str) -> object:
        """Return the text."""
        return text

    def check(self, value: object) -> object:
        """Return the label, None where there is none."""
        return None if value is None else checked_label(value)


@dataclass(frozen=True, slots=True)
class ParamPairs:
    """Parameters by name: a mapping in the file, texts `NAME=VALUE` elsewhere."""

    allowed: str = PARAMS_ALLOWED

    def parse(self, text: str) -> object:
        """Return the parts between commas."""
        return [part for part in text.split(",") if part.strip()]

    def check(self, value: object) -> object:
        """Return name and value of each; of one name given twice the last counts."""
        if isinstance(value, Mapping):
            pairs: Iterable[tuple[object, object]] = value.items()
        elif isinstance(value, (list, tuple)):
            pairs = map(_split, value)
        else:
            raise ValueError(value)
        found = dict(checked_pair(name, one) for name, one in pairs)
        if len(found) > PARAMS_MAX:
            raise ValueError(value)
        return tuple(found.items())


def _split(text: object) -> tuple[str, str]:
    if not isinstance(text, str) or "=" not in text:
        raise ValueError(text)
    name, _, value = text.partition("=")
    return name, value
