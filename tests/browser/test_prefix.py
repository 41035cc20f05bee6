"""The page below a path, as JupyterHub's proxy serves it, and nothing that leaves the host."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request

import pytest

from proxies import PREFIX, StrippingProxy
from waiting import DEADLINE_S


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
    with opener.open(served.url, timeout=DEADLINE_S) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    asked = urllib.request.Request(
        served.url + "api/status", headers={"Origin": "http://evil.example"}
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opener.open(asked, timeout=DEADLINE_S)
