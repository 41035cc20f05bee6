"""The report in a browser: it needs no network and no script, and everybody can read it."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1440, 1024, 390, 320)


def document_of(served):
    """Return the report of the run that the tests share."""
    with urllib.request.urlopen(served.url + "api/report.html", timeout=30) as answer:
        return answer.read().decode()


@pytest.fixture
def report(served, browser, tmp_path):
    """The report, opened as a file with the network off."""
    path = tmp_path / "report.html"
    path.write_text(document_of(served), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: told.append(request.url))
    page.goto(path.as_uri())
    assert told == [path.as_uri()]
    yield page
    context.close()


def test_it_opens_with_the_network_off(report):
    """Nothing is asked for, nothing is complained about; charts and tables are there."""
    assert report.locator("figure svg").count() >= 4
    assert "130 timesteps" in report.locator(".lead").inner_text()
    assert report.locator("h2", has_text="Provenance").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_width_scrolls_sideways(report, width):
    """Down to 320 pixels; wide charts and tables scroll by themselves."""
    report.set_viewport_size({"width": width, "height": 800})
    assert report.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: npm ci --ignore-scripts")
def test_axe_finds_nothing(served, browser):
    """On a screen and on a phone; the document's policy lets nothing but itself run."""
    for width in (1440, 390):
        context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
        page = context.new_page()
        page.set_content(document_of(served))
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            "async () => (await axe.run(document)).violations.map((one) => one.id + "
            "one.nodes.map((node) => node.failureSummary).join())"
        )
        assert found == []
        context.close()
