"""`cs-text`: a session as a person would read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("utc")

BOX = "╭──────────╮\r\n│ in a box │\r\n╰──────────╯\r\n".encode()


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(
        home,
        start(title="a talk"),
        Said(1000, b"$ "),
        Said(1500, b"make it", "input"),
        Said(1510, b"make it"),
        Said(2500, b"\r", "input"),
        Said(2510, b"\r\n" + BOX + b"made\r\n"),
        ended(9000),
    )


def test_lines_without_their_boxes(cs, talk) -> None:
    done = cs("text", "last")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "$ make it\nin a box\nmade\n"


def test_from_and_to_with_times(cs, talk) -> None:
    lines = cs("text", "last", "--from", "2", "--times").stdout.splitlines()
    assert lines == ["0:00:02.510 18:15:34  in a box", "0:00:02.510 18:15:34  made"]
    assert cs("text", "last", "--to", "2").stdout == "$ make it\n"


def test_what_was_typed_makes_headings(cs, talk) -> None:
    shown = cs("text", "last", "--markdown").stdout
    assert shown.startswith("# a talk\n")
    assert "## 18:15:33  make it\n\n`````text\nin a box\nmade\n`````\n" in shown


def test_json(cs, talk) -> None:
    first, *_ = [json.loads(line) for line in cs("text", "last", "--json").stdout.splitlines()]
    assert (first["text"], first["typed"], first["session_id"]) == ("$ make it", True, talk)
    assert first["first"].startswith("2026-02-07T18:15:33")


@pytest.mark.parametrize("arguments", [[], ["nosuch"], ["last", "--from", "x"]])
def test_errors_are_one_line(cs, talk, arguments: list[str]) -> None:
    done = cs("text", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_help_says_what_comes_out(cs) -> None:
    done = cs("text", "--help")
    assert (done.returncode, "examples:" in done.stdout) == (0, True)


def test_headings_are_what_was_typed_and_no_markdown(cs, home: Path) -> None:
    """Behind the prompts of a shell and of Python, also where a statement goes on."""
    said: list[Said] = []
    for number, (prompt, typed) in enumerate(
        [("$ ", "ls *_x"), ("... ", "return [x]"), (">>> ", "# no")]
    ):
        at = 2000 * number
        said += [Said(at + 100, prompt.encode()), Said(at + 500, typed.encode(), "input"),
                 Said(at + 510, typed.encode()), Said(at + 1500, b"\r", "input"),
                 Said(at + 1510, b"\r\n")]  # fmt: skip
    store_log(home, start(), *said, ended(9000))
    shown = cs("text", "last", "--markdown").stdout
    headings = [line[13:] for line in shown.splitlines() if line.startswith("## ")]
    assert headings == [r"ls \*\_x", r"return \[x]", r"\# no"]


@pytest.mark.parametrize(
    "prompt",
    [
        "me@host:~/app$ ",
        "(venv) me@host:~/app$ ",
        "[me@host app]$ ",
        "me@host ~/app> ",
        "me@host ~/app (main) [127]# ",
        "(gdb) ",
        "app=> ",
        "\u276f ",
    ],
)
def test_headings_are_without_the_prompts_of_all_kinds_of_shells(
    cs, home: Path, prompt: str
) -> None:
    typed = b"echo me@host > file"
    said = [Said(100, prompt.encode()), Said(500, typed, "input"), Said(510, typed)]
    said += [Said(1500, b"\r", "input"), Said(1510, b"\r\n")]
    store_log(home, start(), *said, ended(9000))
    shown = cs("text", "last", "--markdown").stdout
    headings = [line[13:] for line in shown.splitlines() if line.startswith("## ")]
    assert headings == ["echo me@host > file"]


@pytest.mark.parametrize("each_ms", [1, 5, 30, 200])
def test_a_list_whose_lines_differ_in_numbers_only_is_no_counter(
    cs, home: Path, each_ms: int
) -> None:
    rows = [f"test {number} passed in {number * 7 % 100} ms" for number in range(400)]
    said = [Said(each_ms * number, f"{row}\r\n".encode()) for number, row in enumerate(rows)]
    store_log(home, start(), *said, ended(each_ms * 400 + 5000))
    assert cs("text", "last").stdout.splitlines() == rows


def test_a_blank_that_does_not_break_makes_no_other_line(cs, home: Path) -> None:
    """Claude Code has one behind the prompt while it is typed at, and none in the talk."""
    prompt, talk = "\x1b[2;1H>\u00a0mend it", "\x1b[2;1H\x1b[2K\x1b[1;1H> mend it"
    said = [Said(500, b"mend it", "input"), Said(510, prompt.encode()), Said(1500, b"\r", "input"),
            Said(2500, talk.encode()), Said(3000, b"\r\ndone")]  # fmt: skip
    store_log(home, start(), *said, ended(6000))
    assert cs("text", "last").stdout.splitlines() == [">\u00a0mend it", "done"]


def test_of_a_counter_the_last_value_is_read_though_one_came_twice(cs, home: Path) -> None:
    values = [3, 2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    frames = [
        Said(1000 * number, f"\x1b[2;1H\x1b[KNobody there, again in {value} s".encode())
        for number, value in enumerate(values)
    ]
    said = [Said(0, b"hello"), *frames, Said(13_000, b"\r\nbye")]
    store_log(home, start(), *said, ended(15_000))
    assert cs("text", "last").stdout.splitlines() == [
        "hello", "Nobody there, again in 1 s", "bye",
    ]  # fmt: skip


def test_what_is_at_work_says_so_once(cs, home: Path) -> None:
    """However often it comes again; and a bullet before its text is none."""
    frames = [
        Said(3000 * number, b"\x1b[H\x1b[J" + row.encode())
        for number, row in enumerate(
            [
                "✻ Thinking… (2s)",
                "●",
                "● an answer",
                "✽ Thinking… (9s)",
                "1.",
                "✓ 61 passed",
                "✓ 7 passed",
            ]
        )
    ]
    store_log(home, start(), *frames, ended(30_000))
    assert cs("text", "last").stdout.splitlines() == [
        "✻ Thinking… (2s)", "● an answer", "✓ 7 passed",
    ]  # fmt: skip
