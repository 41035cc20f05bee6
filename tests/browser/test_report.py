"""The report in a browser: it needs no network and no script, and everybody can read it."""

from __future__ import annotations

import itertools
import urllib.request
from pathlib import Path

import pytest

from loss_monitor.cli.__main__ import main
from waiting import DEADLINE_S

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1440, 1024, 390, 320)


def document_of(served):
    """Return the report of the run that the tests share."""
    with urllib.request.urlopen(served.url + "api/report.html", timeout=DEADLINE_S) as answer:
        return answer.read().decode()


@pytest.fixture
def open_document(browser, tmp_path):
    """Opens a document as a file, with the network off."""
    contexts = []

    def open_it(text, **options):
        path = tmp_path / "document.html"
        path.write_text(text, encoding="utf-8")
        contexts.append(browser.new_context(offline=True, **options))
        page = contexts[-1].new_page()
        told = []
        page.on("console", lambda message: told.append(message.text))
        page.on("request", lambda request: told.append(request.url))
        page.goto(path.as_uri())
        assert told == [path.as_uri()]
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def report(served, open_document):
    """The report of a run."""
    return open_document(document_of(served))


@pytest.fixture(scope="module")
def comparison(tmp_path_factory, losses_in):
    """A report of seven runs, as the command line writes it."""
    folder = tmp_path_factory.mktemp("comparison")
    places = []
    for number in range(7):
        made = losses_in(folder / f"run{number}")
        for timestep in range(1, 30 + number):
            values = [(1 + number / 10) * value for value in made.values(timestep)]
            made.write(timestep, values if timestep != 9 else [*values, "nan"])
        places.append(str(folder / f"run{number}"))
        (folder / f"run{number}" / "run.toml").write_text(f"[params]\nlr = {number}e-4\n")
    assert main(["report", *places, "-o", str(folder / "cmp.html")]) == 0
    return (folder / "cmp.html").read_text(encoding="utf-8")


def test_a_comparison_opens_with_network_and_scripts_off(comparison, open_document):
    """Charts, tables, and where each run comes from."""
    page = open_document(comparison, java_script_enabled=False)
    assert page.locator("figure svg").count() >= 2
    assert page.locator("figure svg path.line").count() >= 14
    assert page.locator("h3", has_text="Provenance").count() == 7
    assert page.locator("th", has_text="lr (differs)").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_width_scrolls_a_comparison_sideways(comparison, open_document, width):
    """Its wide tables scroll by themselves; on paper they fit."""
    page = open_document(comparison, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 690, "height": 975})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 690


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
def test_axe_finds_nothing(served, browser, comparison):
    """On a screen and on a phone; the document's policy lets nothing but itself run."""
    documents = (document_of(served), comparison)
    for width, text in itertools.product((1440, 390), documents):
        context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
        page = context.new_page()
        page.set_content(text)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            "async () => (await axe.run(document)).violations.map((one) => one.id + "
            "one.nodes.map((node) => node.failureSummary).join())"
        )
        assert found == []
        context.close()
