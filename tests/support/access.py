"""What a page must be for all: what axe finds, what Tab reaches, how large and wide things are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}

needs_axe = pytest.mark.skipif(not AXE.exists(), reason="no axe-core: npm ci --ignore-scripts")


def violations(page: Any) -> list[str]:
    """What axe finds, a line each; runs in the page without touching its policy."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
          .flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) =>
            `${id}: ${target.join(" ")}: ${failureSummary.replaceAll("\\n", " ")}`))"""
    )
    return [str(line) for line in found]


def check_all(page: Any) -> None:
    """Let axe look, in three widths and both themes."""
    found = []
    for name, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_function(
                "(theme) => document.documentElement.dataset.theme === theme", arg=theme
            )
            page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
            found += [f"{name}, {theme}: {line}" for line in violations(page)]
    assert found == []


def tabbable(page: Any) -> list[str]:
    """Numbers of what the Tab key should reach, in the order of the document."""
    return page.evaluate(
        """() => [...document.querySelectorAll(
            "a[href], button, input, select, summary, [tabindex]")]
          .filter((one) => one.tabIndex >= 0 && one.checkVisibility({visibilityProperty: true}))
          // Of the browser's own radio buttons of one name Tab reaches the chosen one.
          .filter((one) => one.type !== "radio" || one.checked)
          .map((one, index) => (one.dataset.order = String(index)))"""
    )


def focused(page: Any) -> list[Any]:
    """Number, visibility and name of what has the focus."""
    return page.evaluate(
        """() => {
          const one = document.activeElement;
          const seen = (element) => {
            const style = getComputedStyle(element);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
              || style.boxShadow !== "none";
          };
          // A field may show its focus by the box around it.
          return [one.dataset.order ?? one.tagName, seen(one) || seen(one.parentElement),
            one.id || one.className || one.textContent];
        }"""
    )


def check_tab_order(page: Any) -> None:
    """Go through the whole page with the Tab key, each focus to be seen."""
    wanted = tabbable(page)
    assert len(wanted) > 10
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        order, visible, name = focused(page)
        reached.append(order)
        assert visible, f"the focus of {name!r} cannot be seen"
    assert reached == wanted


def small_targets(page: Any, least: int) -> list[str]:
    """Whatever can be pressed and is smaller than so many px."""
    return page.evaluate(
        """(least) => [...document.querySelectorAll("button, a[href], summary")]
          .filter((one) => one.checkVisibility({visibilityProperty: true}) && one.id !== "skip")
          .map((one) => [one.textContent || one.getAttribute("aria-label"),
            one.getBoundingClientRect()])
          .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
          .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)""",
        least,
    )


def check_narrow(page: Any, width: int) -> None:
    """No sideways scrolling."""
    wide = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5
            && one.checkVisibility() && !one.closest("[class*=scroll], .visually-hidden, svg"))
          .map((one) => one.id || one.className)"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width, wide
