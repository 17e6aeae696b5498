"""Listing: cells, columns that fit, JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import timestamp
from formats.layout import Home
from formats.meta import Meta
from formats.session import Session
from formats.store import Listed
from player.console import cells, cut, size_text
from player.index.summary import Summary
from player.sessions.listing import HEADINGS, as_json, duration, row, tabbed, table
from player.sessions.overview import Overview, overview
from tests.support.logs import Said, write_log

pytestmark = pytest.mark.usefixtures("utc")

SESSION = "2f0c6a3e-6f5b-4a53-9d0e-1c7a3c1f5b11"
START_US = timestamp.parse("2026-02-07T18:15:32.123Z")
S = 1_000_000
NOW_US = START_US + 3600 * S
META = Meta(
    session_id=SESSION, state="ended", command=["claude", "-p", "two words"], cwd="/home/ann/work",
    title="release", tags=["a"], term="xterm", cols=120, rows=40, idle_limit_s=None,
    start_us=START_US, end_us=START_US + 83 * S, entries=7, input_bytes=3, output_bytes=4000,
    log_bytes=9000, open_bytes=9000, segments=1, markers=0, exit_status=0, exit_signal=None,
    exit_reason="exited",
)  # fmt: skip


HOME = Home("/nowhere")
SUMMARY = Summary(START_US, 451, 71 * S, "fixing the parser", "make it so", 3)


def listed(
    *, live: bool = False, disk_bytes: int = 6209, summary: Summary | None = None, **changes
) -> Overview:
    one = Listed(Session(SESSION, "/logs"), META._replace(**changes), live, disk_bytes)
    return overview(HOME, one, NOW_US)._replace(summary=summary)


def cell(shown: Overview, heading: str) -> str:
    return row(shown, NOW_US)[HEADINGS.index(heading)]


def test_a_row_says_it_all() -> None:
    assert row(listed(summary=SUMMARY), NOW_US) == (
        "2f0c6a3e",
        "done",
        "60m",
        "71s",
        "451",
        "release",
        "/home/ann/work",
        "claude -p 'two words'",
        "6.2 kB",
        "1.4",
    )


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "done"),
        ({"exit_status": 3}, "failed 3"),
        ({"exit_status": None, "exit_signal": 9}, "failed SIGKILL"),
        ({"exit_status": None, "exit_signal": 250}, "failed signal 250"),
        ({"exit_status": None, "exit_reason": "recorder died"}, "failed"),
        ({"exit_status": None, "command": []}, "done"),  # another writer's: nobody said
        ({"exit_status": None, "live": True}, "recording"),
    ],
)
def test_the_state(changes, shown: str) -> None:
    assert cell(listed(**changes), "STATE") == shown


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "release"),
        ({"title": None}, "fixing the parser"),
        ({"title": None, "summary": SUMMARY._replace(title="")}, "make it so"),
        ({"title": None, "summary": None}, ""),
    ],
)
def test_the_title(changes, shown: str) -> None:
    assert cell(listed(**{"summary": SUMMARY, **changes}), "TITLE") == shown


def test_what_is_not_known_is_a_dash() -> None:
    shown = listed()
    assert [cell(shown, heading) for heading in ("ACTIVE", "LINES")] == ["-", "-"]
    assert as_json(shown, NOW_US)["lines"] is None


def test_a_session_that_is_recorded_lasts_until_now() -> None:
    shown = listed(live=True, end_us=None, exit_status=None)
    assert as_json(shown, NOW_US)["length_s"] == 3600.0
    assert as_json(shown, NOW_US)["end"] is None
    assert as_json(shown, START_US - S)["length_s"] == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"),
        (2 * 86_400, "2d"), (14 * 86_400, "2w"), (800 * 86_400, "2y"),
    ],
)  # fmt: skip
def test_durations(seconds: int, text: str) -> None:
    assert duration(seconds * S) == text


@pytest.mark.parametrize(
    ("cwd", "shown"),
    [
        ("/home/ann/work", "~/work"),
        ("/home/ann", "~"),
        ("/home/anna", "/home/anna"),
        ("/", "/"),
        (None, ""),
    ],
)
def test_the_users_own_home_is_a_tilde(cwd: str | None, shown: str) -> None:
    assert row(listed(cwd=cwd), NOW_US, "/home/ann")[HEADINGS.index("DIRECTORY")] == shown


def test_what_a_session_says_cannot_act_on_the_terminal() -> None:
    shown = row(listed(title="\x1b]0;x\x07\ttab\n", command=["\x9b31m"], cwd="/\u202e"), NOW_US)
    assert all(cell.isprintable() for cell in shown)
    assert "\t".join(shown).count("\t") == len(HEADINGS) - 1


def test_json_has_every_field_and_plain_types() -> None:
    fields = as_json(listed(), NOW_US)
    assert fields["session_id"] == SESSION
    assert fields["path"] == f"/logs/{SESSION}.jsonl"
    assert (fields["start"], fields["end"]) == (
        "2026-02-07T18:15:32.123Z",
        "2026-02-07T18:16:55.123Z",
    )
    assert fields["length_s"] == 83.0
    assert fields["size_bytes"] == 6209
    assert fields["recording"] is False
    assert as_json(listed(cols=0, rows=0), NOW_US)["cols"] is None


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (6209, "6.2 kB"), (9949, "9.9 kB"),
        (9951, "10 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (13_000_000, "13 MB"),
        (5 * 10**9, "5.0 GB"), (7 * 10**12, "7.0 TB"),
    ],
)  # fmt: skip
def test_sizes(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


def test_a_wide_table_cuts_nothing_and_lines_up() -> None:
    rows = [row(listed(), NOW_US), row(listed(title="x" * 30, disk_bytes=5), NOW_US)]
    heading, first, second = table(rows, 200)
    assert heading.split() == list(HEADINGS)
    assert "claude -p 'two words'" in first
    assert first.index("/home/ann/work") == second.index("/home/ann/work")
    assert heading.index("DIRECTORY") == first.index("/home/ann/work")
    assert "…" not in first + second


def test_a_narrow_table_cuts_title_and_command_at_the_end_the_directory_at_its_beginning() -> None:
    long = listed(command=["make", "x" * 99], title="t" * 99, cwd="/a" * 50 + "/project")
    (headings, line) = table([row(long, NOW_US)], 80)
    assert cells(line) <= 80
    assert " tttt" in line
    assert " make x" in line
    assert "ect  " in line
    assert line.count("…") == 3
    assert headings.split() == [
        "ID", "STATE", "AGE", "ACTIVE", "LINES", "TITLE", "DIRECTORY", "COMMAND",
    ]  # fmt: skip
    (headings, line) = table([row(long, NOW_US)], 50)
    assert cells(line) <= 50
    assert headings.split()[:4] == ["ID", "STATE", "AGE", "TITLE"]


def test_a_log_that_lies_elsewhere_is_called_by_its_file(tmp_path) -> None:
    path = tmp_path / "talk.jsonl"
    write_log(path, Said(0, b"x"))
    one = Listed(Session.at(str(path)), META._replace(title=None), live=False, disk_bytes=1)
    shown = overview(HOME, one, NOW_US)
    assert row(shown, NOW_US)[HEADINGS.index("TITLE")] == "talk.jsonl"
    assert as_json(shown, NOW_US)["title"] is None


def test_the_title_takes_no_room_when_nobody_has_one() -> None:
    heading, _ = table([row(listed(title=None), NOW_US)], 100)
    assert "TITLE" not in heading


WIDE = "日本語のタイトル"


def test_wide_characters_take_two_cells() -> None:
    assert cells(WIDE) == 16
    assert cells("e\u0301") == 1
    assert cut(WIDE, 7) == "日本語…"
    assert cut(WIDE, 6) == "日本…"
    assert cut(WIDE, 5, keep_end=True) == "…トル"
    assert cut("x", 0) == ""


@given(
    st.lists(st.tuples(*[st.text("ab日\u0301 ", max_size=30)] * len(HEADINGS)), max_size=4),
    st.integers(1, 250),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]], width: int) -> None:
    assert all(cells(line) <= width for line in table(rows, width))


def test_for_programs_a_line_has_all_cells_in_full() -> None:
    long = row(listed(title="t" * 300), NOW_US)
    assert tabbed([long]) == ["\t".join(long)]
