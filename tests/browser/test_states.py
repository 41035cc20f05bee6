"""The page's states: empty, loading, stale, disconnected, polling, refused."""

from __future__ import annotations

import os
import re

import pytest

LOADING = """
const Stream = EventSource;
globalThis.EventSource = class extends Stream {
  addEventListener(type, listener) {
    super.addEventListener(type, (event) => {
      const data = JSON.parse(event.data);
      const source = data.source ?? data.set?.source;
      if (source) Object.assign(source, {
        loading: {files_done: 812, files_total: 3400, bytes_done: 1.2e6, bytes_total: 4.8e6},
        state: "starting", state_text: "Reading files",
      });
      listener({data: JSON.stringify(data)});
    });
  }
};
"""
"""A stream that says that files are still being read, for as long as a test wants it."""
STATUSES = """
globalThis.statuses = [];
new MutationObserver(() => {
  const text = document.querySelector("#connection")?.textContent.trim();
  if (text && text !== statuses.at(-1)) statuses.push(text);
}).observe(document, {childList: true, characterData: true, subtree: true});
"""
"""What the pill of the connection said, one after the other."""


def test_a_missing_directory_is_named_with_what_is_expected_there(losses, serve, open_page):
    """And with the command that starts a demo; the first losses fill the page by themselves."""
    page = open_page(serve(losses.folder).read().url)
    empty = page.locator("#empty")
    empty.wait_for()
    words = empty.inner_text()
    assert str(losses.folder) in words
    assert "does not exist yet" in words
    for name in ("log_<model time>.txt", "summary_<model time>.txt", "events.out.tfevents"):
        assert name in words
    assert "start_monitor.sh --demo" in words
    assert page.locator("#charts").is_hidden()
    losses.write(1, [0.5, 0.25])
    page.locator(".card-value", has_text="0.2500").wait_for()
    empty.wait_for(state="hidden")
    page.locator("#panel-history .u-over").wait_for()


def test_an_empty_directory_is_told_from_a_missing_one(losses, serve, open_page):
    """It exists, and nothing was written there."""
    losses.folder.mkdir()
    page = open_page(serve(losses.folder).read().url)
    page.locator("#empty", has_text="Nothing with a loss has been written here yet").wait_for()


def test_a_job_log_without_losses_is_waited_for(tmp_path, serve, open_page):
    """The page names the log."""
    log = tmp_path / "LOG.exp.messe.run.17.o"
    log.write_text(" 0: nothing of interest\n")
    page = open_page(serve(log).read().url)
    page.locator("#empty", has_text=log.name).wait_for()


def test_while_files_are_read_progress_is_shown_and_charts_are_partial(served, open_page):
    """How many of how many files and bytes, in words and as a bar."""
    page = open_page(served.url, prepare=lambda page: page.add_init_script(LOADING))
    notice = page.locator("#notices .notice", has_text="812 of 3")
    notice.wait_for()
    assert "1.2\u202fMB of 4.8\u202fMB" in notice.inner_text()
    assert page.get_by_role("progressbar").evaluate("(bar) => bar.value") == 0.25
    for panel in ("history", "distribution", "band"):
        page.locator(f"#panel-{panel} .chart-partial").wait_for()
    page.locator("#training", has_text="Reading files").wait_for()


def test_a_run_that_fell_silent_is_stale_with_its_age(losses, serve, open_page):
    """Amber, by words and shape, while the connection is well."""
    for number in range(1, 31):
        losses.write(number, losses.values(number), age_s=900 + 10 * (30 - number))
    page = open_page(serve(losses.folder).read(total_timesteps=30).url)
    training = page.locator("#training")
    training.filter(has_text="No new data").filter(
        has_text=re.compile("for 1[5-9]\u202fmin")
    ).wait_for()
    assert "tone-warn" in training.get_attribute("class")
    page.locator("#connection", has_text="Live").wait_for()
    assert page.title().startswith("No new data")
    assert page.locator("#icon").get_attribute("href") == "icons/warning.svg"


@pytest.mark.parametrize(
    ("last_line", "state", "icon"),
    [
        ("[rank=0] PyTorch distributed destroyed", "Finished", "finished"),
        ("slurmstepd: error: *** STEP 17.0 CANCELLED AT x DUE TO TIME LIMIT", "Timed out", "error"),
    ],
)
def test_a_job_that_has_ended_says_how_and_is_not_stale(
    tmp_path, serve, open_page, last_line, state, icon
):
    """However long ago that was; in pill, title and icon."""
    log = tmp_path / "LOG.exp.messe.run.17.o"
    steps = "".join(f"[rank=0] step={step} loss={1 / step}\n" for step in range(1, 6))
    log.write_text(f"{steps}{last_line}\n")
    os.utime(log, (log.stat().st_mtime - 7200,) * 2)
    page = open_page(serve(log).read(total_timesteps=5).url)
    page.locator("#training", has_text=state).wait_for()
    assert page.title().startswith(state)
    assert page.locator("#icon").get_attribute("href") == f"icons/{icon}.svg"


