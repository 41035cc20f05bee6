"""A configuration file: assignments of literals in Python's syntax, never executed.

Enters: a path such as `config.py`. Leaves: values by name with their lines, and notes on
the lines that were passed over. Python's own parser reads it; `ast.literal_eval` gives the
values, so a file that anyone may have written cannot run code.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from loss_monitor.errors import SettingError

FILE_BYTES_MAX = 1_000_000
"""A configuration is a few kilobytes; anything above this is another file."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `NAME = value` of the file."""

    name: str
    line: int
    text: str
    """The value as written."""
    value: object
    is_literal: bool


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a configuration file says."""

    path: Path
    assignments: tuple[Assignment, ...]
    notes: tuple[str, ...]


def read_config_file(path: Path) -> ConfigFile:
    """Return the assignments of `path` in their order.

    Raises `SettingError` where the file cannot be read or is not Python. Does not execute
    anything: a statement that is no assignment is passed over with a note.
    """
    text = _read(path)
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise SettingError(
            f"{path}, line {error.lineno}: {error.msg}; expected are lines of NAME = literal"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SettingError(f"{path} is no configuration file: {error}") from error
    assignments: list[Assignment] = []
    notes: list[str] = []
    for statement in module.body:
        found = _assignments(statement, text)
        assignments += found
        if not found and not _is_text(statement):
            notes.append(
                f"{path}, line {statement.lineno} is passed over: "
                "the file is read as NAME = literal, never executed"
            )
    return ConfigFile(path, tuple(assignments), tuple(notes))


def _read(path: Path) -> str:
    try:
        # A FIFO or device would block or never end; the check is on what is there now.
        if not path.is_file():
            reason = "is not a file" if path.exists() else "does not exist"
            raise SettingError(f"Configuration file {path} {reason}")
        if path.stat().st_size > FILE_BYTES_MAX:
            raise SettingError(f"Configuration file {path} is larger than a megabyte")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingError(f"Configuration file {path} is not UTF-8: {error}") from error
    except OSError as error:
        raise SettingError(f"Configuration file {path} cannot be read: {error.strerror}") from error


def _is_text(statement: ast.stmt) -> bool:
    """Tell whether `statement` is a bare text, such as the file's docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _assignments(statement: ast.stmt, text: str) -> list[Assignment]:
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return []
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    written = ast.get_source_segment(text, value) or ""
    try:
        literal, is_literal = ast.literal_eval(value), True
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        literal, is_literal = None, False
    return [Assignment(name, statement.lineno, written, literal, is_literal) for name in names]
