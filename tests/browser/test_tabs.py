"""Many tabs of one browser, which allows six connections to a host, over one server."""

from __future__ import annotations

import psutil
import pytest

TABS = 8


def _connections(monitor):
    """Established connections to the server, idle ones included."""
    process = psutil.Process(monitor.process.pid)
    return [one for one in process.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]


class Tabs:
    """The tabs of one browser, each with the streams that it asked for."""

    def __init__(self, first, url):
        self.context = first.context
        self.url = url
        self.pages = [first]
        self.streams = {first: []}

    def watch(self, page):
        self.streams[page] = []
        page.on("request", lambda one: self._asked(page, one.url))

    def _asked(self, page, url):
        if url.endswith("/api/stream"):
            self.streams[page].append(url)

    def open(self):
        page = self.context.new_page()
        self.watch(page)
        page.goto(self.url)
        self.pages.append(page)
        return page

    @property
    def leaders(self):
        return [page for page in self.pages if self.streams[page]]

    def all_show(self, losses, number):
        """Wait until the card of every tab holds the last value of a timestep's file."""
        text = repr(float(losses.last_line(number)))
        for page in self.pages:
            page.wait_for_function(
                "(text) => document.querySelector('.card .card-value')?.title === text", arg=text
            )


@pytest.fixture
def tabs(losses, serve, open_page):
    """Eight tabs of one browser over a server."""
    losses.run(3)
    monitor = serve(losses.folder).read(total_timesteps=3)
    asked = []
    first = open_page(
        monitor.url,
        lost_allowed=True,
        prepare=lambda page: page.on("request", lambda one: asked.append(one.url)),
    )
    opened = Tabs(first, monitor.url)
    opened.streams[first] = [url for url in asked if url.endswith("/api/stream")]
    for _ in range(TABS - 1):
        opened.open()
    opened.all_show(losses, 3)
    opened.monitor = monitor
    return opened


def test_eight_tabs_are_live_by_one_stream(tabs, losses, figures, wait_until):
    """The seventh and eighth would hang if each had its own."""
    assert tabs.leaders == tabs.pages[:1]
    for value in (0.5, 0.4123456789):
        losses.append(3, value)
        tabs.all_show(losses, 3)
    for page in tabs.pages:
        figures.wait(page, "#connection", "Live")
    # Connections that nobody uses are closed by the server after some seconds.
    wait_until(lambda: len(_connections(tabs.monitor)) == 1)


def test_another_tab_takes_over_from_one_that_is_closed(tabs, losses, figures):
    """Exactly one of them, and all go on."""
    tabs.pages.pop(0).close()
    losses.append(3, 0.25)
    tabs.all_show(losses, 3)
    assert len(tabs.leaders) == 1
    leader = tabs.leaders[0]
    leader.reload()
    losses.append(3, 0.125)
    tabs.all_show(losses, 3)
    losses.write(4, [0.0625])
    tabs.all_show(losses, 4)
    for page in tabs.pages:
        figures.wait(page, "#connection", "Live")


def test_every_tab_tells_a_lost_server_and_its_return(tabs, losses, figures):
    """The state of the connection is the leader's."""
    tabs.monitor.stop()
    for page in tabs.pages:
        figures.wait(page, "#connection", "Reconnecting")
        figures.wait(page, "#notices", "No connection to the monitor")
    losses.write(4, [0.0421])
    tabs.monitor.start()
    tabs.all_show(losses, 4)
    for page in tabs.pages:
        figures.wait(page, "#connection", "Live")
