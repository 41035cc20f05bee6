"""The view Scalars while things change: thousands of tags, new values, failures, a pause."""

from __future__ import annotations

import time

from overview_page import hash_holds
from tag_board_page import listen_to_requests, tags
from tagged_runs import TaggedRuns


def test_model_time_is_an_axis_where_the_losses_tell_it(tmp_path, serve, open_page, losses_in):
    """A point stands where the model was when it was written."""
    losses = losses_in(tmp_path)
    now = time.time()
    for number in range(1, 21):
        losses.write(number, losses.values(number), age_s=1200 - 60 * number)
    runs = TaggedRuns(tmp_path)
    writer = runs.writer("r")
    for step in range(10):
        writer.scalar("loss", step, step, now - 1200 + 60 + 120 * step)
    writer.flush()
    page = open_page(f"{serve(tmp_path).read(total_timesteps=20).url}#view=scalars")
    page.locator(".tag-panel .u-over").wait_for()
    page.get_by_role("combobox", name="X-axis").select_option("Model time")
    hash_holds(page, "scalars.axis=model_time")
    page.locator(".tag-moment", has_text="1979-01-01 04:4").wait_for()
    page.locator(".chart-plot:visible").focus()
    page.keyboard.press("Home")
    page.locator(".chart-tag:visible", has_text="1979-01-01 00:1").wait_for()


def test_thousands_of_tags_cost_what_is_seen_of_them(tmp_path, serve, open_page):
    """Few requests, few canvases, and a filter that answers at once."""
    runs = TaggedRuns(tmp_path)
    for number in range(3000):
        runs.scalars("r", f"layer{number // 20}/weight{number % 20}", [number, number / 2])
    asked: list[list[dict[str, str]]] = []
    page = open_page(
        f"{serve(tmp_path).read().url}#view=scalars",
        prepare=lambda page: asked.append(listen_to_requests(page)),
    )
    page.locator(".filter-found", has_text="3,000 tags").wait_for()
    page.locator(".tag-panel .u-over").first.wait_for()
    assert page.locator(".tag-panel").count() < 40
    assert len(asked[0]) < 40
    page.get_by_role("searchbox").fill("layer14[0-3]/weight7")
    page.locator(".filter-found", has_text="4 of 3,000").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.tag-panel .u-over').length === 4")
    assert tags(page) == [f"layer{layer}/weight7" for layer in (140, 141, 142, 143)]
    page.get_by_role("searchbox").fill("")
    page.mouse.wheel(0, 20000)
    page.wait_for_function("() => scrollY > 10000")
    page.wait_for_function("() => document.querySelector('.tag-panel .u-over')")
    assert page.locator("canvas").count() < 45


def test_panels_in_sight_follow_the_file(tmp_path, serve, open_page):
    """A value that is written later is drawn, without a reload."""
    runs = TaggedRuns(tmp_path).scalars("r", "loss", [1.0, 2.0])
    page = open_page(f"{serve(tmp_path).read().url}#view=scalars")
    page.locator(".tag-moment", has_text="step 1").wait_for()
    runs.scalars("r", "loss", [0.125], first=2)
    page.locator(".tag-moment", has_text="step 2").wait_for()
    page.locator(".tag-figures b", has_text="0.1250").wait_for()
    runs.scalars("r", "later", [7.0])
    page.locator(".tag-panel", has_text="later").wait_for()


def test_a_paused_page_lets_the_charts_stand(tmp_path, serve, open_page, losses_in):
    """Until it goes on; then they catch up."""
    losses = losses_in(tmp_path).run(3)
    runs = TaggedRuns(tmp_path).scalars("r", "loss", [1.0, 2.0])
    page = open_page(f"{serve(tmp_path).read().url}#view=scalars")
    page.locator(".tag-moment", has_text="step 1").wait_for()
    page.keyboard.press("Space")
    page.locator("#connection", has_text="Paused").wait_for()
    asked = listen_to_requests(page)
    runs.scalars("r", "loss", [3.0], first=2)
    losses.write(4, losses.values(4))
    page.locator("#connection", has_text="new").wait_for()
    assert page.locator(".tag-moment").inner_text() == "step 1"
    assert asked == []
    page.keyboard.press("Space")
    page.locator(".tag-moment", has_text="step 2").wait_for()


def test_a_directory_without_tags_says_how_to_get_some(served, open_page):
    """And where event files are looked for."""
    page = open_page(f"{served.url}#view=scalars")
    page.get_by_role("heading", name="No scalars yet").wait_for()
    assert "/runs/…/events.out.tfevents" in page.locator("#view-scalars").inner_text()


def test_a_lost_server_leaves_the_charts_and_comes_back(tmp_path, serve, open_page):
    """Nothing is asked for meanwhile; new values come once it is there again."""
    runs = TaggedRuns(tmp_path).scalars("r", "loss", [1.0, 2.0])
    monitor = serve(tmp_path).read()
    page = open_page(f"{monitor.url}#view=scalars", lost_allowed=True)
    page.locator(".tag-moment", has_text="step 1").wait_for()
    monitor.stop()
    page.locator("#connection", has_text="Reconnecting").wait_for()
    assert page.locator(".tag-panel .u-over").is_visible()
    assert not page.locator(".tag-panel .panel-error").is_visible()
    runs.scalars("r", "loss", [3.0], first=2)
    monitor.start()
    page.locator(".tag-moment", has_text="step 2").wait_for()
