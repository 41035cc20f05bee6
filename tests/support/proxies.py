"""Proxies in front of a monitor: one that strips a path as JupyterHub's does, and real nginx."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from waiting import DEADLINE_S, wait_for

PREFIX = "/user/me/proxy/5000"


@dataclass(frozen=True)
class Front:
    """Where a browser finds a monitor."""

    url: str
    """Of the page, with its final slash."""
    query: str = ""
    """Lets a browser in at its first visit."""
    holds_back: bool = False
    """No event gets through before its stream ends."""


class StrippingProxy(socketserver.ThreadingTCPServer):
    """Hands requests below `PREFIX` on without it, one a connection."""

    daemon_threads = True

    def __init__(self, target_port: int, *, tells_prefix: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), StrippedRequest)
        self.target_port = target_port
        self.tells_prefix = tells_prefix
        self.refused: list[str] = []
        self.ends: list[socket.socket] = []
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.server_close()


class StrippedRequest(socketserver.StreamRequestHandler):
    """One request and its answer, as long as that lasts."""

    def handle(self) -> None:
        self.server.ends.append(self.connection)
        with contextlib.suppress(OSError):
            lines = list(iter(self.rfile.readline, b"\r\n"))
            if lines and lines[-1]:
                self._answer(lines[0].decode("latin-1"), lines[1:])

    def _answer(self, request: str, headers: list[bytes]) -> None:
        method, path, _ = request.split(" ")
        if not (path == PREFIX or path.startswith((PREFIX + "/", PREFIX + "?"))):
            self.server.refused.append(path)
            self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        rest = path.removeprefix(PREFIX)
        rest = rest if rest.startswith("/") else "/" + rest
        head = [line for line in headers if not line.lower().startswith(b"connection:")]
        if self.server.tells_prefix:
            head.append(f"X-Forwarded-Prefix: {PREFIX}\r\n".encode())
        sent = [f"{method} {rest} HTTP/1.1\r\n".encode("latin-1"), *head]
        with socket.create_connection(("127.0.0.1", self.server.target_port)) as target:
            self.server.ends.append(target)
            target.sendall(b"".join([*sent, b"Connection: close\r\n\r\n"]))
            while data := target.recv(65536):
                self.wfile.write(data)


NGINX_PREFIX = "/node7/loss/"
_SERVER = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location {prefix} {{
            proxy_pass http://127.0.0.1:{target_port}/;
            {rules}
        }}
    }}
}}
"""


def nginx_path() -> str | None:
    """Return nginx's program, None where there is none; Debian keeps it off users' paths."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextlib.contextmanager
def nginx(folder: Path, target_port: int, rules: str = "", user: str = "") -> Iterator[str]:
    """Start nginx as it comes, which buffers, in front of a port; yields the page's address.

    `rules` are directives of the location; root may choose the user and group that run it.
    """
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if os.geteuid() == 0:
        # What it runs as by default is a user of the package's.
        user = user or pwd.getpwuid(0).pw_name
    text = _SERVER.format(
        user=f"user {user};" if user else "",
        folder=folder,
        port=port,
        prefix=NGINX_PREFIX,
        target_port=target_port,
        rules=rules,
    )
    config = folder / "nginx.conf"
    config.write_text(text)
    log = folder / "nginx.log"
    program = nginx_path()
    assert program
    with log.open("wb") as output:
        words = [program, "-p", str(folder), "-c", str(config), "-e", "stderr"]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def listens() -> bool:
        assert process.poll() is None, log.read_text()
        with socket.socket() as visitor:
            return visitor.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_for(listens, "nginx listens")
        yield f"http://127.0.0.1:{port}{NGINX_PREFIX}"
    finally:
        process.terminate()
        process.wait(DEADLINE_S)
