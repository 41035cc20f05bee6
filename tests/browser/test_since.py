"""What changed since the browser last looked: one line, for each run, until it is dismissed."""

from __future__ import annotations

import pytest

AGED = """
if (location.protocol === "http:" && !sessionStorage.getItem("aged")) {
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith("loss-monitor-seen")))
  {
    const seen = JSON.parse(localStorage.getItem(key));
    localStorage.setItem(key, JSON.stringify({...seen, at_s: seen.at_s - HOURS * 3600}));
    sessionStorage.setItem("aged", "yes");
  }
}
"""
"""Lets the last look lie hours back, once."""
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
LINE = "#since"


@pytest.fixture
def monitor(losses, serve):
    """A server over a run of 9 timesteps."""
    losses.run(9)
    return serve(losses.folder).read(total_timesteps=9)


def _open(open_page, figures, url, **options):
    page = open_page(url, **options)
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    return page


def _return(page, url, hours=8):
    page.add_init_script(AGED.replace("HOURS", str(hours)))
    page.goto(url)


def test_a_first_visit_tells_nothing(monitor, open_page, figures):
    """Nor does a reload."""
    page = _open(open_page, figures, monitor.url)
    assert not page.locator(LINE).is_visible()
    page.reload()
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    assert not page.locator(LINE).is_visible()


def test_a_night_is_told_and_dismissed(monitor, losses, open_page, figures):
    """With an alert of the night; the next look begins where this one ended."""
    page = _open(open_page, figures, monitor.url)
    page.goto("about:blank")
    losses.write(10, [0.5, "nan", 0.5])
    losses.write(11, losses.values(11))
    monitor.read(total_timesteps=11)
    _return(page, monitor.url)
    figures.wait(
        page, LINE, "Since you last looked (8\N{NARROW NO-BREAK SPACE}h ago): 2 timesteps more"
    )
    figures.wait(page, LINE, "1 alert (still open)")
    assert "mean loss" in page.locator(LINE).inner_text()
    page.get_by_role("button", name="Dismiss what changed").click()
    assert not page.locator(LINE).is_visible()
    page.reload()
    figures.wait(page, "#panel-history .panel-header", "timestep 11")
    assert not page.locator(LINE).is_visible()


def test_a_look_at_another_tab_tells_nothing_and_takes_nothing_away(
    monitor, losses, open_page, figures
):
    """What was told of the night stays until it is dismissed."""
    page = _open(open_page, figures, monitor.url)
    page.goto("about:blank")
    losses.write(10, losses.values(10))
    monitor.read(total_timesteps=10)
    _return(page, monitor.url)
    figures.wait(page, LINE, "1 timestep more")
    page.evaluate(HIDE, True)
    losses.write(11, losses.values(11))
    monitor.read(total_timesteps=11)
    page.evaluate(HIDE, False)
    figures.wait(page, "#panel-history .panel-header", "timestep 11")
    figures.wait(page, LINE, "1 timestep more")


def test_a_new_run_is_said_to_be_one(losses_in, tmp_path, serve, open_page, figures):
    """Its figures are not compared with those of the old one."""
    folder = losses_in(tmp_path / "data").run(9)
    monitor = serve(tmp_path / "data").read(total_timesteps=9)
    page = _open(open_page, figures, monitor.url)
    page.goto("about:blank")
    for number in range(1, 10):
        folder.path(number).unlink()
    losses_in(tmp_path / "data").run(4, first=20)
    monitor.read(total_timesteps=4)
    _return(page, monitor.url)
    figures.wait(page, LINE, "a new run has begun, 4 timesteps so far")


def test_each_source_has_a_look_of_its_own(
    losses_in, tmp_path, serve, open_page, figures, wait_until
):
    """And each place that a proxy gives a page."""
    losses_in(tmp_path / "one").run(9)
    second = losses_in(tmp_path / "two").run(9)
    monitor = serve(tmp_path / "one", tmp_path / "two").read(total_timesteps=9)
    page = _open(open_page, figures, f"{monitor.url}#run=source-2")
    keys = page.evaluate("Object.keys(localStorage).filter((key) => key.includes('-seen'))")
    assert keys == ["loss-monitor-seen / source-2"]
    page.goto("about:blank")
    second.write(10, second.values(10))
    wait_until(lambda: monitor.ask("api/status?run=source-2")["total_timesteps"] == 10)
    _return(page, f"{monitor.url}#run=source-2")
    figures.wait(page, LINE, "1 timestep more")
    page.goto("about:blank")
    page.goto(f"{monitor.url}#run=source-1")
    figures.wait(page, "#panel-history .panel-header", "timestep 9")
    assert not page.locator(LINE).is_visible()


def test_a_browser_without_storage_works(monitor, open_page, figures):
    """Nothing is told, nothing fails."""
    script = """Object.defineProperty(window, "localStorage", {
      get() { throw new DOMException("no", "SecurityError"); }});"""
    page = _open(open_page, figures, monitor.url, prepare=lambda made: made.add_init_script(script))
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    assert not page.locator(LINE).is_visible()
