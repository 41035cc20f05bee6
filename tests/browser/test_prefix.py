"""The page below a path, as JupyterHub's proxy serves it, and nothing that leaves the host."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import urllib.error
import urllib.request

import pytest

PREFIX = "/user/me/proxy/5000"


class StrippingProxy:
    """Hands requests below a path on without the path, one connection each."""

    def __init__(self, target_port, *, tells_prefix=False):
        self.target_port = target_port
        self.tells_prefix = tells_prefix
        self.refused = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def stop(self):
        async def end():
            self._server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # Closed transports say goodbye in the next round.

        self._call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, reader, writer):
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # One of the two has gone, or the test is over.
        finally:
            writer.transport.abort()

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *headers = head.rstrip("\r\n").split("\r\n")
        method, path, _ = request.split(" ")
        if not (path == PREFIX or path.startswith((PREFIX + "/", PREFIX + "?"))):
            self.refused.append(path)
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        else:
            rest = path.removeprefix(PREFIX)
            rest = rest if rest.startswith("/") else "/" + rest
            kept = [line for line in headers if not line.lower().startswith("connection:")]
            if self.tells_prefix:
                kept.append(f"X-Forwarded-Prefix: {PREFIX}")
            sent = "\r\n".join([f"{method} {rest} HTTP/1.1", *kept, "Connection: close"])
            await self._hand_on(f"{sent}\r\n\r\n".encode("latin-1"), writer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def _hand_on(self, request, writer):
        reader, target = await asyncio.open_connection("127.0.0.1", self.target_port)
        try:
            target.write(request)
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            target.transport.abort()


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
