"""The page's own files: bytes of the package's `static` folder in, responses out.

Text is compressed once, in memory, and kept until the file changes, so that editing a
file of the page needs a reload and no restart. Style sheets that a style sheet imports are sent
with it, and modules that the page's script imports with that script: a tunnel is slow by the
request. A file is named by its path below the folder; whatever else a path says is not found.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import mimetypes
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from loss_monitor.web.answers import REVALIDATE, is_known, unknown_route
from loss_monitor.web.module_pack import Pack, pack
from loss_monitor.web.page_text import script_text, style_text

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

_IMPORT = re.compile(rb'^@import "((?:\.\./vendor/)?[A-Za-z0-9_.]+\.css)";$', re.MULTILINE)
_MODULE = re.compile(rb'<script type="module" src="([^"]+)">')
_ETAG_DIGITS = 12
_LICENSED = "vendor"
"""Files of others are sent as they are, with their licences."""

_PREFIX = re.compile(r"/[A-Za-z0-9._~%@:+/-]*", re.ASCII)
_LINK = re.compile(rb"""(\s(?:href|src)=")(?![a-zA-Z][a-zA-Z0-9+.-]*:|/|#)(?:\./)?""")


Sources = tuple[tuple[Path, int, int], ...]
"""Files, each with its modification time in ns and its size in bytes."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is served."""

    sources: Sources
    """Of what it is made."""
    body: bytes
    compressed: bytes | None
    """None where compression does not pay (images)."""
    media_type: str
    etag: str


class StaticFiles:
    """All files below one folder, read when asked for and kept while unchanged."""

    def __init__(self, root: Path = STATIC_DIR) -> None:
        """Serve what lies below `root`."""
        self._root = root.resolve()
        self._kept: dict[str, StaticFile] = {}
        self._pack: tuple[Sources, Pack] | None = None

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
            kept = self._kept.get(path)
            if kept is None or not _are_still(kept.sources):
                kept = self._read(path)
            self._kept[path] = kept
        except OSError:
            return None
        except ValueError as error:
            _log.error("%s cannot be sent: %s", path, error)
            return None
        return kept

    def _read(self, path: str) -> StaticFile:
        """Return a file as it is on disk. Raises OSError, also where it is not of the page."""
        sources, found = self._found_pack()
        if found is not None and path == f"{found.entry}.map":
            return _made(path, sources, found.source_map(self._root))
        place = self._root.joinpath(path).resolve(strict=True)
        # A link that leads out of the folder is no file of the page.
        if self._root not in place.parents or not place.is_file():
            raise FileNotFoundError(path)
        body = place.read_bytes()
        is_ours = not path.startswith(f"{_LICENSED}/")
        if is_ours and place.suffix == ".css":
            sheets = [place.parent / name.decode() for name in _IMPORT.findall(body)]
            body = b"".join(sheet.read_bytes() for sheet in sheets) + _IMPORT.sub(b"", body)
            own = tuple(map(_source, [place, *sheets]))
            return _made(path, own, style_text(body.decode()).encode())
        if is_ours and place.suffix == ".js":
            script = script_text(body.decode())
            own = (_source(place), *sources)
            return _made(path, own, _packed(found, path, script) if found else script.encode())
        return _made(path, (_source(place),), body)

    def _found_pack(self) -> tuple[Sources, Pack | None]:
        """Return the pack of the script that the page names, and of what it is made."""
        if self._pack is not None and _are_still(self._pack[0]):
            return self._pack
        index = self._root / INDEX
        script = _MODULE.search(index.read_bytes())
        if script is None:
            return (), None
        found = pack(self._root, script[1].decode())
        places = [index, *(self._root / module for module in found.exports)]
        self._pack = tuple(map(_source, places)), found
        return self._pack


def _packed(found: Pack, module: str, script: str) -> bytes:
    """Return a script as it is sent where a pack has been found."""
    if module == found.entry:
        return found.body
    text = found.stands_for(module) if module in found.exports else found.linked(module, script)
    return text.encode()


def _made(path: str, sources: Sources, body: bytes) -> StaticFile:
    suffix = posixpath.splitext(path)[1]
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(path)[0]
    return StaticFile(
        sources=sources,
        body=body,
        compressed=gzip.compress(body, _LEVEL, mtime=0) if suffix in _TYPES else None,
        media_type=media_type or "application/octet-stream",
        etag=f'"{hashlib.sha256(body).hexdigest()[:_ETAG_DIGITS]}"',
    )


def _are_still(sources: Sources) -> bool:
    """Tell whether what is on disk is what was read. Raises OSError where it is gone."""
    return all(_source(place) == (place, *known) for place, *known in sources)


def _source(place: Path) -> tuple[Path, int, int]:
    status = place.stat()
    return place, status.st_mtime_ns, status.st_size


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
