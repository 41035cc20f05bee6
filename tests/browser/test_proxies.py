"""The page through whatever stands in front of it: the same tests by every way.

Real nginx, as it comes and holding events back; a real Jupyter server; a path that is stripped.
"""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from behind_jupyter import BASE, KEY, jupyter_server
from overview_page import drag, hash_holds, shown
from proxies import PREFIX, Front, StrippingProxy, nginx, nginx_path
from tagged_runs import TaggedRuns

TIMESTEPS = 130
HOLD_BACK = "proxy_ignore_headers X-Accel-Buffering;"


@contextlib.contextmanager
def _stripped(port: int, *, tells_prefix: bool) -> Iterator[Front]:
    proxy = StrippingProxy(port, tells_prefix=tells_prefix)
    try:
        yield Front(f"{proxy.origin}{PREFIX}/")
        assert proxy.refused == []
    finally:
        proxy.stop()


class Ways:
    """Opens ways to servers, each once, and closes them all."""

    def __init__(self, new_folder: Callable[[str], Path]) -> None:
        self._new_folder = new_folder
        self._stack = contextlib.ExitStack()
        self._fronts: dict[tuple[str, int], Front] = {}
        self._jupyter_port = 0

    def open(self, way: str, port: int) -> Front:
        """Return the front of a way to a port."""
        known = self._fronts.get((way, port))
        if known is None:
            made = self._make(way, port)
            known = self._stack.enter_context(made)
            self._fronts[way, port] = known
        return known

    def close(self) -> None:
        self._stack.close()

    def _make(self, way: str, port: int) -> AbstractContextManager[Front]:
        if way == "direct":
            return contextlib.nullcontext(Front(f"http://127.0.0.1:{port}/"))
        if way == "path":
            return _stripped(port, tells_prefix=True)
        if way == "jupyter":
            return contextlib.nullcontext(self._through_jupyter(port))
        return self._through_nginx(port, holds_back=way == "nginx that holds back")

    @contextlib.contextmanager
    def _through_nginx(self, port: int, *, holds_back: bool) -> Iterator[Front]:
        folder = self._new_folder("nginx") / "nginx"
        with nginx(folder, port, HOLD_BACK if holds_back else "") as url:
            yield Front(url, holds_back=holds_back)

    def _through_jupyter(self, port: int) -> Front:
        if not self._jupyter_port:
            folder = self._new_folder("jupyter")
            server = jupyter_server(folder, folder)
            self._jupyter_port = self._stack.enter_context(server)
        url = f"http://127.0.0.1:{self._jupyter_port}{BASE}proxy/{port}/"
        return Front(url, query=f"?token={KEY}")


def _way(name: str, missing: str = "") -> object:
    return pytest.param(name, marks=pytest.mark.skip(reason=missing) if missing else ())


NO_NGINX = "" if nginx_path() else "no nginx: Debian's package nginx-light has it"
NO_JUPYTER = "" if importlib.util.find_spec("jupyter_server_proxy") else "no jupyter-server-proxy"
WAYS = [
    _way("direct"),
    _way("path"),
    _way("nginx", NO_NGINX),
    _way("nginx that holds back", NO_NGINX),
    _way("jupyter", NO_JUPYTER),
]


@pytest.fixture(scope="module")
def ways(tmp_path_factory):
    """Opens ways, which stay open for all tests: a Jupyter server takes its time to start."""
    opened = Ways(tmp_path_factory.mktemp)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory, _own_state, monitor_over, losses_in):
    """A server over two directories; polled every second where it has to be."""
    folder = tmp_path_factory.mktemp("proxied")
    losses_in(folder / "first").run(TIMESTEPS)
    losses_in(folder / "second").run(9)
    runs = TaggedRuns(folder / "first").scalars("a", "Loss/batch", [1.0, 0.5, 0.25])
    for step in range(5):
        runs.histogram("a", "Parameters/w", [step + n / 10 for n in range(40)], step)
    config = folder / "config.py"
    config.write_text("DASHBOARD_REFRESH_RATE = 1\n")
    places = (folder / "first", folder / "second")
    monitor = monitor_over(folder / "state", *places, "--config", config)
    yield monitor.read(total_timesteps=TIMESTEPS), losses_in(folder / "first")
    monitor.stop()


@pytest.fixture(params=WAYS)
def way(request):
    """The way to the server."""
    return request.param


@pytest.fixture
def front(way, ways, two):
    """Where the page of the two runs is found."""
    return ways.open(way, two[0].port)


@pytest.fixture
def visit(open_page):
    """Opens a page through a front."""

    def open_one(front, state="", **options):
        return open_page(f"{front.url}{front.query}{state}", **options)

    return open_one


def _current_is(page, value):
    text = repr(float(value))
    page.wait_for_function(
        "(text) => document.querySelector('.card .card-value')?.title === text", arg=text
    )


def test_new_values_reach_the_page(front, two, visit, figures):
    """Its pill tells by which way; everything it is made of was found."""
    missing = []
    _, losses = two

    def listen(page):
        page.on("response", lambda one: one.status >= 400 and missing.append(one.url))

    page = visit(front, prepare=listen)
    pill = page.locator("#connection", has_text="Polling" if front.holds_back else "Live")
    pill.wait_for()
    _current_is(page, losses.last_line(TIMESTEPS))
    value = float(losses.last_line(TIMESTEPS)) / 2
    losses.append(TIMESTEPS, value)
    _current_is(page, value)
    figures.wait(page, "#panel-history .panel-header", f"timestep {TIMESTEPS}")
    notice = page.locator("#notices .notice", has_text="Live updates do not get through")
    assert notice.count() == front.holds_back
    icon = page.evaluate("fetch(document.querySelector('#icon').href).then(({ok}) => ok)")
    assert icon
    assert missing == []


