"""What the browser tests share: a real server over a directory, a browser, a strict page.

A page fails its test if its console holds an error, if a script fails, if the policy of the
page is violated, or if anything is asked for from another host. Without Chromium the tests
are skipped, by name. A failed test leaves pictures in `test-results/`.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loss_monitor.cli.__main__ import main
from waiting import DEADLINE_S, wait_for

ROOT = Path(__file__).parents[2]
START = datetime(1979, 1, 1)
THEME = "dark"
LOST = re.compile(r"Failed to load resource: net::ERR_")
"""What the browser itself says where a server is down; only tests that stop one allow it."""


def chromium_path() -> str | None:
    """Return the browser to use, None where there is none."""
    names = (os.environ.get("LOSS_MONITOR_CHROMIUM"), "chromium", "chromium-browser")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none; try once more what fails with one.

    A browser, a server and a busy machine race with each other. What failed at first is told
    with its traceback, and is to be looked into: it may be the page that lost the race.
    """
    here = Path(__file__).parent
    missing = "no Chromium: set LOSS_MONITOR_CHROMIUM to its path" if not chromium_path() else ""
    for item in items:
        if here not in item.path.parents:
            continue
        if missing and "needs_no_browser" not in item.keywords:
            item.add_marker(pytest.mark.skip(reason=missing))
        item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Keep what the page looked like where a test failed."""
    report = yield
    if report.when == "call" and report.failed:
        for number, watched in enumerate(getattr(item, "funcargs", {}).get("pages", ())):
            name = re.sub(r"[^\w.-]+", "_", item.name)
            with contextlib.suppress(Exception):
                watched.page.screenshot(path=ROOT / "test-results" / f"{name}-{number}.png")
    return report


class Losses:
    """A directory as the training writes it: a file per timestep, a loss per line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def label(self, number: int) -> str:
        """The model time of a timestep, counted from 1."""
        return str(START + timedelta(minutes=15 * number))

    def path(self, number: int) -> Path:
        return self.folder / f"log_{self.label(number)}.txt"

    def write(self, number: int, values: Iterable[float | str], age_s: float | None = None) -> None:
        """Write a timestep's file whole; `age_s` makes it look as old as that."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(number)
        path.write_text("".join(f"{value}\n" for value in values))
        if age_s is not None:
            moment = time.time() - age_s
            os.utime(path, (moment, moment))

    def append(self, number: int, *values: float | str) -> None:
        with self.path(number).open("a") as file:
            file.write("".join(f"{value}\n" for value in values))

    def last_line(self, number: int) -> str:
        return self.path(number).read_text().splitlines()[-1]

    def run(self, timesteps: int = 40, batches: int = 12, first: int = 1) -> Losses:
        """Write a run whose losses fall, every value another one."""
        for number in range(first, first + timesteps):
            self.write(number, self.values(number, batches))
        return self

    @staticmethod
    def values(number: int, batches: int = 12) -> list[float]:
        """Losses of a timestep, made of the golden ratio's remainders: noise without chance."""
        noise = [(number * 12 + batch) * 0.6180339887498949 % 1.0 for batch in range(batches)]
        return [(0.05 + 1.5 / (number + 1)) * (0.6 + 0.8 * one) for one in noise]


class Monitor:
    """A real server process over a directory or job logs.

    Forked from one that has the package loaded already: loading it dozens of times would
    take longer than all the tests. `as_command` starts it as a user does.
    """

    forks = multiprocessing.get_context("forkserver")

    def __init__(self, state: Path, *words: str | Path, as_command: bool = False) -> None:
        self.state = state
        self.words = ["serve", *(str(word) for word in words)]
        self.as_command = as_command
        self.process: Any = None
        self.port = 0

    def start(self) -> Monitor:
        """Start, at the port of the last time if there was one, and wait until it listens."""
        self.state.mkdir(parents=True, exist_ok=True)
        port_file = self.state / "port"
        port_file.unlink(missing_ok=True)
        log = self.state / "server.log"
        words = [*self.words, "--port", str(self.port), "--port-file", str(port_file)]
        if self.as_command:
            command = [sys.executable, "-m", "loss_monitor", *words]
            with log.open("ab") as output:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
                )
        else:
            words += ["--log-file", str(log)]
            self.process = self.forks.Process(target=main, args=(words,), daemon=True)
            self.process.start()
        wait_for(lambda: port_file.exists() or not self._runs())
        assert self._runs(), log.read_text()
        self.port = int(port_file.read_text())
        return self

    def _runs(self) -> bool:
        return self.process.poll() is None if self.as_command else self.process.is_alive()

    def stop(self) -> None:
        """End the process as a user would."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            wait_for(lambda: not self._runs())
        finally:
            if self._runs():
                self.process.kill()
            self.process.wait() if self.as_command else self.process.join()
            self.process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, path: str) -> Any:
        """Return an answer of the interface."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=DEADLINE_S) as answer:
            return json.load(answer)

    def read(self, **figures: int) -> Monitor:
        """Wait until everything was read, and until the status holds `figures`."""

        def there() -> bool:
            try:
                status = self.ask("api/status")
            except urllib.error.HTTPError as error:
                if error.code != 503:  # Still starting.
                    raise
                return False
            return status["loading"] is None and figures.items() <= status.items()

        wait_for(there)
        return self