def test_a_directory_that_cannot_be_read_is_told_with_its_reason(losses, serve, open_page):
    """A link to itself, here; a right that is missing, elsewhere."""
    losses.folder.symlink_to(losses.folder)
    page = open_page(serve("--data-dir", losses.folder).read().url)
    notice = page.locator("#notices .notice", has_text=f"{losses.folder} cannot be read")
    notice.filter(has_text="symbolic link").wait_for()


def test_a_server_that_never_answers_the_stream_is_polled(losses, serve, open_page, figures):
    """Where a proxy holds the stream back the page asks by itself, and says so."""
    losses.run(6)
    monitor = serve(losses.folder).read(total_timesteps=6)

    def prepare(page):
        page.route("**/api/stream", lambda route: None)
        page.add_init_script(STATUSES)

    page = open_page(monitor.url, prepare=prepare)
    figures.wait(page, "#connection", "Polling")
    assert page.evaluate("statuses[0]").startswith("Connecting")
    figures.wait(page, "#notices", "Live updates do not get through")
    figures.wait(page, figures.CARD.format("Total timesteps") + " .card-value", "6")
    page.locator("#panel-history .u-over").wait_for()
    assert page.get_by_label("X-axis of the time charts").input_value() == "model_time"
    losses.write(7, [0.125, 0.0625])
    figures.wait(page, figures.CARD.format("Current loss") + " .card-value", "0.06250")
    figures.wait(page, figures.CARD.format("Total timesteps") + " .card-value", "7")
    page.unroute("**/api/stream")
    # The page tries again within a minute, or when the browser finds a network.
    page.evaluate("() => dispatchEvent(new Event('online'))")
    figures.wait(page, "#connection", "Live")
    page.locator("#notices .notice").wait_for(state="detached")


@pytest.mark.parametrize(
    ("panel", "route", "ask"),
    [
        ("statistics", "statistics?last=50", "window=50"),
        ("history", "range?x=timestep*smoothing=0.5", "smoothing=0.5"),
        ("batches", "by_timestep/**", "timestep=3"),
    ],
)
def test_a_refused_request_is_told_in_its_panel_and_can_be_made_again(
    served, open_page, figures, pages, panel, route, ask
):
    """The last good data stay; the words are the server's."""

    def refuse(route):
        route.fulfill(status=500, content_type="application/json", body='{"error": "Out of luck"}')

    page = open_page(served.url)
    pages[0].allowed.append(re.compile("status of 500"))
    figures.wait(page, "#panel-history .panel-header", "timestep 130")
    page.route(f"**/api/loss/{route}", refuse)
    page.evaluate("(ask) => void (location.hash = ask)", ask)
    told = page.locator(f"#panel-{panel} .panel-error")
    told.filter(has_text="Out of luck").wait_for()
    assert page.locator(f"#panel-{panel} canvas, #panel-{panel} td").first.is_visible()
    page.unroute(f"**/api/loss/{route}")
    told.get_by_role("button", name="Try again").click()
    told.wait_for(state="hidden")
    assert figures.value(page, "Total timesteps") == "130"


def test_a_run_of_a_demo_is_labelled_as_one(losses, serve, open_page):
    """Nobody takes it for a training."""
    losses.run(3)
    page = open_page(serve(losses.folder, "--demo").read(total_timesteps=3).url)
    page.locator("#run-label", has_text="demo").wait_for()


def test_an_open_monitor_says_so_in_the_page(losses, serve, open_page):
    """Whoever looks knows that everybody else may look as well."""
    losses.run(3)
    page = open_page(serve(losses.folder, "--no-auth").read(total_timesteps=3).url)
    badge = page.locator("#run-label", has_text="open to all")
    badge.wait_for()
    assert page.get_by_title("No token is asked for").is_visible()


def test_the_title_names_state_run_and_owner(served, open_page):
    """On a shared node a colleague's monitor may answer on the port one expects."""
    page = open_page(served.url)
    page.wait_for_function("() => document.title.includes('@')")
    status = served.ask("api/status")
    assert f"{status['user']}@{status['host']}" in page.title()
    assert page.locator("#owner").inner_text() == f"{status['user']}@{status['host']}"
    assert os.path.basename(status["monitoring_dir"]) in page.title()
