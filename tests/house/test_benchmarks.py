"""The benchmark against the peers runs; its figures are right. No times are judged here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import figures, payloads, report
from benchmarks.figures import Budget, Run

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
VERSUS = BENCHMARKS / "versus.py"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")


def versus(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    tiny = ["--quick", "--size-mb", "0.3", "--folder", str(folder)]
    return subprocess.run(
        [sys.executable, VERSUS, *tiny, *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def runs_of(done: subprocess.CompletedProcess[str]) -> list[Run]:
    assert done.returncode == 0, done.stderr
    return [Run(**json.loads(line)) for line in done.stdout.splitlines()]


@pytest.mark.skipif(not shutil.which("script"), reason="needs script")
def test_it_compares_peers_without_cs_rec(tmp_path: Path) -> None:
    arguments = ["--only", "bare,script", "--measure", "text,start,memory", "--rounds", "2"]
    runs = runs_of(versus(tmp_path, "--json", *arguments))
    names = [(run.round_number, run.measure, run.contestant) for run in runs]
    turns = (("bare", "script"), ("script", "bare"))
    measures = ("text", "start", "memory")
    assert names == [(n, m, who) for n in range(2) for m in measures for who in turns[n]]
    text = next(r for r in runs if (r.contestant, r.measure) == ("script", "text")).figures
    assert text["last_line"]
    assert text["log_complete"]
    assert text["stored_bytes"] >= text["drained_bytes"] > 299_000
    assert text["cpu_s"] > 0
    assert list(tmp_path.iterdir()) == []


def test_it_records_with_cs_rec_and_checks_its_log(tmp_path: Path, commands: Path) -> None:
    assert (commands / "cs-rec").exists()
    runs = runs_of(versus(tmp_path, "--json", "--only", "cs-rec"))
    by_measure = {run.measure: run.figures for run in runs}
    assert list(by_measure) == list(report.TABLES)
    assert all("error" not in measured for measured in by_measure.values()), by_measure
    for flood in ("text", "tui"):
        assert by_measure[flood]["log_exact"]
        assert by_measure[flood]["last_line"]
    assert by_measure["echo"]["keys"] == 200
    assert by_measure["memory"]["processes"] == 1


def test_its_tables_go_where_they_are_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- versus: begin -->\nstale figures\n<!-- versus: end -->\nafter\n")
    folder = tmp_path / "runs"
    folder.mkdir()
    done = versus(folder, "--only", "bare", "--measure", "text", "--update", str(page))
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.startswith("before\n<!-- versus: begin -->\nCommand: ")
    assert text.endswith("<!-- versus: end -->\nafter\n")
    assert "| bare |" in text
    assert "stale" not in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "nobody"], "not found: nobody"),
        (["--measure", "luck"], "no measure is called luck"),
        (["--peer", "script"], "not NAME=PATH"),
        (["--peer", f"nobody={sys.executable}"], "no recorder is called nobody"),
    ],
)
def test_wrong_usage_is_told_in_a_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = versus(tmp_path, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def run(contestant: str, number: int, cpu_s: float) -> Run:
    return Run(contestant, "text", number, {"cpu_s": cpu_s})


def test_a_ratio_is_the_median_of_the_ratios_within_a_round() -> None:
    ours, theirs = (3.0, 8.0, 1.0), (2.0, 4.0, 1.0)
    runs = [run("cs-rec", number, value) for number, value in enumerate(ours)]
    runs += [run("script", number, value) for number, value in enumerate(theirs)]
    assert figures.ratio(runs, "cs-rec", "script", "text", "cpu_s") == 1.5
    assert figures.ratio(runs, "cs-rec", "ttyrec", "text", "cpu_s") is None


def test_a_budget_is_met_or_missed_by_so_much() -> None:
    runs = [run("cs-rec", 0, 3.0), run("asciinema-3.2", 0, 2.0), run("script-f", 0, 1.0)]
    missed = figures.verdict(runs, "cs-rec", Budget("text", "cpu_s", "asciinema-3", 1.0))
    assert (missed.value, missed.met, missed.ends) == (1.5, False, (1.5, 1.5))
    assert figures.verdict(runs, "cs-rec", Budget("text", "cpu_s", "", 3.0)).met
    at_least = Budget("text", "cpu_s", "", 4.0, at_least=True)
    assert not figures.verdict(runs, "cs-rec", at_least).met
    assert "**missed** by 233 %" in report.budgets(runs)


def test_a_prefix_names_a_version_but_not_another_tool() -> None:
    runs = [run("script-f", 0, 1.0), run("script", 0, 2.0), run("asciinema-3.2", 0, 3.0)]
    assert figures.reference_name(runs, "script") == "script"
    assert figures.reference_name(runs, "asciinema-3") == "asciinema-3.2"
    assert figures.reference_name(runs, "asciinema-2") is None


def test_payloads_are_the_same_every_time(tmp_path: Path) -> None:
    for make in (payloads.text, payloads.repaint):
        one, two = make(tmp_path / "one", 200_000), make(tmp_path / "two", 200_000)
        assert one.path.read_bytes() == two.path.read_bytes()
        assert one.path.read_bytes().rstrip().endswith(payloads.LAST_LINE.strip())
        assert payloads.ECHO not in one.path.read_bytes()
        assert 190_000 < one.size_bytes <= 200_000
    lines = payloads.text(tmp_path / "text", 200_000).path.read_bytes().splitlines()[:-1]
    assert {len(line) for line in lines} <= set(range(59, 101))


@pytest.mark.parametrize(
    ("script", "arguments", "rows"),
    [
        ("keep.py", ("--sessions", "5", "--rounds", "1"), 6),
        # No round: its sealers run when the machine is idle, which it is not while tests run.
        ("many.py", ("--recorders", "2", "--rounds", "0", "--segment-mb", "1"), 0),
    ],
)
def test_that_of_the_store_runs(script: str, arguments: tuple[str, ...], rows: int) -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / script, *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    figures_ = [line.split(" | ")[-2:] for line in done.stdout.splitlines() if " | " in line]
    measured = [row for row in figures_ if row[0].replace(".", "").strip().isdigit()]
    assert len(measured) == rows, done.stdout


def test_that_of_verify_runs() -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "verify.py", "--size-mb", "1", "--rounds", "1"],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    rows = [line.split(" | ") for line in done.stdout.splitlines()[2:]]
    assert [row[:2] for row in rows] == [
        [f"| {kind}", form + asked]
        for kind in ("repaints", "text")
        for form in ("open", "sealed")
        for asked in ("", " --json")
    ]
    assert all(float(row[2]) >= 1 for row in rows)