class WatchedPage:
    """A page and everything it must not do."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.allowed: list[re.Pattern[str]] = []
        self.faults: list[str] = []
        page.set_default_timeout(1000 * DEADLINE_S)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error("
            "'policy violated:', event.violatedDirective, event.blockedURI, event.sourceFile))"
        )
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._asked)

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error":
            self.faults.append(f"console: {text}")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Any) -> None:
        place = urllib.parse.urlsplit(request.url)
        own = urllib.parse.urlsplit(self.url)
        if place.scheme in ("http", "https", "ws", "wss") and place.netloc != own.netloc:
            self.faults.append(f"left the host: {request.url}")

    @property
    def unexpected(self) -> list[str]:
        """Faults that the test did not allow."""
        return [
            fault for fault in self.faults if not any(rule.search(fault) for rule in self.allowed)
        ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The browser.

    One a module, not one a session: while it lives this thread has a running event loop, in
    which other modules' `asyncio.run` would fail.
    """
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    # A foreign name for this machine, as a name service in bad hands would give it.
    arguments.append("--host-resolver-rules=MAP evil.example 127.0.0.1")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def pages() -> Iterator[list[WatchedPage]]:
    """The pages of a test; it fails if one of them did what a page must not do."""
    opened: list[WatchedPage] = []
    yield opened
    faults = [fault for watched in opened for fault in watched.unexpected]
    for watched in opened:
        watched.page.context.close()
    assert faults == []


@pytest.fixture
def open_page(browser: Any, pages: list[WatchedPage]) -> Callable[..., Any]:
    """Open a page of a server; returns Playwright's page."""

    def open_one(
        url: str,
        size: tuple[int, int] = (1440, 900),
        theme: str = THEME,
        prepare: Any = None,
        *,
        lost_allowed: bool = False,
        **options: Any,
    ) -> Any:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            **options,
        )
        page = context.new_page()
        watched = WatchedPage(page, url)
        watched.allowed = [LOST] if lost_allowed else []
        pages.append(watched)
        if prepare:
            prepare(page)
        page.goto(url)
        return page

    return open_one


@pytest.fixture(scope="session")
def losses_in() -> type[Losses]:
    """Makes a directory of losses."""
    return Losses


@pytest.fixture
def losses(tmp_path: Path) -> Losses:
    """A directory of losses, not made yet."""
    return Losses(tmp_path / "data")


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Servers keep their state in a place of these tests, and have no settings of the user."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if "LOSS_MONITOR" in name]:
            if name != "LOSS_MONITOR_CHROMIUM":
                patch.delenv(name)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        Monitor.forks.set_forkserver_preload(
            ["loss_monitor.cli.serve", "loss_monitor.web.server", "loss_monitor.web.uvicorn_server"]
        )
        yield


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Monitor]]:
    """Start a server for one test."""
    with contextlib.ExitStack() as stack:

        def start(*words: str | Path, as_command: bool = False) -> Monitor:
            monitor = Monitor(tmp_path / "state", *words, as_command=as_command)
            stack.callback(monitor.stop)
            return monitor.start()

        yield start


@pytest.fixture(scope="session")
def served(_own_state: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """A server over a run that nobody changes: 130 timesteps of 12 batches, all finite."""
    folder = tmp_path_factory.mktemp("served")
    Losses(folder / "data").run(130)
    monitor = Monitor(folder / "state", folder / "data").start()
    yield monitor.read(total_timesteps=130)
    monitor.stop()


@pytest.fixture(scope="session")
def monitor_over() -> Callable[..., Monitor]:
    """Start a server that several tests share; whoever asks for it stops it."""
    return lambda state, *words: Monitor(state, *words).start()


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Polls until something holds, or fails."""
    return wait_for


class Figures:
    """What stands on the page."""

    CARD = "article.card:has(h2:text('{}'))"

    @classmethod
    def card(cls, page: Any, title: str) -> Any:
        return page.locator(cls.CARD.format(title))

    @classmethod
    def value(cls, page: Any, title: str) -> str:
        return cls.card(page, title).locator(".card-value").inner_text()

    @staticmethod
    def number(text: str) -> float:
        """Read a number as the page writes it; a dash is not one."""
        superscripts = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
        plain = text.strip().replace("\u2212", "-").replace("\u202f", "").replace(",", "")
        return float(plain.translate(superscripts).replace("×10", "e").rstrip("%"))

    @staticmethod
    def wait(page: Any, selector: str, text: str) -> None:
        """Wait until an element holds a text."""
        page.locator(selector).filter(has_text=text).first.wait_for()


@pytest.fixture(scope="session")
def figures() -> type[Figures]:
    """Reads what stands on the page."""
    return Figures
