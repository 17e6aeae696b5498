"""From the figures of single runs to medians, ratios and verdicts. Pure: values in, values out."""

from __future__ import annotations

import statistics
from typing import Any, NamedTuple


class Run(NamedTuple):
    """What one run gave: `figures` by name, the unit at the end of each name, or `error`."""

    contestant: str
    measure: str
    round_number: int
    figures: dict[str, Any]


class Budget(NamedTuple):
    """A limit of the design. `reference`: a name's beginning for a ratio, "" for the figure itself.

    `at_least`: the limit is the least allowed instead of the most. `slack` is what still counts as
    the limit, in the unit of the figure, and why is told beside it.
    """

    measure: str
    figure: str
    reference: str
    limit: float
    at_least: bool = False
    slack: float = 0.0


class Verdict(NamedTuple):
    """A budget and the median of what was measured; None when there is nothing to judge.

    `ends`: the lowest and the highest round, to see how much of a verdict is the machine's mood.
    """

    budget: Budget
    value: float | None
    ends: tuple[float, float]
    met: bool


# Section 7 of the design. The slack of the growth: a page table or an arena page comes and goes.
BUDGETS = (
    Budget("text", "wall_s", "script", 1.10),
    Budget("text", "cpu_s", "script", 1.3),
    Budget("text", "cpu_s", "asciinema-3", 0.45),
    Budget("text", "cpu_s", "asciinema-2", 0.22),
    Budget("tui", "wall_s", "script", 1.10),
    Budget("tui", "cpu_s", "script", 1.3),
    Budget("tui", "cpu_s", "asciinema-3", 0.45),
    Budget("tui", "cpu_s", "asciinema-2", 0.22),
    Budget("steady", "cpu_percent", "", 0.8),
    Budget("steady", "cpu_percent", "asciinema-3", 1.0),
    Budget("echo", "p50_us", "script", 1.1),
    Budget("echo", "p99_us", "script", 1.3),
    Budget("echo", "p50_us", "asciinema-3", 0.65),
    Budget("echo", "p99_us", "cs-rec-sync-none", 1.1),
    Budget("echo-flow", "p50_us", "script", 1.2),
    Budget("echo-flow", "p99_us", "script", 1.2),
    Budget("memory", "peak_rss_mib", "", 15.0),
    Budget("memory", "growth_mib", "", 0.0, slack=0.25),
    Budget("start", "exec_ms", "", 45.0),
    Budget("start", "exec_ms", "script", 1.3),
    Budget("start", "exit_ms", "script", 1.3),
    Budget("tui", "sealed_ratio", "", 15.0, at_least=True),
)


def names(runs: list[Run]) -> list[str]:
    """Return the contestants in the order in which they first ran."""
    return list(dict.fromkeys(run.contestant for run in runs))


def values(runs: list[Run], contestant: str, measure: str, figure: str) -> dict[int, float]:
    """Return one figure by round."""
    return {
        run.round_number: float(run.figures[figure])
        for run in runs
        if (run.contestant, run.measure) == (contestant, measure)
        and run.figures.get(figure) is not None
    }


def median(runs: list[Run], contestant: str, measure: str, figure: str) -> float | None:
    """Return the median over the rounds, None when there is no figure."""
    found = values(runs, contestant, measure, figure)
    return statistics.median(found.values()) if found else None


def paired(
    runs: list[Run], contestant: str, reference: str, measure: str, figure: str
) -> list[float]:
    """Return the ratios within each round: what both met in the same minute."""
    ours = values(runs, contestant, measure, figure)
    theirs = values(runs, reference, measure, figure)
    return [ours[number] / theirs[number] for number in ours if theirs.get(number)]


def ratio(
    runs: list[Run], contestant: str, reference: str, measure: str, figure: str
) -> float | None:
    """Return the median of the ratios within each round, None without any."""
    found = paired(runs, contestant, reference, measure, figure)
    return statistics.median(found) if found else None


def reference_name(runs: list[Run], beginning: str) -> str | None:
    """Return the contestant called `beginning`, or the first whose name begins so."""
    present = names(runs)
    if beginning in present:
        return beginning
    return next((name for name in present if name.startswith(beginning)), None)


def verdict(runs: list[Run], contestant: str, budget: Budget) -> Verdict:
    """Hold `contestant` against one budget."""
    if budget.reference:
        reference = reference_name(runs, budget.reference) or budget.reference
        found = paired(runs, contestant, reference, budget.measure, budget.figure)
    else:
        found = list(values(runs, contestant, budget.measure, budget.figure).values())
    if not found:
        return Verdict(budget, None, (0.0, 0.0), met=False)
    value, ends = statistics.median(found), (min(found), max(found))
    if budget.at_least:
        return Verdict(budget, value, ends, met=value >= budget.limit - budget.slack)
    return Verdict(budget, value, ends, met=value <= budget.limit + budget.slack)