def test_each_view_is_reached_by_its_link(front, visit):
    """And again after a reload; all it asks for comes through."""
    page = visit(front, "#view=scalars")
    for name in ("Scalars", "Histograms"):
        page.get_by_role("link", name=name).click()
        page.locator(f"#view-{name.lower()} .tag-panel .u-over").first.wait_for()
    page.get_by_role("link", name="Compare").click()
    hash_holds(page, "view=compare")
    page.locator("#view-compare .u-over").first.wait_for()
    page.reload()
    page.locator("#view-compare .u-over").first.wait_for()
    assert page.url.startswith(front.url)


def test_a_zoom_is_asked_for_and_stays_in_the_address(front, visit, figures):
    """The range of it is the server's, and a reload shows the same."""
    page = visit(front)
    figures.wait(page, "#panel-history .panel-header", f"timestep {TIMESTEPS}")
    with page.expect_response(re.compile("api/loss/")) as asked:
        page.evaluate("() => void (location.hash = 'axis=batch&zoom=20,40')")
    assert asked.value.ok
    shown(page, "#panel-history", "from batch")
    drag(page, 0.25, 0.5)
    page.wait_for_function("() => !location.hash.includes('zoom=20,40')")
    state = page.evaluate("location.hash")
    page.reload()
    page.get_by_role("button", name="Reset zoom").wait_for()
    assert page.evaluate("location.hash") == state


def test_the_whole_run_is_downloaded(front, two, visit, figures, wait_until):
    """As a table and as a report, by the server's file names."""
    page = visit(front)
    figures.wait(page, "#panel-history .panel-header", f"timestep {TIMESTEPS}")
    for entry, name in (
        ("Timesteps (CSV)", "first-timesteps.csv"),
        ("Report of the run (HTML)", "first-report.html"),
    ):
        page.keyboard.press("e")
        with page.expect_download() as saved:
            page.get_by_role("menuitem", name=entry).click()
        wait_until(saved.value.path().exists)
        assert saved.value.suggested_filename == name
        content = saved.value.path().read_bytes()
        if name.endswith(".csv"):
            assert len(list(csv.DictReader(io.StringIO(content.decode())))) == TIMESTEPS
        else:
            assert content.rstrip().endswith(b"</html>")


def test_another_run_is_chosen(front, visit, figures):
    """By the list in the header; the address keeps it."""
    page = visit(front)
    figures.wait(page, "#panel-history .panel-header", f"timestep {TIMESTEPS}")
    choice = page.get_by_role("combobox", name="Run shown")
    value = choice.locator("option").filter(has_text="second").get_attribute("value")
    with page.expect_navigation():
        choice.select_option(value)
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    assert page.url == f"{front.url}#run=source-2"


def test_the_page_opens_without_its_final_slash(front, way, visit, figures):
    """Where a path is given it is part of every link."""
    if way == "direct":
        pytest.skip("an address without a path has a slash by itself")
    bare = Front(front.url.rstrip("/"), front.query)
    page = visit(bare, "#scale=log")
    figures.wait(page, "#panel-history .panel-header", f"timestep {TIMESTEPS}")
    hash_holds(page, "scale=log")


def test_the_page_comes_back_after_a_restart(way, ways, losses, serve, visit, figures, pages):
    """Meanwhile it says that it is disconnected, and keeps what it had."""
    losses.run(6)
    monitor = serve(losses.folder).read(total_timesteps=6)
    front = ways.open(way, monitor.port)
    page = visit(front, lost_allowed=True)
    pages[0].allowed.append(re.compile(r"status of 5\d\d"))
    status = "Polling" if front.holds_back else "Live"
    figures.wait(page, "#connection", status)
    _current_is(page, losses.last_line(6))
    monitor.stop()
    figures.wait(page, "#connection", "Reconnecting")
    figures.wait(page, "#notices", "No connection to the monitor")
    _current_is(page, losses.last_line(6))
    losses.write(7, [0.0421])
    monitor.start()
    _current_is(page, 0.0421)
    figures.wait(page, "#connection", status)


@pytest.mark.skipif(os.geteuid() != 0, reason="running nginx as another user takes root")
@pytest.mark.skipif(bool(NO_NGINX), reason=NO_NGINX)
def test_nginx_of_another_user_needs_the_token_once(two, visit, figures, tmp_path, pages):
    """The token in an address below nginx's path sets a cookie of that path."""
    monitor, _ = two

    def allow(_page):
        # The refusal, and the icon that the browser asks nginx for beside it.
        pages[0].allowed.append(re.compile("status of 40[134]"))

    with nginx(tmp_path / "nginx", monitor.port, user="nobody nogroup") as url:
        refused = visit(Front(url), prepare=allow)
        assert "no access without the token" in refused.content()
        token = (Path(os.environ["XDG_STATE_HOME"]) / "loss-monitor" / "token").read_text().strip()
        page = visit(Front(url, query=f"?token={token}"))
        figures.wait(page, "#connection", "Live")
        assert page.url == url
        (cookie,) = page.context.cookies()
        assert cookie["path"] == "/node7/loss"
