"""The page's modules as one script: what is in it, and what comes later."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from loss_monitor.web.static_files import STATIC_DIR, StaticFiles
from static_answers import get

NODE = shutil.which("node")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a page."""
    root = tmp_path / "static"
    (root / "js").mkdir(parents=True)
    return root


@pytest.fixture
def page(root: Path) -> StaticFiles:
    """A page of five modules, one of which comes later."""
    (root / "index.html").write_text('<script type="module" src="js/main.js"></script>')
    (root / "js" / "main.js").write_text(
        'import { a } from "./a.js";\nimport {\n  b as bee,\n} from "./deep/b.js";\n'
        "// What it does.\nconsole.log(a, bee);\n"
        'import("./later.js");\n'
    )
    (root / "js" / "a.js").write_text('import "./deep/b.js";\nexport const a = 1;\n')
    (root / "js" / "deep").mkdir()
    (root / "js" / "deep" / "b.js").write_text(
        'import * as c from "../c.js";\nexport const b = c.made();\n'
        'export const later = () => import("../later.js");\n'
    )
    (root / "js" / "c.js").write_text("let n = 0;\nexport function made() {\n  return ++n;\n}\n")
    (root / "js" / "later.js").write_text(
        'import {\n  made,\n} from "./c.js";\nconsole.log(made());\n'
    )
    return StaticFiles(root)


def test_modules_are_sent_with_the_one_that_imports_them(root: Path, page: StaticFiles) -> None:
    """Each once, in the order in which they run, and not the one that comes later."""
    body = bytes(get(page, "js/main.js").body)
    order = [b"return ++n;", b"const b = ", b"const a = ", b"console.log(a, bee)"]
    places = [body.index(one) for one in order]
    assert places == sorted(places)
    assert b"What it does" not in body
    assert b"const { made }" not in body
    assert get(page, "index.html").body == (root / "index.html").read_bytes()
    first = get(page, "js/main.js")
    (root / "js" / "c.js").write_text("export const made = () => 3;\n")
    second = get(page, "js/main.js", if_none_match=first.headers["etag"])
    assert b"() => 3" in second.body, "no restart is needed"


def test_a_circle_of_modules_is_told(
    root: Path, page: StaticFiles, caplog: pytest.LogCaptureFixture
) -> None:
    """They could not run in any order; the page's own have none."""
    (root / "js" / "c.js").write_text('import { a } from "./a.js";\n')
    assert get(page, "js/main.js").status_code == 404
    assert "js/a.js -> js/deep/b.js -> js/c.js -> js/a.js" in caplog.text


@pytest.mark.skipif(NODE is None, reason="no Node")
def test_what_comes_later_shares_what_has_come(tmp_path: Path, page: StaticFiles) -> None:
    """A module's state is there once, whoever asks for it, by whatever path."""
    assert NODE is not None
    for name in ("main", "later", "c", "a", "deep/b"):
        sent = tmp_path / "sent" / "js" / f"{name}.js"
        sent.parent.mkdir(parents=True, exist_ok=True)
        sent.write_bytes(bytes(get(page, f"js/{name}.js").body))
    (tmp_path / "sent" / "package.json").write_text('{"type": "module"}')
    test = tmp_path / "sent" / "js" / "test.js"
    test.write_text(
        'await import("./main.js");\nconst { later } = await import("./deep/b.js");\n'
        'await later();\nconsole.log((await import("./c.js")).made());\n'
    )
    told = subprocess.run([NODE, str(test)], capture_output=True, text=True, check=False)
    assert told.stderr == ""
    # The later module is imported twice and runs once, as modules do.
    assert told.stdout.split() == ["1", "1", "2", "3"]


@pytest.mark.skipif(NODE is None, reason="no Node")
def test_a_fault_is_told_with_the_line_of_the_file(
    tmp_path: Path, root: Path, page: StaticFiles
) -> None:
    """By the map that goes with the script."""
    assert NODE is not None
    (root / "js" / "a.js").write_text(
        '// Why.\n\nimport {\n  b,\n} from "./deep/b.js";\nexport const a = b.no.more;\n'
    )
    (tmp_path / "main.mjs").write_bytes(bytes(get(page, "js/main.js").body))
    mapped = get(page, "js/main.js.map")
    assert mapped.headers["content-type"] == "application/json"
    (tmp_path / "main.js.map").write_bytes(bytes(mapped.body))
    told = subprocess.run(
        [NODE, "--enable-source-maps", str(tmp_path / "main.mjs")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"{tmp_path}/a.js:6" in told.stderr


def test_the_first_load_is_one_script() -> None:
    """And the views, which come later, are not in it."""
    body = bytes(get(StaticFiles(), "js/main.js").body).decode()
    packed = re.findall(r"^const (\$js\S+) = ", body, re.MULTILINE)
    assert len(packed) > 50
    assert not [name for name in packed if "$views$" in name or "$online" in name]


def test_only_the_entry_asks_where_it_is_and_later_modules_are_named() -> None:
    """In a pack, all modules are where the entry is."""
    folder = STATIC_DIR / "js"
    for script in folder.rglob("*.js"):
        text = script.read_text()
        if script != folder / "main.js":
            assert "import.meta" not in text, script
        if script.parent != folder:
            calls = re.findall(r"(?<![{<] )(?<!typeof )\bimport\((?!\")", text)
            assert not calls, f"{script}: import() of something else than a literal path"
