"""The page's modules as one script: what is needed at once is fetched at once.

Enters: a folder and the path of a module below it. Leaves: that module and all that it imports,
each in a function of its own, in one script under its name; and the map that leads a browser's
messages back to lines of the files. A module that comes later takes what is in the pack from
there, so that nothing is there twice.

The modules keep to a part of the language, and the tests hold them to it: imports by names or
as a whole, at the beginning of a line; exports of declarations; no circles. Without it, a page
of eighty modules is eighty requests, six at a time.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from loss_monitor.web.page_text import script_text

_IMPORT = re.compile(
    r"""^import (?:(?P<names>\{[^}]*\}|\* as \w+) from )?"(?P<path>\.[^"]+\.js)";""", re.MULTILINE
)
"""A static import; what is fetched later has its call inside a line."""
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_LATER = re.compile(r"""\bimport\("(\.[^"]+)"\)""")
_SPACE = re.compile(r"\s+")
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True, slots=True)
class Pack:
    """A script made of modules; paths are below the page's folder."""

    entry: str
    exports: Mapping[str, tuple[str, ...]]
    """Names that each module exports, in the order in which the modules run."""
    body: bytes
    origins: tuple[tuple[int | None, int], ...]
    """Of each line: the number of its module, None where it is of none, and its line there."""

    def source_map(self, root: Path) -> bytes:
        """Return where each line comes from, as ECMA-426 has it: JSON with the modules in it.

        `root` is the folder that the pack was made in. Raises OSError.
        """
        told = {
            "version": 3,
            "file": posixpath.basename(self.entry),
            "sources": [_relative(module, self.entry) for module in self.exports],
            "sourcesContent": [
                (root / module).read_text(encoding="utf-8") for module in self.exports
            ],
            "names": [],
            "mappings": _mappings(self.origins),
        }
        return orjson.dumps(told)

    def stands_for(self, module: str) -> str:
        """Return what is sent for one of its modules: what that exports, out of the pack."""
        names = ", ".join(self.exports[module])
        pack = _relative(self.entry, module)
        name = _name(module)
        return f'import {{ {name} }} from "{pack}";\nexport const {{ {names} }} = {name};\n'

    def linked(self, module: str, text: str) -> str:
        """Return a module that comes later with its imports of packed modules out of the pack."""
        entry = _relative(self.entry, module)

        def link(found: re.Match[str]) -> str:
            imported = _resolved(found["path"], module)
            if imported not in self.exports or imported == self.entry:
                return found[0]
            taking = _taking(found["names"], _name(imported))
            return f'import {{ {_name(imported)} }} from "{entry}"; {taking}' + _lines_of(found)

        return _IMPORT.sub(link, text)


def pack(root: Path, entry: str) -> Pack:
    """Return the pack of `entry` and of all that it imports, at any depth.

    Raises OSError where a module is not there, ValueError where modules import in a circle.
    """
    texts: dict[str, str] = {}
    _collect(root, entry, texts, ())
    exports = {module: tuple(_EXPORT.findall(text)) for module, text in texts.items()}
    lines: list[tuple[str, int | None, int]] = []
    for number, (module, text) in enumerate(texts.items()):
        lines += _wrapped(module, text, entry, number, exports[module])
    shared = ", ".join(_name(module) for module in texts if module != entry)
    lines.append((f"export {{ {shared} }};", None, 0))
    body = "\n".join(line for line, _, _ in lines)
    body += f"\n//# sourceMappingURL={posixpath.basename(entry)}.map\n"
    return Pack(entry, exports, body.encode(), tuple((source, line) for _, source, line in lines))


def _collect(root: Path, module: str, texts: dict[str, str], path: tuple[str, ...]) -> None:
    """Put a module behind all that it imports: the order in which a browser runs them."""
    if module in path:
        raise ValueError(f"modules import in a circle: {' -> '.join((*path, module))}")
    if module in texts:
        return
    text = (root / module).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(text):
        _collect(root, _resolved(found["path"], module), texts, (*path, module))
    texts[module] = text


def _wrapped(
    module: str, text: str, entry: str, source: int, exports: tuple[str, ...]
) -> Iterable[tuple[str, int | None, int]]:
    """Yield the lines of a module as a function: each with the source and line it is of."""

    def bind(found: re.Match[str]) -> str:
        return _taking(found["names"], _name(_resolved(found["path"], module))) + _lines_of(found)

    def later(found: re.Match[str]) -> str:
        return f'import("{_relative(_resolved(found[1], module), entry)}")'

    is_entry = module == entry
    if not is_entry:
        yield f"const {_name(module)} = (() => {{", None, 0
    own = _LATER.sub(later, _EXPORT.sub("", _IMPORT.sub(bind, script_text(text))))
    for number, line in enumerate(own.split("\n")):
        if line:
            yield line, source, number
    if not is_entry:
        yield f"return {{ {', '.join(exports)} }}; }})();", None, 0


def _taking(names: str | None, name: str) -> str:
    """Return the line that takes from a module what an import names."""
    if names is None:
        return ""
    if names.startswith("*"):
        return f"const {names.removeprefix('* as ')} = {name};"
    names = _SPACE.sub(" ", names).replace(" as ", ": ").replace(", }", " }")
    return f"const {names} = {name};"


def _lines_of(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _name(module: str) -> str:
    """Return the name of a module in the pack.

    >>> _name("js/chart/time_ticks.js")
    '$js$chart$time_ticks'
    """
    return "$" + re.sub(r"\W", "$", module.removesuffix(".js"))


def _resolved(path: str, module: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), path))


def _relative(path: str, module: str) -> str:
    """Return the path as an import in `module` writes it."""
    written = posixpath.relpath(path, posixpath.dirname(module))
    return written if written.startswith(".") else f"./{written}"


def _mappings(origins: Iterable[tuple[int | None, int]]) -> str:
    """Return the origins of lines as text: one segment a line, numbers as steps."""
    told, source_before, line_before = [], 0, 0
    for source, line in origins:
        if source is None:
            told.append("")
            continue
        told.append("A" + _digits(source - source_before) + _digits(line - line_before) + "A")
        source_before, line_before = source, line
    return ";".join(told)


def _digits(number: int) -> str:
    """Return a number in base 64 of variable length, its sign in the lowest bit.

    >>> _digits(0), _digits(-1), _digits(16)
    ('A', 'D', 'gB')
    """
    rest = abs(number) << 1 | (number < 0)
    text = ""
    while rest > 31:
        text += _DIGITS[rest & 31 | 32]
        rest >>= 5
    return text + _DIGITS[rest]
