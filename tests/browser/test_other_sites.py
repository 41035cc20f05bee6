"""What pages of other sites can do with the owner's browser: link to the page, no more.

The owner's browser connects as the owner, so only names and what the browser says of the
asking page tell these requests from his own.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator

import pytest

ATTACK = """<!doctype html><title>waiting</title><body><script>
const target = "%s";
const found = {};
const tries = {
  read: () => fetch(target + "api/status").then((answer) => answer.text()),
  blind: () => fetch(target + "api/loss/current", {mode: "no-cors"}).then((answer) => answer.type),
  script: () => loaded("script", "api/status"),
  image: () => loaded("img", "api/status"),
  style: () => loaded("link", "static/css/tokens.css"),
  module: () => import(target + "static/js/format.js").then(() => "module"),
  stream: () => new Promise((resolve, reject) => {
    const stream = new EventSource(target + "api/stream");
    stream.addEventListener("snapshot", () => resolve("stream"));
    stream.onerror = () => { stream.close(); reject(); };
  }),
};
function loaded(kind, path) {
  return new Promise((resolve, reject) => {
    const element = document.createElement(kind);
    element.onload = () => resolve(kind);
    element.onerror = reject;
    if (kind === "link") { element.rel = "stylesheet"; element.href = target + path; }
    else element.src = target + path;
    document.body.append(element);
  });
}
Promise.all(Object.entries(tries).map(([name, run]) =>
  run().then((got) => { found[name] = String(got); }, () => {})
)).then(() => { window.found = found; document.title = "done"; });
</script>"""


class _Site(http.server.BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site() -> Iterator[Callable[[str], str]]:
    """Serves a page of another site; returns its address under the name evil.example."""
    started: list[http.server.ThreadingHTTPServer] = []

    def start(body: str) -> str:
        handler = type("Site", (_Site,), {"body": body.encode()})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        started.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://evil.example:{server.server_address[1]}/"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def page(browser):
    """A page of the owner's browser, for which evil.example is this machine."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_rebound_name_is_refused(losses, serve, page):
    """Another site's name that points to this machine is still another site's name."""
    monitor = serve(losses.run().folder)
    for path in ("", "api/status", "api/stream"):
        answer = page.goto(f"http://evil.example:{monitor.port}/{path}")
        assert answer.status == 403
        assert "--allow-host evil.example" in answer.json()["error"]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_sites_page_gets_nothing(losses, serve, page, other_site, name):
    """Neither to read nor to load: no text, no script, no image, no style, no stream."""
    monitor = serve(losses.run().folder)
    page.goto(other_site(ATTACK % f"http://{name}:{monitor.port}/"))
    page.wait_for_function("document.title === 'done'")
    found = page.evaluate("window.found")
    # A blind request is refused by us; that it ended is all the other page learns.
    assert set(found) <= {"blind"}
    assert found.get("blind", "opaque") == "opaque"


def test_another_site_may_not_frame_the_page(losses, serve, page, other_site):
    """Nobody's click is led to where it was not meant."""
    monitor = serve(losses.run().folder)
    with page.expect_response(lambda answer: f":{monitor.port}/" in answer.url) as framed:
        page.goto(other_site(f'<iframe src="http://127.0.0.1:{monitor.port}/"></iframe>'))
    assert framed.value.status == 403


def test_another_site_may_link_to_the_page(losses, serve, page, other_site):
    """A wiki's link opens it, with everything in it."""
    monitor = serve(losses.run().folder)
    page.goto(other_site(f'<a href="http://127.0.0.1:{monitor.port}/">the run</a>'))
    page.click("a")
    page.wait_for_url(f"http://127.0.0.1:{monitor.port}/**")
    page.wait_for_selector("[data-figure], .card, main")
    assert "icon" in page.title().lower() or page.title()
