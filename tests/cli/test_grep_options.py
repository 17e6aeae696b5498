"""`cs-grep`: each option by what it changes on stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import BEGINNING_US, Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("utc")

HOUR_US = 3_600_000_000
# Sets of lines that came one after the other, each long enough to be read.
TALK = b"alpha Error one\r\nbeta error two errors\r\ngamma\r\nerror\r\nk\xc3\xa4se errors_x\r\n"


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(home, start(), Said(1000, TALK), ended(5000))


@pytest.fixture
def three(home: Path) -> list[str]:
    """Three sessions, the oldest first; the second has no hit for `error`."""
    return [
        store_log(
            home,
            start(title=f"talk {number}"),
            Said(1000, b"an error of %d\r\n" % number if number != 1 else b"all is well\r\n"),
            ended(3000),
            beginning_us=BEGINNING_US + number * HOUR_US,
        )
        for number in range(3)
    ]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["error"], ["beta error two errors", "error", "käse errors_x"]),
        (["-i", "ERROR o"], ["alpha Error one"]),
        (["-S", "error o"], ["alpha Error one"]),
        (["-S", "Error o"], ["alpha Error one"]),
        (["-S", "ERROR"], []),
        (["-S", r"\Werror$"], []),
        (["-F", "rr.r"], []),
        (["-w", "error"], ["beta error two errors", "error"]),
        (["-x", "error"], ["error"]),
        (["-x", "error|gamma"], ["gamma", "error"]),
        (["-v", "error"], ["alpha Error one", "gamma"]),
        (["-m", "1", "error"], ["beta error two errors"]),
        (["-o", "err[a-z]+s"], ["errors", "errors"]),
        (["(?i)ERROR ONE"], ["alpha Error one"]),
        (["-w", "(?i)ERROR"], ["alpha Error one", "beta error two errors", "error"]),
        ([r"(\w)\1a"], ["gamma"]),
        (["(m+)+a"], ["gamma"]),
        (["-i", "KÄSE"], ["käse errors_x"]),
    ],
)
def test_what_matches(cs, talk, arguments: list[str], lines: list[str]) -> None:
    done = cs("grep", "last", *arguments)
    assert done.stderr == ""
    assert [line.split("  ", 1)[1] for line in done.stdout.splitlines()] == lines
    assert done.returncode == (0 if lines else 1)


def test_several_patterns(cs, talk, tmp_path) -> None:
    (tmp_path / "patterns").write_text("alpha\ngamma\n")
    assert cs("grep", "-c", "-e", "alpha", "-e", "gamma", "last").stdout == "2\n"
    assert cs("grep", "-c", "-f", tmp_path / "patterns", "last").stdout == "2\n"
    assert cs("grep", "-c", "-f", "-", "last", input="alpha\n").stdout == "1\n"
    assert cs("grep", "-c", "-f", tmp_path / "none", "last").returncode == 2
    (tmp_path / "latin").write_bytes(b"k\xe4se\nalpha\n")
    assert cs("grep", "-c", "-f", tmp_path / "latin", "last").stdout == "1\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-F", "-e", "--all"],
        ["-Fe", "--all -l"],
        ["--regexp", "-l"],
        ["--regexp=-l"],
        ["-e", "--", "-m", "1"],
        ["-e--all", "-e", "-q"],
    ],
    ids=" ".join,
)
def test_a_pattern_may_begin_with_a_dash(cs, home, arguments: list[str]) -> None:
    store_log(home, start(), Said(1000, b"$ ls --all -l\r\n"), ended(5000))
    done = cs("grep", *arguments, "last")
    assert (done.stdout[-15:], done.stderr) == (" $ ls --all -l\n", "")


def test_lines_around(cs, talk) -> None:
    def shown(*arguments: str) -> list[str]:
        lines = cs("grep", "last", *arguments).stdout.splitlines()
        return [line if line == "--" else line[20:] for line in lines]

    assert shown("-C", "1", "gamma") == ["- beta error two errors", "  gamma", "- error"]
    assert shown("-A", "1", "gamma") == ["  gamma", "- error"]
    assert shown("-B", "1", "gamma") == ["- beta error two errors", "  gamma"]
    assert shown("-A", "1", "-m", "2", "alpha|^error") == [
        "  alpha Error one", "- beta error two errors", "--", "  error", "- käse errors_x",
    ]  # fmt: skip


def test_sessions_newest_first_with_their_names(cs, three) -> None:
    done = cs("grep", "all", "error")
    assert done.stdout.splitlines() == [
        f"{three[2][:8]} 0:00:01.000 2026-02-07 20:15:33  an error of 2",
        f"{three[0][:8]} 0:00:01.000 2026-02-07 18:15:33  an error of 0",
    ]
    oldest = cs("grep", "all", "error", "--sort", "oldest", "--no-filename").stdout.splitlines()
    assert [line.split("  ")[1] for line in oldest] == ["an error of 0", "an error of 2"]
    assert cs("grep", "-H", "last", "error").stdout.startswith(three[2][:8])


def test_ids_and_counts(cs, three) -> None:
    assert cs("grep", "-l", "all", "error").stdout.split() == [three[2], three[0]]
    without = cs("grep", "-L", "all", "error")
    assert (without.stdout, without.returncode) == (f"{three[1]}\n", 0)
    assert cs("grep", "-c", "all", "error").stdout.split() == [f"{three[2]}:1", f"{three[0]}:1"]
    quiet = cs("grep", "-q", "all", "error")
    assert (quiet.stdout, quiet.returncode) == ("", 0)


@pytest.fixture
def kinds(home: Path) -> list[str]:
    """As `three`, each with another tag, directory and command; all say `error`."""
    return [
        store_log(
            home,
            start(title=f"talk {number}", tags=[tag], cwd=f"/srv/{tag}/src", command=["make", tag]),
            Said(1000, b"an error\r\n"),
            ended(3000),
            beginning_us=BEGINNING_US + number * HOUR_US,
        )
        for number, tag in enumerate(("red", "green", "blue"))
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["all", "error"], [2, 1, 0]),
        (["last", "error"], [2]),
        (["last~1", "error"], [1]),
        (["last", "last~2", "error"], [2, 0]),
        (["-e", "error"], [2, 1, 0]),
        (["--title", "talk 2", "error"], [2]),
        (["--title", "*2", "--title", "talk ?", "error"], [2, 1, 0]),
        (["--tag", "RED", "error"], [0]),
        (["--tag", "[rg]*", "error"], [1, 0]),
        (["--cwd", "/srv/green", "error"], [1]),
        (["--cwd", "/srv/*", "error"], [2, 1, 0]),
        (["--command", "make blue", "error"], [2]),
        (["--tag", "red", "--command", "blue", "error"], []),
        (["--since", "2026-02-07T19:00:00Z", "error"], [2, 1]),
        (["--until", "2026-02-07T19:00:00Z", "error"], [0]),
        (["--since", "2026-02-07 19:00", "--until", "2026-02-07 20:00", "error"], [1]),
    ],
)
def test_which_sessions(cs, kinds, arguments: list[str], expected: list[int]) -> None:
    done = cs("grep", "-l", *arguments)
    assert done.stdout.split() == [kinds[number] for number in expected]


def test_a_session_by_prefix_and_by_path(cs, kinds, home: Path, tmp_path: Path) -> None:
    assert cs("grep", "-l", kinds[1][:8], "error").stdout == f"{kinds[1]}\n"
    path = tmp_path / "copy.jsonl"
    path.write_bytes((home / "logs" / f"{kinds[0]}.jsonl").read_bytes())
    assert cs("grep", "-l", path, "error").stdout == f"{path}\n"


def test_lines_of_a_time_within_a_session(cs, home: Path) -> None:
    said = [
        Said(n * 60_000, b"\x1b[H\x1b[J" + text)
        for n, text in enumerate((b"one x", b"two x", b"three x"))
    ]
    store_log(home, start(), *said, ended(170_000))

    def shown(*arguments: str) -> list[str]:
        return [
            line.split("  ")[1] for line in cs("grep", "last", "x", *arguments).stdout.splitlines()
        ]

    assert shown("--since", "2026-02-07T18:17:00Z") == ["two x", "three x"]
    assert shown("--until", "2026-02-07T18:17:00Z") == ["one x", "two x"]
    assert shown("--since", "2026-02-07T18:16:40Z", "--until", "2026-02-07T18:17:00Z") == ["two x"]


@pytest.mark.parametrize("when", ["auto", "never", "always"])
def test_colour(cs, talk, monkeypatch, when: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    coloured = "\x1b[" in cs("grep", "--color", when, "last", "gamma").stdout
    assert coloured is (when == "always")


def test_words_over_the_end_of_a_line(cs, home) -> None:
    box = "│ Unable to connect  │\r\n│   to Anthropic now │\r\n".encode()
    store_log(home, start(), Said(1000, box), ended(5000))
    found = cs("grep", "last", "connect to anthropic", "-i")
    assert found.stdout.split("  ", 1)[1] == "│ Unable to connect  │ ↵ │   to Anthropic now │\n"
    assert cs("grep", "last", "connect to Anthropic", "--exact").returncode == 1
    assert cs("grep", "last", "-F", "connect to Anthropic").returncode == 0
    parts = cs("grep", "last", "-o", "connect to Anthropic").stdout.splitlines()
    assert [line.split("  ")[1] for line in parts] == ["connect", "to Anthropic"]
    assert cs("grep", "last", "(connect|talk) to [A-Z]\\w+").returncode == 1
    flowing = cs("grep", "last", "--flow", "-o", "(connect|talk) to [A-Z]\\w+").stdout.splitlines()
    assert [line.split("  ")[1] for line in flowing] == ["connect", "to Anthropic"]
    assert cs("grep", "last", "--flow", "-i", "-c", "UNABLE to (?:x|connect)").stdout == "1\n"
    done = cs("grep", "last", "--flow", r"(?=connect) to")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_what_was_typed(cs, home) -> None:
    said = [Said(1000, b"$ "), Said(1500, b"ls -l", "input"), Said(1510, b"ls -l"),
            Said(2500, b"\r", "input"), Said(2510, b"\r\nls -l said this\r\n$ ")]  # fmt: skip
    store_log(home, start(), *said, ended(5000))
    assert cs("grep", "--input", "last", "ls").stdout.endswith("  $ ls -l\n")
    assert cs("grep", "--output", "last", "ls").stdout.endswith("  ls -l said this\n")


def test_what_only_flashed(cs, home) -> None:
    shown = [
        Said(500, b"\x1b[?1049hbefore"),
        Said(1000, b"\x1b[5Hflashing by"),
        Said(1200, b"\x1b[2K"),
    ]
    store_log(home, start(), *shown, ended(5000))
    assert cs("grep", "last", "flashing").returncode == 1
    assert cs("grep", "--transient", "last", "flashing").stdout.endswith("  flashing by\n")


def test_a_counter_is_one_hit_unless_each_value_is_wanted(cs, home) -> None:
    values = [
        Said(1000 * number, f"\r\x1b[Kagain in {10 - number} s".encode()) for number in range(1, 10)
    ]
    store_log(home, start(), *values, ended(15_000))
    assert cs("grep", "last", "again").stdout.endswith(" x9  again in 1 s\n")
    assert cs("grep", "-c", "last", "again").stdout == "1\n"
    assert cs("grep", "last", "in 7").stdout.endswith("  again in 7 s\n")
    assert len(cs("grep", "--transient", "last", "again").stdout.splitlines()) == len(values)
    assert len(cs("grep", "-o", "last", "in .").stdout.splitlines()) == len(values)


def test_a_blank_that_does_not_break_is_a_blank(cs, home) -> None:
    """A prompt has it while it is typed at, and the talk does not: a person sees one line."""
    prompt, talk = "\x1b[2;1H»\u00a0mend it", "\x1b[2;1H\x1b[2K\x1b[1;1H» mend it"
    store_log(home, start(), Said(500, prompt.encode()), Said(2500, talk.encode()), ended(6000))
    for pattern in ("mend", "» mend", "mend it"):
        (line,) = cs("grep", "last", pattern).stdout.splitlines()
        assert line.startswith("0:00:00.500 ")
        assert line.endswith(" x2  »\u00a0mend it")


def test_raw_bytes(cs, home) -> None:
    store_log(home, start(), Said(1000, b"\x1b[31mred\x1b[m ink\r\n"), Said(2000, b"ls\r", "input"))
    assert cs("grep", "--raw", "last", "red").stdout.endswith("  \\x1b[31mred\\x1b[m ink\n")
    assert cs("grep", "--raw", "last", "red ink").returncode == 1
    assert cs("grep", "--raw", "--input", "last", "^ls$").returncode == 0


def test_json_is_ripgreps(cs, talk) -> None:
    lines = cs("grep", "--json", "-A", "1", "last", "k.se|two", "-m", "1").stdout.splitlines()
    begin, match, context, end, summary = [json.loads(line) for line in lines]
    assert [one["type"] for one in (begin, match, context, end, summary)] == [
        "begin", "match", "context", "end", "summary",
    ]  # fmt: skip
    data = match["data"]
    assert data["lines"]["text"] == "beta error two errors\n"
    assert data["submatches"] == [{"match": {"text": "two"}, "start": 11, "end": 14}]
    assert (data["session_id"], data["at_s"], data["at"]) == (talk, 1.0, "2026-02-07T18:15:33.123Z")
    assert (data["count"], data["typed"]) == (1, False)
    assert data["last_s"] >= data["first_s"]
    assert context["data"]["lines"]["text"] == "gamma\n"
    assert end["data"]["stats"] == {"matched_lines": 1, "matches": 1}
    assert summary["data"]["stats"]["searches_with_match"] == 1
    other = cs("grep", "--json", "last", "errors_x").stdout.splitlines()[1]
    assert json.loads(other)["data"]["submatches"][0]["start"] == 6


def test_how_often_a_line_came(cs, home) -> None:
    lines = [
        Said(1000 * n, b"\x1b[H\x1b[J%s" % (b"the same" if n % 2 else b"")) for n in range(1, 6)
    ]
    store_log(home, start(), *lines, ended(9000))
    assert cs("grep", "last", "same").stdout == "0:00:01.000 18:15:33 x3  the same\n"


def test_a_pattern_that_could_run_away(cs, home) -> None:
    store_log(home, start(cols=200), Said(1000, b"a" * 190 + b"!\r\n"), ended(5000))
    done = cs("grep", "last", "(a+)+$")
    assert (done.returncode, done.stderr) == (1, "")
    given_up = cs("grep", "last", r"(a+)+(?=b)!")
    assert given_up.returncode == 1
    assert "gave up on 1 line" in given_up.stderr


def test_a_session_that_cannot_be_read_does_not_hide_the_others(cs, three, tmp_path) -> None:
    done = cs("grep", "all", tmp_path / "none.jsonl", "error")
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.jsonl" in done.stderr


def test_many_sessions_are_searched_by_several_processes_in_order(cs, three) -> None:
    """Without lines in the index these are taken for large ones."""
    first = cs("grep", "all", "error|well").stdout
    assert first == cs("grep", "all", "error|well").stdout
    assert first.count("\n") == 3
