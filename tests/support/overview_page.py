"""Hands and eyes on the page's overview, for browser tests.

Playwright's page enters; what is done to it is done as a user would, and what is waited for
is what a user would see. Conditions are waited for, never times.
"""

from __future__ import annotations

from typing import Any

HISTORY = "#panel-history .chart-plot"


def hash_holds(page: Any, *parts: str) -> None:
    """Wait until the address holds all these."""
    page.wait_for_function("(parts) => parts.every((p) => location.hash.includes(p))", arg=parts)


def hash_lacks(page: Any, part: str) -> None:
    """Wait until the address does not hold this any more."""
    page.wait_for_function("(part) => !location.hash.includes(part)", arg=part)


def shown(page: Any, panel: str, text: str) -> None:
    """Wait until a chart's words say how much it shows."""
    page.locator(f"{panel} p[id$=-summary]").filter(has_text=text).wait_for(state="attached")


def place(page: Any, share: float, panel: str = HISTORY) -> tuple[float, float]:
    """Return a place in a chart, at a share of its width, in pixels of the window."""
    box = page.locator(f"{panel} .u-over").bounding_box()
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def drag(page: Any, begin: float, end: float, panel: str = HISTORY) -> None:
    """Mark a stretch of a chart with the mouse, from one share of its width to another."""
    page.mouse.move(*place(page, begin, panel))
    page.mouse.down()
    page.mouse.move(*place(page, (begin + end) / 2, panel))
    page.mouse.move(*place(page, end, panel))
    page.mouse.up()


def drawn(page: Any) -> None:
    """Wait until what the state holds now is on the screen: two drawings a second, at most."""
    page.evaluate(
        """async () => {
          const frame = () => new Promise((done) =>
            requestAnimationFrame(() => setTimeout(done)));
          await frame();
          await new Promise((done) => setTimeout(done, 600));
          await frame();
        }"""
    )


def picture(page: Any, panel: str = HISTORY) -> str:
    """Return what a chart's canvas holds, as a URL."""
    page.mouse.move(0, 0)
    drawn(page)
    return str(page.evaluate("(at) => document.querySelector(at).toDataURL()", f"{panel} canvas"))


def table(page: Any, panel: str) -> list[list[str]]:
    """Open a chart's table, read its rows, close it again."""
    button = page.locator(f"{panel} button[aria-label$='as a table']")
    button.click()
    rows = page.locator(f"{panel} tbody tr")
    rows.first.wait_for()
    cells = rows.evaluate_all("(all) => all.map((row) => [...row.cells].map((c) => c.innerText))")
    button.click()
    return [[str(cell) for cell in row] for row in cells]
