"""Files of the page, asked for without a server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from loss_monitor.web.static_files import StaticFiles


def get(files: StaticFiles, path: str, **headers: str) -> Response:
    """Return the answer to a request for `path`; underscores of headers are dashes."""
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "method": "GET", "path": f"/{path}", "headers": pairs}
    scope |= {"query_string": b"", "server": ("localhost", 1), "scheme": "http"}
    return files.answer(Request(scope), path)
