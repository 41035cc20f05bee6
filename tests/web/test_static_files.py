"""The page's own files: what is served, how, and what is never found."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from loss_monitor.web.page_text import script_text
from loss_monitor.web.static_files import STATIC_DIR, StaticFiles
from static_answers import get

SCRIPT = b"export const answer = 42;\n" * 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small page, and a secret beside it."""
    root = tmp_path / "static"
    (root / "js").mkdir(parents=True)
    (root / "index.html").write_text(
        '<link href="css/a.css"><script src="./js/a.js"></script><a href="#x"></a>'
        '<a href="/root"></a><img src="data:,"><a href="https://example.org/"></a>'
    )
    (root / "js" / "a.js").write_bytes(SCRIPT)
    (root / "icon.png").write_bytes(b"\x89PNG")
    (root / ".hidden").write_text("hidden")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    return root


def test_text_is_compressed_and_says_what_it_is(root: Path) -> None:
    """A browser gets gzip and a script's own type; who does not take gzip gets it plain."""
    files = StaticFiles(root)
    packed = get(files, "js/a.js", accept_encoding="br, gzip;q=0.8")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(packed.body)) == SCRIPT
    assert packed.headers["content-type"] == "text/javascript"
    for plain in (get(files, "js/a.js"), get(files, "js/a.js", accept_encoding="gzip;q=0")):
        assert plain.body == SCRIPT
        assert "content-encoding" not in plain.headers


NODE = shutil.which("node")
TOKENS = Path(__file__).parents[1] / "page" / "tokens.js"
has_typescript = (TOKENS.parents[2] / "node_modules" / "typescript").exists()


def test_comments_stay_at_home_and_lines_keep_their_numbers(root: Path) -> None:
    """Those that have a line for themselves; types beside code go with it."""
    script = (
        "/**\n * What it is.\n */\nconst url = 'http://x';\n  // why\n"
        "/** @type {A} */ (url).go(); // there\nlet a = 1; /* no */\n/* one */\n"
    )
    (root / "js" / "a.js").write_text(script)
    (root / "css").mkdir()
    (root / "css" / "a.css").write_text("/* Why. */\na {\n  /* More. */\n  top: 0; /* b */\n}\n")
    files = StaticFiles(root)
    assert get(files, "js/a.js").body == (
        b"\n\n\nconst url = 'http://x';\n\n/** @type {A} */ (url).go(); // there\n"
        b"let a = 1; /* no */\n\n"
    )
    assert get(files, "css/a.css").body == b"\na {\ntop: 0; /* b */\n}\n"


def test_style_sheets_go_with_the_one_that_imports_them(root: Path) -> None:
    """In its order; editing one of them needs a reload, no restart."""
    (root / "css").mkdir()
    (root / "css" / "all.css").write_text('@import "one.css";\n@import "two.css";\nb {\n}\n')
    (root / "css" / "one.css").write_text("one {\n}\n")
    (root / "css" / "two.css").write_text("two {\n}\n")
    files = StaticFiles(root)
    first = get(files, "css/all.css")
    assert bytes(first.body).split() == b"one { } two { } b { }".split()
    (root / "css" / "two.css").write_text("another {\n}\n")
    second = get(files, "css/all.css", if_none_match=first.headers["etag"])
    assert second.status_code == 200
    assert b"another" in second.body
    (root / "css" / "two.css").unlink()
    assert get(files, "css/all.css").status_code == 404


def test_files_of_others_are_sent_as_they_are(root: Path) -> None:
    """With their licences."""
    (root / "vendor").mkdir()
    (root / "vendor" / "a.js").write_bytes(b"/*! (c) somebody */\nlet a;\n")
    assert get(StaticFiles(root), "vendor/a.js").body == b"/*! (c) somebody */\nlet a;\n"


@pytest.mark.skipif(NODE is None or not has_typescript, reason="no Node, or no npm ci")
def test_every_script_of_the_page_means_the_same_without_its_comments(tmp_path: Path) -> None:
    """No string or template literal holds a line that looks like one."""
    assert NODE is not None
    pairs = []
    for number, script in enumerate(sorted((STATIC_DIR / "js").rglob("*.js"))):
        sent = tmp_path / f"{number}.js"
        lines = script_text(script.read_text()).split("\n")
        sent.write_text("\n".join(line for line in lines if line))
        pairs += [str(script), str(sent)]
    assert len(pairs) > 100
    told = subprocess.run([NODE, TOKENS, *pairs], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_images_are_sent_as_they_are(root: Path) -> None:
    """Compressing a compressed file only costs."""
    image = get(StaticFiles(root), "icon.png", accept_encoding="gzip")
    assert image.body == b"\x89PNG"
    assert image.headers["content-type"] == "image/png"


def test_an_unchanged_file_is_not_sent_again(root: Path) -> None:
    """The ETag comes of the content; editing the file changes it without a restart."""
    files = StaticFiles(root)
    etag = get(files, "js/a.js").headers["etag"]
    assert get(files, "js/a.js", if_none_match=etag).status_code == 304
    (root / "js" / "a.js").write_bytes(b"export {};\n")
    changed = get(files, "js/a.js", if_none_match=etag)
    assert changed.status_code == 200
    assert changed.body == b"export {};\n"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt", "js/../../secret.txt", "js/../icon.png", "/etc/passwd", "//etc/passwd",
        ".hidden", "js", "js/", "", ".", "..", "a\0b", "js\\a.js", "out.txt", "nothing.js",
        "js/a.js/more", "x" * 5000,
    ],
)  # fmt: skip
def test_nothing_else_is_found(root: Path, path: str) -> None:
    """No way leads out of the folder, and a folder is no file."""
    assert get(StaticFiles(root), path).status_code == 404


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read files of mode 000")
def test_an_unreadable_file_is_not_found(root: Path) -> None:
    """It is the same as one that is not there."""
    (root / "js" / "a.js").chmod(0)
    assert get(StaticFiles(root), "js/a.js").status_code == 404


def test_behind_a_proxy_that_tells_its_prefix_links_hold_without_final_slash(root: Path) -> None:
    """Relative links become absolute below the prefix; others stay as they are."""
    page = get(StaticFiles(root), "index.html", x_forwarded_prefix="/user/me/proxy/5000")
    body = bytes(page.body).decode()
    assert 'href="/user/me/proxy/5000/css/a.css"' in body
    assert 'src="/user/me/proxy/5000/js/a.js"' in body
    assert 'href="#x"' in body
    assert 'href="/root"' in body
    assert 'src="data:,"' in body
    assert 'href="https://example.org/"' in body


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "https://evil.example", '/"><script>', "relative", "/a b"]
)
def test_a_prefix_that_is_no_path_is_passed_over(root: Path, prefix: str) -> None:
    """Nothing but a path of this host enters the page."""
    page = get(StaticFiles(root), "index.html", x_forwarded_prefix=prefix)
    assert page.body == (root / "index.html").read_bytes()
