"""The report: results of all benchmarks as one page of Markdown, ratios first.

Enters: results, facts of the machine, what failed. Leaves: the text of `RESULTS.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from budgets import BUDGETS, Budget
from results import Cost, Detail, Figure, Result, number, with_unit
from turns import times_less

BAR = r"\|"
"""A bar inside a cell of a table."""


@dataclass
class Session:
    """One run of all benchmarks."""

    results: list[Result] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    """Of the machine, as pairs of a name and a text."""
    failures: dict[str, str] = field(default_factory=dict)
    """Benchmark to why it has not ended."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Benchmark to how long it took."""
    command: str = ""
    quick: bool = False

    def figures(self) -> dict[str, Figure]:
        """Return the figures by key; of several with a key the last one that was measured."""
        found: dict[str, Figure] = {}
        for result in self.results:
            if isinstance(result, Figure) and (result.value is not None or result.key not in found):
                found[result.key] = result
        return found


def report(session: Session) -> str:
    """Return the whole page."""
    parts = [
        *_head(session),
        *_budgets(session),
        *_beside(session),
        *_details(session),
        *_machine(session),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _head(session: Session) -> Iterator[str]:
    facts = dict(session.facts)
    yield "# Results of the benchmarks"
    yield ""
    yield (
        f"Written by `{session.command}`; do not edit. Commit {facts.get('commit', 'unknown')}, "
        f"{facts.get('machine', 'unknown machine')}."
    )
    if session.quick:
        yield ""
        yield (
            "**Quick form**: sizes are too small for the figures to mean anything; it only "
            "shows that everything runs."
        )
    if session.failures:
        yield ""
        yield "**Incomplete**, these did not end as they should:"
        yield ""
        yield from (f"- `{name}`: {why}" for name, why in session.failures.items())
    yield ""


def _budgets(session: Session) -> Iterator[str]:
    figures = session.figures()
    yield "## Budgets"
    yield ""
    yield _summary(session, figures)
    yield ""
    yield "| work | figure | of budget | measured | budget | met | how |"
    yield "| --- | --- | ---: | ---: | ---: | --- | --- |"
    work = ""
    for budget in BUDGETS:
        shown = "" if budget.work == work else _capital(budget.work)
        work = budget.work
        found = figures.get(budget.key)
        cells = _budget_cells(budget, found, judged=not session.quick)
        yield _row(shown, budget.what, *cells)
    yield ""


def _summary(session: Session, figures: Mapping[str, Figure]) -> str:
    measured = {key: value for key, one in figures.items() if (value := one.value) is not None}
    shares = [one.share(measured[one.key]) for one in BUDGETS if one.key in measured]
    missing = len(BUDGETS) - len(shares)
    if session.quick:
        return f"{len(shares)} of {len(BUDGETS)} measured, in small; nothing is judged."
    met = sum(share <= 1 for share in shares)
    return (
        f"{met} of {len(BUDGETS)} met, {len(shares) - met} not met, {missing} not measured. "
        "*Of budget* is the part of it that is used: up to 100 % meets it."
    )


def _budget_cells(budget: Budget, figure: Figure | None, *, judged: bool) -> Sequence[str]:
    """Return the cells behind the figure's name."""
    limit = f"{'≥' if budget.at_least else '≤'} {with_unit(budget.limit, budget.unit)}"
    if figure is None or figure.value is None:
        return "", "", limit, "not measured", figure.note if figure else "no benchmark told it"
    measured = with_unit(figure.value, budget.unit)
    if not judged:
        return "", measured, limit, "", figure.note
    share = budget.share(figure.value)
    of_budget = "∞" if share == float("inf") else f"{100 * share:.0f} %"
    return of_budget, measured, limit, "yes" if share <= 1 else "**no**", figure.note


def _beside(session: Session) -> Iterator[str]:
    works: dict[str, list[Cost]] = {}
    for result in session.results:
        if isinstance(result, Cost):
            works.setdefault(result.work, []).append(result)
    if works:
        yield "## Beside others"
        yield ""
        yield (
            "In turn in one session, medians. *CPU in ours* is the CPU time in that of this "
            "monitor: 12 means that this monitor needs a twelfth. Memory is the largest "
            "resident one; wall time of this monitor is from the start of its process."
        )
        yield ""
    for work, costs in works.items():
        yield f"**{_capital(work)}**"
        yield ""
        yield "| way | CPU in ours | CPU s | wall s | memory MB | runs | keeps, checks |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
        for cost in costs:
            ratio = times_less(costs, cost.way)
            cells = [number(one) if one is not None else "" for one in (ratio, *_columns(cost))]
            yield _row(cost.way, *cells, str(cost.runs or ""), cost.note)
        yield ""


def _columns(cost: Cost) -> Sequence[float | None]:
    return cost.cpu_s, cost.wall_s, cost.memory_mb


def _details(session: Session) -> Iterator[str]:
    works: dict[str, list[Detail]] = {}
    for result in session.results:
        if isinstance(result, Detail):
            works.setdefault(result.work, []).append(result)
    if works:
        yield "## Further figures"
        yield ""
    for work, details in works.items():
        yield f"**{_capital(work)}**"
        yield ""
        if all(one.high is None for one in details):
            yield "| what | |"
            yield "| --- | ---: |"
            yield from (_row(one.what, with_unit(one.value, one.unit)) for one in details)
        else:
            yield "| what | median | 95 % |"
            yield "| --- | ---: | ---: |"
            for one in details:
                high = "" if one.high is None else with_unit(one.high, one.unit)
                yield _row(one.what, with_unit(one.value, one.unit), high)
        yield ""


def _machine(session: Session) -> Iterator[str]:
    yield "## Machine and versions"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield from (_row(name, text) for name, text in session.facts)
    took = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in session.seconds.items())
    yield _row("each took", took)


def _row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', BAR) for cell in cells)} |"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
