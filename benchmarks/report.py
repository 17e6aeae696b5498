"""The figures as Markdown: one table a measure, then every budget beside its figure. Pure."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.contestants import BARE, OURS
from benchmarks.figures import BUDGETS, Run, Verdict, median, names, ratio, reference_name, verdict


class Column(NamedTuple):
    """A figure of a measure: its heading, how it is written, and whether ratios stand beside it."""

    figure: str
    heading: str
    form: str
    scale: float = 1.0
    ratios: bool = False


FLOOD = (
    Column("wall_s", "wall s", "{:.3f}", ratios=True),
    Column("cpu_s", "CPU s", "{:.3f}", ratios=True),
    Column("separate_cpu_s", "sealing, separate process: CPU s", "{:.2f}"),
    Column("stored_bytes", "stored MB", "{:.1f}", scale=1e-6),
    Column("sealed_ratio", "JSON lines / sealed", "{:.1f}"),
)
ECHO = (
    Column("p50_us", "p50 us", "{:.0f}", ratios=True),
    Column("p99_us", "p99 us", "{:.0f}", ratios=True),
    Column("keys", "keys a round", "{:.0f}"),
)
TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "text": ("{size} of text, lines of 60 to 100 characters", FLOOD),
    "tui": ("{size} of agent-like repaints, synchronized frames of 2 to 4 KB", FLOOD),
    "steady": (
        "Steady repaint: 2 KB, {rate} frames/s, {steady} s, start-up taken off",
        (Column("cpu_percent", "% of a core", "{:.2f}", ratios=True),),
    ),
    "echo": ("Echo of a key, idle otherwise", ECHO),
    "echo-flow": (
        "Echo of a key while {half} flow",
        (*ECHO, Column("wall_s", "wall s of the flow", "{:.2f}")),
    ),
    "start": (
        "Start of `true`",
        (
            Column("exec_ms", "to the child's exec ms", "{:.1f}", ratios=True),
            Column("exit_ms", "to the end ms", "{:.1f}", ratios=True),
            Column("cpu_ms", "CPU ms, the child's with it", "{:.1f}"),
        ),
    ),
    "memory": (
        "Memory in a flood of {long}",
        (
            Column("peak_rss_mib", "peak RSS MiB", "{:.1f}", ratios=True),
            Column("pss_mib", "PSS MiB", "{:.1f}"),
            Column("growth_mib", "RSS growth from {half} to {long}, MiB", "{:+.2f}"),
            Column("processes", "processes", "{:.0f}"),
        ),
    ),
}
BUDGET_WORDS = {
    "wall_s": "wall",
    "cpu_s": "CPU",
    "cpu_percent": "% of a core",
    "p50_us": "p50",
    "p99_us": "p99",
    "peak_rss_mib": "peak RSS, MiB",
    "growth_mib": "RSS growth, MiB",
    "exec_ms": "to the child's exec, ms",
    "exit_ms": "to the end of `true`, ms",
    "sealed_ratio": "JSON lines / sealed",
}
MEASURE_WORDS = {
    "text": "text",
    "tui": "repaints",
    "steady": "steady repaint",
    "echo": "echo",
    "echo-flow": "echo in a flow",
    "start": "start",
    "memory": "memory",
}


def markdown(runs: list[Run], sizes: dict[str, str]) -> str:
    """Return all tables. `sizes` fills the headings: size, half, long, rate, steady."""
    parts = [
        _table(runs, measure, sizes)
        for measure in TABLES
        if any(run.measure == measure and "error" not in run.figures for run in runs)
    ]
    if OURS in names(runs):
        parts.append(budgets(runs))
    if faults := _faults(runs):
        parts.append(faults)
    return "\n\n".join(parts) + "\n"


def _table(runs: list[Run], measure: str, sizes: dict[str, str]) -> str:
    title, columns = TABLES[measure]
    shown = [column for column in columns if _any(runs, measure, column)]
    references = [
        name
        for beginning in ("script", "asciinema-3")
        if (name := reference_name(runs, beginning)) is not None
    ]
    heads = ["recorder"]
    for column in shown:
        heads.append(column.heading.format(**sizes))
        if column.ratios:
            heads += [f"/ {name}" for name in references]
    rows = [
        [name, *_cells(runs, measure, name, shown, references)]
        for name in names(runs)
        if any(median(runs, name, measure, column.figure) is not None for column in shown)
    ]
    return f"### {title.format(**sizes)}\n\n" + _grid(heads, rows)


def _any(runs: list[Run], measure: str, column: Column) -> bool:
    return any(median(runs, name, measure, column.figure) is not None for name in names(runs))


def _cells(
    runs: list[Run], measure: str, name: str, columns: list[Column], references: list[str]
) -> list[str]:
    cells: list[str] = []
    for column in columns:
        value = median(runs, name, measure, column.figure)
        # Nobody records in a bare run: nothing was spent, which is not a figure of a recorder.
        if name == BARE and not value:
            value = None
        cells.append("" if value is None else column.form.format(value * column.scale))
        if column.ratios:
            for reference in references:
                against = ratio(runs, name, reference, measure, column.figure)
                cells.append("" if value is None or against is None else f"{against:.2f}")
    return [f"**{cell}**" if name == OURS and cell else cell for cell in cells]


def budgets(runs: list[Run]) -> str:
    """Return every budget of the design that these runs touch, beside its figure."""
    rows: list[list[str]] = []
    for budget in BUDGETS:
        found = verdict(runs, OURS, budget)
        what = f"{MEASURE_WORDS[budget.measure]}: {BUDGET_WORDS[budget.figure]}"
        if budget.reference:
            what += f", x {reference_name(runs, budget.reference) or budget.reference}"
        sign = ">=" if budget.at_least else "<="
        value = "not measured" if found.value is None else f"{found.value:.2f}"
        ends = "" if found.value is None else "{:.2f} to {:.2f}".format(*found.ends)
        limit = f"{sign} {budget.limit:g}" + (f" (+{budget.slack:g})" if budget.slack else "")
        rows.append([what, limit, value, ends, _judgement(found)])
    heads = ["budget of the design", "limit", OURS, "rounds from, to", "verdict"]
    return "### Budgets\n\n" + _grid(heads, rows)


def _judgement(found: Verdict) -> str:
    value, limit = found.value, found.budget.limit
    if value is None:
        return ""
    if found.met:
        return "met"
    if not limit:
        return f"**missed** by {value:.2f}"
    share = 1 - value / limit if found.budget.at_least else value / limit - 1
    return f"**missed** by {100 * share:.0f} %"


def _faults(runs: list[Run]) -> str:
    """Return a list of what went wrong: failed runs, last lines that never came, inexact logs."""
    lines: dict[str, int] = {}
    for run in runs:
        for words in _faults_of(run):
            line = f"- {run.contestant}, {MEASURE_WORDS[run.measure]}: {words}"
            lines[line] = lines.get(line, 0) + 1
    if not lines:
        return ""
    return "### Faults\n\n" + "\n".join(f"{line} ({count} runs)" for line, count in lines.items())


def _faults_of(run: Run) -> list[str]:
    figures = run.figures
    if "error" in figures:
        return [f"failed: {figures['error']}"]
    checks = {
        "last_line": "the load's last line never came to the screen",
        "log_complete": "the load's last line is not in the log",
        "log_exact": "the log is not the load, byte for byte",
    }
    return [words for check, words in checks.items() if figures.get(check) is False]


def checks_passed(runs: list[Run]) -> str:
    """Return one sentence on how often the checks of the runs were made and held."""
    ours = [run.figures["log_exact"] for run in runs if "log_exact" in run.figures]
    screens = [run.figures["last_line"] for run in runs if "last_line" in run.figures]
    words = f"The load's last line came to the screen in {sum(screens)} of {len(screens)} floods"
    if ours:
        words += f"; the log of {OURS} was the load, byte for byte, in {sum(ours)} of {len(ours)}"
    return words + "."


def _grid(heads: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["---:" for _ in heads[1:]]]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, rule, *rows])
