"""The page's own files: bytes of the package's `static` folder in, responses out.

Text is compressed once, in memory, and kept until the file changes, so that editing a
file of the page needs a reload and no restart. Comments stay at home: they are a quarter of
what a first load would send. Their lines stay as empty ones, so that line numbers in a
browser's messages are those of the source. Style sheets that a style sheet imports are sent
with it, and the page names all modules that its script needs. A file is named by its path below
the folder; whatever else a path says is not found.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from loss_monitor.web.answers import REVALIDATE, is_known, unknown_route
from loss_monitor.web.module_graph import modules_of

STATIC_DIR = Path(__file__).parent / "static"
INDEX = "index.html"

# Named here since the machine's own table (/etc/mime.types) may lack or bend them, and
# a module script of a wrong type is not run.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    # Modules are UTF-8 whatever a header says; a hundred of them need not say it.
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_LEVEL = 9
"""Compression happens once a file: the smallest result is worth the milliseconds."""

_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/)[\s\S])*\*/|//[^\n]*)[ \t]*$", re.MULTILINE)
"""Comments that have their lines for themselves."""
_INDENTED = re.compile(rb"\n[ \t]+")
_SPACE = re.compile(rb"\n\s*")
"""Of style sheets: nobody is told a line of theirs."""
_IMPORT = re.compile(rb'^@import "((?:\.\./vendor/)?[A-Za-z0-9_.]+\.css)";$', re.MULTILINE)
_MODULE = re.compile(rb'<script type="module" src="([^"]+)">')
_ETAG_DIGITS = 12
_LICENSED = "vendor"
"""Files of others are sent as they are, with their licences."""

_PREFIX = re.compile(r"/[A-Za-z0-9._~%@:+/-]*", re.ASCII)
_LINK = re.compile(rb"""(\s(?:href|src)=")(?![a-zA-Z][a-zA-Z0-9+.-]*:|/|#)(?:\./)?""")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is served."""

    sources: tuple[tuple[Path, int, int], ...]
    """Of what it is made: each file with its modification time in ns and its size in bytes."""
    body: bytes
    compressed: bytes | None
    """None where compression does not pay (images)."""
    media_type: str
    etag: str

    def is_still(self) -> bool:
        """Tell whether what is on disk is what was read. Raises OSError where it is gone."""
        return all(_source(place) == (place, *known) for place, *known in self.sources)


class StaticFiles:
    """All files below one folder, read when asked for and kept while unchanged."""

    def __init__(self, root: Path = STATIC_DIR) -> None:
        """Serve what lies below `root`."""
        self._root = root.resolve()
        self._kept: dict[str, StaticFile] = {}

    def answer(self, request: Request, path: str) -> Response:
        """Return the file at `path` below the folder, or 404."""
        file = self._file(path)
        if file is None:
            return unknown_route(request)
        # No `Vary`: what is private is kept by one browser, which asks for one encoding.
        headers = {"etag": file.etag, "cache-control": REVALIDATE}
        if is_known(request.headers.get("if-none-match", ""), file.etag):
            return Response(status_code=304, headers=headers)
        headers["content-type"] = file.media_type
        prefix = _prefix_of(request) if path == INDEX else ""
        if prefix:
            # Opened without its final slash, the page's relative links would lead nowhere.
            body = _LINK.sub(rb"\g<1>" + prefix.encode(), file.body)
            return Response(body, headers={"cache-control": REVALIDATE}, media_type=file.media_type)
        if file.compressed is not None and _takes_gzip(request):
            headers["content-encoding"] = "gzip"
            return Response(file.compressed, headers=headers)
        return Response(file.body, headers=headers)

    def _file(self, path: str) -> StaticFile | None:
        parts = path.split("/")
        if any(part in {"", ".", ".."} or part.startswith(".") for part in parts):
            return None
        if "\\" in path or "\0" in path:
            return None
        try:
            # A link that leads out of the folder is no file of the page.
            place = self._root.joinpath(*parts).resolve(strict=True)
            if self._root not in place.parents or not place.is_file():
                return None
            kept = self._kept.get(path)
            if kept is None or not kept.is_still():
                kept = self._kept[path] = self._read(place, is_ours=parts[0] != _LICENSED)
        except (OSError, ValueError):
            return None
        return kept

    def _read(self, place: Path, is_ours: bool) -> StaticFile:
        body = place.read_bytes()
        others: list[Path] = []
        if is_ours and place.suffix == ".css":
            others = [place.parent / name.decode() for name in _IMPORT.findall(body)]
            body = b"".join(sheet.read_bytes() for sheet in others) + _IMPORT.sub(b"", body)
            body = _SPACE.sub(b"\n", without_comments(body.decode()).encode())
        elif is_ours and place.suffix == ".js":
            body = _INDENTED.sub(b"\n", without_comments(body.decode()).encode())
        elif script := _MODULE.search(body):
            modules = modules_of(self._root, script[1].decode())
            others = [self._root / module for module in modules]
            body = body.replace(script[0], _preloads(modules) + script[0])
        media_type = _TYPES.get(place.suffix) or mimetypes.guess_type(place.name)[0]
        is_text = place.suffix in _TYPES
        return StaticFile(
            sources=tuple(map(_source, [place, *others])),
            body=body,
            compressed=gzip.compress(body, _LEVEL, mtime=0) if is_text else None,
            media_type=media_type or "application/octet-stream",
            etag=f'"{hashlib.sha256(body).hexdigest()[:_ETAG_DIGITS]}"',
        )


def _source(place: Path) -> tuple[Path, int, int]:
    status = place.stat()
    return place, status.st_mtime_ns, status.st_size


def _preloads(modules: Sequence[str]) -> bytes:
    links = (f'<link rel="modulepreload" href="{module}">\n' for module in modules)
    return "".join(links).encode()


def without_comments(text: str) -> str:
    r"""Return a script or a style sheet with empty lines in place of whole-line comments.

    A template literal must not hold a line that looks like one; a test holds the page to it.

    >>> without_comments("/** What\n * it is. */\nlet a; // why\n  // how\nlet b;\n")
    '\n\nlet a; // why\n\nlet b;\n'
    """
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)


def _prefix_of(request: Request) -> str:
    """Return the path that a proxy serves us under, with a final slash; empty if unknown.

    Only links of our own page are made of it, so a client that invents one fools itself.
    """
    told = request.headers.get("x-forwarded-prefix") or request.headers.get("x-forwarded-context")
    if not told or not _PREFIX.fullmatch(told) or told.startswith("//"):
        return ""
    return told.rstrip("/") + "/"


def _takes_gzip(request: Request) -> bool:
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip().lower() == "gzip":
            return quality.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
