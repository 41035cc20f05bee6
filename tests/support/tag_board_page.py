"""Hands and eyes on a board of tags, for browser tests: its panels, tables and requests.

Playwright's page enters; what a user would do or see leaves.
"""

from __future__ import annotations

import urllib.parse
from typing import Any


def panel_of(page: Any, tag: str, group: str = "Loss") -> Any:
    """Return the panel of a tag in a group."""
    return page.locator(f"section.tag-group[aria-label='{group}']").get_by_role(
        "region", name=tag, exact=True
    )


def tags(page: Any) -> list[str]:
    """Return the tags whose panels can be seen, in order."""
    return [tag for tag in page.locator(".tag-panel .panel-title:visible").all_inner_texts() if tag]


def table(page: Any, tag: str, group: str = "Loss") -> list[list[str]]:
    """Open a panel's table; return its cells, row by row."""
    one = panel_of(page, tag, group)
    one.get_by_role("button", name=f"{tag} as a table").click()
    one.locator("tbody tr").first.wait_for()
    return one.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )


def listen_to_requests(page: Any) -> list[dict[str, str]]:
    """Return a list that the parameters of requests for scalars are added to as they are made."""
    asked: list[dict[str, str]] = []

    def keep(request: Any) -> None:
        place = urllib.parse.urlsplit(request.url)
        if place.path.endswith("api/tensorboard/scalars"):
            asked.append(dict(urllib.parse.parse_qsl(place.query)))

    page.on("request", keep)
    return asked


def hold(page: Any, what: Any) -> list[Any]:
    """Hold requests back from now on, as a slow tunnel does; returns the list of those held."""
    held: list[Any] = []

    def keep(route: Any) -> None:
        held.append(route)

    page.route(what, keep)
    return held


def let_go(page: Any, held: list[Any]) -> None:
    """Wait until a request is held; let all of them through, and hold none any more."""
    while not held:
        page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    page.unroute_all()
