"""Labels, parameters and notes in the page: picker, legend, table, charts, activity log."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def two(tmp_path_factory, _own_state, monitor_over, losses_in):
    """A server over two directories that are called the same."""
    folder = tmp_path_factory.mktemp("labelled")
    for name, rate in (("first", "3e-4"), ("second", "1e-4")):
        losses_in(folder / name).run(20)
        text = f'label = "wide net"\n[params]\nlr = "{rate}"\nseed = 1\n'
        (folder / name / "run.toml").write_text(text)
    state = tmp_path_factory.mktemp("state")
    monitor = monitor_over(state, folder / "first", folder / "second")
    monitor.first = str(folder / "first")
    yield monitor.read(total_timesteps=20)
    monitor.stop()


def test_the_picker_tells_runs_of_one_label_apart(two, open_page):
    """By their parameters; the name in the header tells those of the run shown."""
    page = open_page(two.url)
    options = page.locator(".run-select option")
    options.nth(1).wait_for(state="attached")
    texts = options.all_text_contents()
    assert ["lr=3e-4, seed=1" in text for text in texts] == [True, False]
    assert ["lr=1e-4, seed=1" in text for text in texts] == [False, True]
    assert page.locator(".run-name").get_attribute("title") == "wide net\nlr=3e-4, seed=1"


def test_a_note_written_while_the_page_is_open_is_shown(two, open_page):
    """Within seconds, without a reload, and without any change of the data."""
    page = open_page(two.url)
    entries = page.locator(".activity-entry")
    entries.first.wait_for()
    told = entries.filter(has_text="Note: lr halved")
    assert told.count() == 0
    words = [sys.executable, "-m", "loss_monitor", "note", "lr halved", two.first]
    subprocess.run(words, check=True, env=os.environ, capture_output=True)
    told.wait_for()


def test_compare_tells_what_differs(two, open_page):
    """In the legend what differs, in the table all, with the other's value standing out."""
    page = open_page(f"{two.url}#view=compare")
    rows = page.locator(".figures-table tbody tr")
    rows.nth(1).wait_for()
    names = page.locator(".run-chip").all_inner_texts()
    assert [name.strip() for name in names] == ["wide net (lr=3e-4)", "wide net (lr=1e-4)"]
    heads = page.locator(".figures-table thead th").all_inner_texts()
    cells = [rows.nth(row).locator("th, td") for row in range(2)]
    at = {name: heads.index(name) for name in ("lr", "seed")}
    assert [cell.nth(at["lr"]).inner_text() for cell in cells] == ["3e-4", "1e-4"]
    assert [cell.nth(at["seed"]).inner_text() for cell in cells] == ["1", "1"]
    other = "figures-param is-other"
    assert cells[1].nth(at["lr"]).get_attribute("class") == other
    assert cells[1].nth(at["seed"]).get_attribute("class") == "figures-param"
