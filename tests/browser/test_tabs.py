"""Many tabs of one browser, which allows six connections to a host, over one server."""

from __future__ import annotations

import psutil
import pytest


def _connections(monitor):
    """Established connections to the server, idle ones included."""
    process = psutil.Process(monitor.process.pid)
    return [one for one in process.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]


class Tabs:
    """The tabs of one browser, each with what it asked for."""

    def __init__(self, monitor, first, asked):
        self.monitor = monitor
        self.pages = [first]
        self._context = first.context
        self._asked = {first: asked}

    def open(self):
        page = self._context.new_page()
        asked = self._asked[page] = []
        page.on("request", lambda one: asked.append(one.url))
        page.goto(self.monitor.url)
        self.pages.append(page)

    @property
    def leaders(self):
        """Those that asked for a stream."""
        stream = self.monitor.url + "api/stream"
        return [page for page in self.pages if stream in self._asked[page]]

    def all_show(self, losses, number):
        """Wait until the card of every tab holds the last value of a timestep's file."""
        text = repr(float(losses.last_line(number)))
        for page in self.pages:
            page.wait_for_function(
                "(text) => document.querySelector('.card .card-value')?.title === text", arg=text
            )


@pytest.fixture
def open_tabs(losses, serve, open_page):
    """Opens tabs of one browser over a server, and waits until all show the run."""

    def open_all(count):
        losses.run(3)
        monitor = serve(losses.folder).read(total_timesteps=3)
        asked = []
        first = open_page(
            monitor.url,
            lost_allowed=True,
            prepare=lambda page: page.on("request", lambda one: asked.append(one.url)),
        )
        tabs = Tabs(monitor, first, asked)
        tabs.all_show(losses, 3)
        for _ in range(count - 1):
            tabs.open()
        tabs.all_show(losses, 3)
        return tabs

    return open_all


def test_eight_tabs_are_live_by_one_stream(open_tabs, losses, figures, wait_until):
    """The seventh and eighth would hang if each had its own."""
    tabs = open_tabs(8)
    assert tabs.leaders == tabs.pages[:1]
    for value in (0.5, 0.4123456789):
        losses.append(3, value)
        tabs.all_show(losses, 3)
    for page in tabs.pages:
        figures.wait(page, "#connection", "Live")
    # Connections that nobody uses are closed by the server after some seconds.
    wait_until(lambda: len(_connections(tabs.monitor)) == 1)


def test_another_tab_takes_over_from_one_that_is_closed(open_tabs, losses, figures):
    """Exactly one of them, and all go on."""
    tabs = open_tabs(4)
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


def test_every_tab_tells_a_lost_server_and_its_return(open_tabs, losses, figures):
    """The state of the connection is the leader's."""
    tabs = open_tabs(3)
    tabs.monitor.stop()
    for page in tabs.pages:
        figures.wait(page, "#connection", "Reconnecting")
        figures.wait(page, "#notices", "No connection to the monitor")
    losses.write(4, [0.0421])
    tabs.monitor.start()
    tabs.all_show(losses, 4)
    for page in tabs.pages:
        figures.wait(page, "#connection", "Live")
