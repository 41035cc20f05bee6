"""The style as a test: sizes, names, words, floors, circles.

Each rule is a function from a parsed file to its offences, so that one run names them all.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "loss_monitor"
STATIC = PACKAGE / "web" / "static"

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
LINE_CHARACTERS_MAX = 100
BANNED_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
)

FLOORS = {
    # The ground that every room of the first floor stands on, too: words, errors, time.
    "types": 0,
    "errors": 0,
    "clock": 0,
    "_native": 0,
    "statistics": 1,
    "heap": 1,
    "model_time": 1,
    "source": 2,
    "scheduler": 2,
    "tail": 2,
    "series": 2,
    "wire": 2,
    "settings": 2,
    "activity": 2,
    "parse": 3,
    "writer": 3,
    "health": 4,
    "history": 4,
    "export": 4,
    "report": 4,
    "demo": 4,
    "monitor": 5,
    "web": 6,
    "cli": 7,
    "jupyter": 7,
    "__main__": 8,
}
"""Rooms and their floors: imports lead to lower ones only."""

STANDARD_LIBRARY_ROOMS = ("wire", "writer", "settings", "jupyter")
"""Rooms that run where nothing is installed: in the model, and before the installation."""

THREAD_TOPS = frozenset(
    {
        *("monitor/thread.py", "monitor/alert_hook.py", "history/keeper.py"),
        *("scheduler/watch.py", "web/broadcast.py"),
    }
)
"""Modules with the top of a thread, or of a task that lives as long, which may catch whatever
comes, to report it."""

PYTHON = sorted(PACKAGE.rglob("*.py"))
OTHER_PYTHON = [
    *(ROOT / "config.py", ROOT / "dashboard_server.py"),
    *(
        path
        for folder in ("tests", "build_backend", "benchmarks", "docs", ".ci")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ),
]
OWN_STATIC = sorted(
    path
    for path in STATIC.rglob("*")
    if path.suffix in (".js", ".css", ".ts") and "vendor" not in path.parts
) + sorted((ROOT / "tests" / "page").rglob("*.js"))
SHELL = [
    *sorted((ROOT / "scripts").glob("*.sh")),
    ROOT / ".ci" / "run",
    ROOT / "tests" / "fuzz" / "run.sh",
]
COMPILED = sorted(
    path
    for folder, patterns in (
        (PACKAGE / "_native", ("*.pyx", "*.pyi", "cpp/*.hpp")),
        (ROOT / "tests" / "fuzz", ("*.cpp",)),
    )
    for pattern in patterns
    for path in folder.glob(pattern)
)

Functions = (ast.FunctionDef, ast.AsyncFunctionDef)


def hold(offences: list[str]) -> None:
    """Fail with all offences, one a line."""
    if offences:
        pytest.fail("\n".join(offences), pytrace=False)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the modules that a file imports, at the top or anywhere, with their lines.

    Imports for type checking alone count as well: they make the same picture of the house.
    """
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((one.name, node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: relative import"
            for one in node.names:
                yield f"{node.module}.{one.name}", node.lineno


def test_there_is_something_to_look_at():
    """The rules below would also hold for an empty folder."""
    assert len(PYTHON) > 20
    assert len(OWN_STATIC) > 5
    assert len(SHELL) > 4
    assert len(COMPILED) > 10


def test_no_file_is_too_long():
    """A module has one subject; what does not fit into 400 lines has two."""
    long = [
        f"{name_of(path)} has {count} lines"
        for path in (*PYTHON, *OTHER_PYTHON, *OWN_STATIC, *SHELL, *COMPILED)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MODULE_LINES_MAX
    ]
    hold(long)


def test_no_line_is_too_long():
    """A line of 100 characters fits beside another one on a screen."""
    long = [
        f"{name_of(path)}:{number}"
        for path in (*PYTHON, *OTHER_PYTHON, *OWN_STATIC, *SHELL, *COMPILED)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LINE_CHARACTERS_MAX
    ]
    hold(long)


def test_no_function_is_too_long():
    """A function of 70 lines is seen whole."""
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in (*PYTHON, *OTHER_PYTHON)
        for node in ast.walk(tree_of(path))
        if isinstance(node, Functions)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    hold(long)


def test_no_file_has_a_name_that_says_nothing():
    """A name such as `utils` hides that the subject has no name yet."""
    empty = [
        name_of(path)
        for path in (*PYTHON, *OWN_STATIC, *SHELL)
        if {part.split(".")[0] for part in path.relative_to(ROOT).parts} & BANNED_NAMES
    ]
    hold(empty)


def test_every_room_has_a_floor():
    """A new room must find its place in the house."""
    hold(sorted({room_of(path) for path in PYTHON} - {"__init__"} - set(FLOORS)))


def test_imports_lead_downstairs_only():
    """From a floor to lower ones, never to another room of the same floor."""
    upstairs = []
    for path in PYTHON:
        room = room_of(path)
        floor = FLOORS.get(room, 0)
        for name, line in imports_of(path):
            parts = name.split(".")
            if parts[0] != "loss_monitor" or len(parts) < 2 or parts[1] not in FLOORS:
                continue
            if parts[1] != room and FLOORS[parts[1]] >= floor:
                upstairs.append(f"{name_of(path)}:{line} imports {name}")
    hold(upstairs)


def test_the_package_itself_imports_nothing():
    """`import loss_monitor` must cost nothing: `status` does it before an installation."""
    assert {name.split(".")[0] for name, _ in imports_of(PACKAGE / "__init__.py")} <= {"__future__"}


@pytest.mark.parametrize("room", STANDARD_LIBRARY_ROOMS)
def test_some_rooms_need_the_standard_library_only(room):
    """They run inside the model, or before anything is installed."""
    import sys

    allowed = sys.stdlib_module_names | {"loss_monitor"}
    foreign = [
        f"{name_of(path)}:{line} imports {name}"
        for path in PYTHON
        if room_of(path) == room
        for name, line in imports_of(path)
        if name.split(".")[0] not in allowed
    ]
    hold(foreign)


def test_rooms_have_no_circles_inside():
    """Modules of a room import each other in one direction."""
    modules = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in PYTHON
    }
    edges = {
        name: {
            target
            for imported, _ in imports_of(path)
            # `from package import name` may mean a module of the package or a name in one.
            for target in (imported, imported.rpartition(".")[0])
            if target in modules and target != name
        }
        for name, path in modules.items()
    }
    assert not find_circle(edges)


def find_circle(edges: dict[str, set[str]]) -> list[str]:
    """Return the modules of one circle, none where there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for target in sorted(edges[name]):
            circle = walk(target, [*way, name])
            if circle:
                return circle
        done.add(name)
        return []

    return next((circle for name in sorted(edges) if (circle := walk(name, []))), [])


def test_a_circle_is_found():
    """The search for circles finds one, and not where there is none."""
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_everything_public_says_what_it_is():
    """Modules, public classes and public functions have a docstring."""
    silent = []
    for path in PYTHON:
        tree = tree_of(path)
        if not ast.get_docstring(tree):
            silent.append(name_of(path))
        silent += [f"{name_of(path)}:{line} {name}" for name, line in silent_names(tree.body)]
    hold(silent)


def silent_names(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Yield public classes, functions and methods without docstring."""
    for node in body:
        if not isinstance(node, (ast.ClassDef, *Functions)) or node.name.startswith("_"):
            continue
        # A protocol's attribute without a body is told by the protocol's own words.
        if [ast.unparse(one) for one in node.body] == ["..."] and node.decorator_list:
            continue
        if not ast.get_docstring(node):
            yield node.name, node.lineno
        if isinstance(node, ast.ClassDef):
            yield from silent_names(node.body)


def test_annotations_are_never_evaluated():
    """Python 3.10 runs the package: newer notation must stay notation."""
    evaluated = [
        name_of(path)
        for path in PYTHON
        if len(tree_of(path).body) > 1
        and "__future__.annotations" not in {name for name, _ in imports_of(path)}
        and path.name != "__init__.py"
    ]
    hold(evaluated)


def test_nothing_is_caught_blindly():
    """`except Exception` hides bugs; only the top of a thread may, to report them."""
    blind = []
    for path in PYTHON:
        if str(path.relative_to(PACKAGE)) in THREAD_TOPS:
            continue
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else "everything"
            if re.search(r"\b(Base)?Exception\b|everything", caught):
                blind.append(f"{name_of(path)}:{node.lineno}")
    hold(blind)


def test_tests_have_unlike_names_and_a_docstring():
    """A test states the behaviour that it holds."""
    silent = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, Functions)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    hold(silent)
