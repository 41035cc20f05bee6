"""The page below a path, as JupyterHub's proxy serves it, and nothing that leaves the host."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import urllib.error
import urllib.request

import pytest

PREFIX = "/user/me/proxy/5000"


class StrippingProxy(socketserver.ThreadingTCPServer):
    """Hands requests below a path on without the path, one a connection."""

    daemon_threads = True

    def __init__(self, target_port, *, tells_prefix=False):
        super().__init__(("127.0.0.1", 0), StrippedRequest)
        self.target_port = target_port
        self.tells_prefix = tells_prefix
        self.refused = []
        self.ends = []
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self):
        self.shutdown()
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.server_close()


class StrippedRequest(socketserver.StreamRequestHandler):
    """One request and its answer, as long as that lasts."""

    def handle(self):
        self.server.ends.append(self.connection)
        with contextlib.suppress(OSError):
            lines = list(iter(self.rfile.readline, b"\r\n"))
            if lines and lines[-1]:
                self._answer(lines[0].decode("latin-1"), lines[1:])

    def _answer(self, request, headers):
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


@pytest.fixture
def proxy(served):
    """Starts a proxy in front of the server."""
    with contextlib.ExitStack() as stack:

        def start(**options):
            made = StrippingProxy(served.port, **options)
            stack.callback(made.stop)
            return made

        yield start


@pytest.mark.parametrize("tells_prefix", [False, True])
def test_the_page_works_below_a_path(proxy, open_page, figures, tells_prefix):
    """Files, stream, requests, icon: everything is asked for relative to the page."""
    front = proxy(tells_prefix=tells_prefix)
    page = open_page(f"{front.origin}{PREFIX}/")
    figures.wait(page, "#connection", "Live")
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    page.get_by_role("radio", name="50", exact=True).click()
    page.locator("#panel-statistics th", has_text="Last 50").wait_for()
    page.reload()
    figures.wait(page, "#connection", "Live")
    assert front.refused == []


def test_the_page_works_without_its_final_slash_where_the_proxy_tells_the_path(
    proxy, open_page, figures
):
    """The server then makes its links whole."""
    front = proxy(tells_prefix=True)
    page = open_page(f"{front.origin}{PREFIX}")
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    figures.wait(page, "#connection", "Live")
    assert front.refused == []


def test_all_requests_of_the_page_stay_below_its_own_address(served, open_page, figures):
    """Named here as well: every test fails where a page leaves the host."""
    asked = []
    page = open_page(
        served.url, prepare=lambda page: page.on("request", lambda one: asked.append(one.url))
    )
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    page.get_by_role("button", name="Switch to light theme").click()
    page.get_by_role("radio", name="100", exact=True).click()
    assert asked
    assert [url for url in asked if not url.startswith((served.url, "data:", "blob:"))] == []


def test_a_foreign_page_cannot_frame_or_read_the_monitor(served):
    """The headers say so, of the page and of the interface."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(served.url, timeout=10) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    asked = urllib.request.Request(
        served.url + "api/status", headers={"Origin": "http://evil.example"}
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opener.open(asked, timeout=10)
