"""typescript: classic and advanced, with and without a timing file, and what script itself says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.damage import Damage
from formats.interchange.left_out import LeftOut
from formats.interchange.typescript import write_typescript
from formats.interchange.typescript_reading import (
    is_timing,
    is_typescript,
    read_typescript,
    said_in_timing,
)
from tests.support.foreign import joined, opened, plain, said, sessions
from tests.support.logs import BEGINNING_US

EXIT: dict[str, Any] = {"type": "exit", "status": 3, "reason": "exited"}
SMALL = said(
    (0, b"h\xc3\xa9llo\xff\r\n"),
    (123, b"typed", "input"),
    (1500, {"type": "resize", "cols": 120, "rows": 40}),
    (2000, b"\x1b[1mend"),
    (2001, EXIT),
)


def _written(entries: Any, *, advanced: bool = True) -> tuple[bytes, bytes, bytes, LeftOut]:
    left_out = LeftOut()
    pieces = list(write_typescript(entries, left_out, advanced=advanced, names=("out", "in")))
    output, typed, timing = (b"".join(parts) for parts in zip(*pieces, strict=True))
    return output, typed, timing, left_out


def _read(output: bytes, timing: bytes | None, typed: bytes | None = None) -> tuple[Any, Damage]:
    damage = Damage()
    entries = read_typescript(
        opened(output),
        None if timing is None else opened(timing),
        "file",
        damage,
        5_000_000,
        open_log=lambda name: opened(typed) if typed is not None and name == "in" else None,
    )
    return list(entries), damage


def test_advanced_as_it_is_written() -> None:
    output, typed, timing, left_out = _written(SMALL)
    assert output == (
        b"Script started on 2026-02-07 18:15:32+00:00 [COMMAND=\"bash -c 'echo '\"'\"'x'\"'\"''\" "
        b'TERM="xterm-256color" COLUMNS="100" LINES="30"]\n'
        b"h\xc3\xa9llo\xff\r\n\x1b[1mend"
        b'\nScript done on 2026-02-07 18:15:34+00:00 [COMMAND_EXIT_CODE="3"]\n'
    )
    assert typed.startswith(b"Script started on ")
    assert b"]\ntyped\nScript done" in typed
    assert timing.decode().splitlines()[7:] == [
        "O 0.000000 9",
        "H 0.000000 INPUT_LOG in",
        "I 0.123000 5",
        "S 1.377000 SIGWINCH ROWS=40 COLS=120",
        "O 0.500000 7",
        "H 0.000000 DURATION 2.001000",
        "H 0.000000 EXIT_CODE 3",
    ]
    assert said_in_timing(timing)[b"OUTPUT_LOG"] == b"out"
    assert not left_out


def test_an_end_that_nobody_saw_has_no_status() -> None:
    died = said((0, b"x"), (1, {"type": "exit", "reason": "recorder died"}))
    output, _, timing, left_out = _written(died)
    assert b"EXIT_CODE" not in output + timing
    assert not left_out


def test_classic_as_it_is_written() -> None:
    _, typed, timing, left_out = _written(SMALL, advanced=False)
    assert timing == b"0.000000 9\n2.000000 7\n"
    assert typed == b""
    assert left_out.summary() == "1 entry of input, 1 change of size"


def test_all_of_it_comes_back_from_advanced() -> None:
    output, typed, timing, _ = _written(SMALL)
    entries, damage = _read(output, timing, typed)
    assert plain(entries) == plain(SMALL)
    assert entries[0].time_us == BEGINNING_US // 1_000_000 * 1_000_000
    event = entries[0].event
    assert (event["cols"], event["rows"], event["term"]) == (100, 30, "xterm-256color")
    assert event["command"] == ["bash", "-c", "echo 'x'"]
    assert event["env"] == {"SHELL": "/bin/bash"}
    assert not damage
    assert is_timing(timing)
    assert is_typescript(output)


@given(session=sessions(st.binary()))
def test_any_bytes_and_sizes_come_back_equal(session: Any) -> None:
    output, typed, timing, _ = _written(session)
    entries, damage = _read(output, timing, typed or None)
    wanted = [e for e in plain(session) if (e[3] or {}).get("type") != "marker"]
    # Of how it ended nothing is told, for nothing was.
    assert plain(entries) == wanted
    assert not damage


@given(session=sessions(st.binary()))
def test_output_comes_back_equal_from_classic(session: Any) -> None:
    output, _, timing, _ = _written(session, advanced=False)
    entries, damage = _read(output, timing)
    exits = [e[3] for e in plain(session) if (e[3] or {}).get("type") == "exit"]
    assert [e for e in plain(entries) if not e[3]] == [
        e for e in plain(session) if e[1] == "output" and not e[3]
    ]
    assert [e[3] for e in plain(entries) if e[3]] == exits
    assert not damage


def test_what_script_says_where_it_has_no_terminal_and_its_timing_is_classic() -> None:
    output = (
        b'Script started on 2026-11-27 21:20:14+00:00 [COMMAND="make" <not executed on terminal>]\n'
        b'noisy\r\n\nScript done on 2026-11-27 21:20:14+00:00 [COMMAND_EXIT_CODE="4"]\n'
    )
    entries, damage = _read(output, b"0.010139 7\n")
    assert entries[0].event["command"] == ["make"]
    assert plain(entries) == [
        (10_139, "output", b"noisy\r\n", None),
        (10_139, "output", b"", EXIT | {"status": 4}),
    ]
    assert not damage
    # A timing file that tells of less than there is does not make a last line of what is left.
    assert len(_read(output, b"0.010139 3\n")[0]) == 2


def test_without_timing_all_of_it_is_at_once() -> None:
    output, _, _, _ = _written(SMALL)
    entries, _ = _read(output, None)
    assert plain(entries) == [
        (0, "output", b"h\xc3\xa9llo\xff\r\n\x1b[1mend", None),
        (0, "output", b"", EXIT),
    ]
    assert (entries[0].event["cols"], entries[0].event["rows"]) == (100, 30)


def test_one_log_of_both_is_read_in_the_order_of_its_timing() -> None:
    both = b"Script started on some day\nouttypedmore"
    entries, _ = _read(both, b"O 0.1 3\nI 0.2 5\nO 0.3 4\n")
    assert joined(entries) == [
        (100, "output", b"out"),
        (300, "input", b"typed"),
        (600, "output", b"more"),
    ]
    assert entries[0].time_us == 5_000_000


@pytest.mark.parametrize(
    ("timing", "data", "lines", "torn"),
    [
        (b"0.1 3\nnonsense\n0.1 3\n", b"onetwo", 1, 0),
        (b"0.1 3\n0.1 99999999999999\n", b"onetwo", 0, 1),
        (b"0.1 3\n9999999999.0 3\n", b"onetwo", 0, 0),
        (b"O 0.1 3\nO 0.1 x\nX\n\xff\n", b"one", 3, 0),
    ],
)
def test_a_damaged_timing(timing: bytes, data: bytes, lines: int, torn: int) -> None:
    entries, damage = _read(b"Script started on x\nonetwo", timing)
    assert b"".join(e.data for e in entries) == data
    assert (damage.lines, damage.torn) == (lines, torn)
    assert entries[-1].time_us - entries[0].time_us <= 400_000


def test_a_first_line_without_an_end_is_no_first_line() -> None:
    entries, _ = _read(b"Script started on" + b"x" * 100_000, None)
    assert len(b"".join(e.data for e in entries)) == 100_017


def test_what_was_typed_without_its_file_is_counted() -> None:
    output, _, timing, _ = _written(SMALL)
    entries, damage = _read(output, timing)
    assert [one[1] for one in joined(entries)] == ["output", "output"]
    assert damage.lines == 1
    assert "what was typed is in no file here" in (damage.first or "")
