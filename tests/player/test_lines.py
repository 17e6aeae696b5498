"""Screen lines: small streams with each style's trap, and properties over any bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from formats.entry import INPUT, OUTPUT, Entry
from formats.size import Size
from player.lines.extractor import LineExtractor, ScreenLine, screen_lines
from player.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

SESSION = "0d4a4d3e-6a4b-4c43-9f0e-2b7d1c1f5a10"
MS = 1000
START_US = 1_770_488_132_123_000
SIZE = Size(80, 24)
LONG_MS = 1000
FLASH_MS = 40


def entries_of(*steps: tuple[int, bytes | Size]) -> list[Entry]:
    """Entries from (milliseconds since the start, bytes written or new size)."""
    entries = []
    for at_ms, what in steps:
        data = what if isinstance(what, bytes) else b""
        event = None
        if isinstance(what, Size):
            event = {"type": "resize", "cols": what.cols, "rows": what.rows}
        entries.append(Entry(START_US + at_ms * MS, SESSION, OUTPUT, data, event))
    return entries


def at_intervals(every_ms: int, *data: bytes, start_ms: int = 0) -> list[tuple[int, bytes]]:
    return [(start_ms + number * every_ms, part) for number, part in enumerate(data)]


def lines_of(*steps: tuple[int, bytes | Size], size: Size = SIZE) -> list[ScreenLine]:
    return list(screen_lines(entries_of(*steps), size))


def texts(lines: Iterable[ScreenLine]) -> list[str]:
    return [line.text for line in lines]


def the_line(lines: Iterable[ScreenLine], words: str) -> ScreenLine:
    found = [line for line in lines if words in line.text]
    assert len(found) == 1, found
    return found[0]


def since_start_ms(time_us: int) -> float:
    return (time_us - START_US) / MS


def place(row: int, col: int, text: str = "") -> bytes:
    return b"\x1b[%d;%dH" % (row, col) + text.encode()


END = (LONG_MS * 20, b"\a")


def test_nothing_gives_nothing() -> None:
    assert lines_of() == []
    assert lines_of((0, b""), (5, Size(100, 30))) == []


def test_a_line_with_its_times() -> None:
    lines = lines_of((0, b"\x1b[2J"), (500, b"hello  \r\n"), (2500, b"\x1b[H\x1b[2Jbye"), END)
    line = the_line(lines, "hello")
    assert line.text == "hello"
    assert since_start_ms(line.first_us) == 500
    assert 2499 <= since_start_ms(line.last_us) < 2500
    assert line.count == 1


def test_words_placed_by_cursor_moves() -> None:
    words = [("Unable", 2), ("to", 9), ("connect", 12), ("to", 20), ("Anthropic", 23)]
    drawn = b"".join(b"\x1b[%dG%s" % (col, word.encode()) for word, col in words)
    lines = lines_of((0, drawn + b"\r\n"), END)
    assert texts(lines) == [" Unable to connect to Anthropic"]


def test_cells_that_are_drawn_apart_and_in_any_order() -> None:
    lines = lines_of((0, place(3, 11, "world")), (300, place(3, 5, "hello")), END)
    assert "    hello world" in texts(lines)


def test_a_phrase_split_over_entries() -> None:
    lines = lines_of(*at_intervals(3, *(bytes([byte]) for byte in "größer ⎿ drei".encode())), END)
    assert texts(lines) == ["größer ⎿ drei"]


def test_a_line_that_grows_is_one_line_and_knows_when_it_was_shorter() -> None:
    words = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog"]
    steps = at_intervals(300, *(f"{word} ".encode() for word in words))
    line = the_line(lines_of(*steps, END), "quick")
    assert line.text == " ".join(words)
    assert since_start_ms(line.first_us) == 300 * (len(words) - 1)
    assert since_start_ms(line.seen_us(len("the quick"))) == 300
    assert since_start_ms(line.seen_us(len("the quick br"))) == 600
    assert line.seen_us(len(line.text)) == line.first_us


def test_a_line_that_grows_while_the_blank_rows_around_it_change_is_one_line() -> None:
    text = "Shall I go on and mend the copper ledger?"
    above, below = ["three berths", "two ships"], ["> ask anything", "? for help"]

    def page(*rows: str) -> bytes:
        drawn = b"".join(place(row, 1, f"\x1b[2K{text}") for row, text in enumerate(rows, 1))
        return b"\x1b[?2026h" + drawn + b"\x1b[?2026l"

    lines = lines_of(
        (0, page("", "", "A", "", *above, "", "", "", "", *below)),
        (300, page("", "", "A", "", *above, text[:5], "", "", "", *below)),
        (400, page("", "", "A", "", *above, text[:26], "", "", "", *below)),
        (800, page("A", "", *above, "", text, "", "done", "", "", *below)),
        END,
    )
    line = the_line(lines, "Shall")
    assert (line.text, since_start_ms(line.seen_us(26))) == (text, 400)


def test_a_page_that_is_turned_is_no_growth() -> None:
    names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]

    def page(ending: str) -> bytes:
        return b"".join(place(row, 1, name + ending) for row, name in enumerate(names, 1))

    lines = lines_of((0, page("")), (900, page("-copy")), END)
    assert sorted(texts(lines)) == sorted([*names, *(f"{name}-copy" for name in names)])


def test_a_number_with_more_digits_is_another_line() -> None:
    lines = lines_of((0, b"\r\nfound: 1"), (900, b"7"), END)
    assert texts(lines) == ["found: 1", "found: 17"]


def test_typing_in_a_box_is_one_line() -> None:
    def box(text: str) -> bytes:
        return place(2, 1, f"│ > {text:<30} │")

    steps = at_intervals(350, *(box("fix the bug"[:n]) for n in range(12)))
    assert sum("│ > f" in text for text in texts(lines_of(*steps, END))) == 1


def test_a_spinner_that_only_turns_is_one_line() -> None:
    turns = [place(5, 1, f"{'✢✳✶✻✽'[n % 5]} Thinking about it") for n in range(100)]
    lines = lines_of(*at_intervals(60, *turns), (6100, b"\x1b[2J"), END)
    line = the_line(lines, "Thinking")
    assert since_start_ms(line.first_us) <= 180
    assert since_start_ms(line.last_us) >= 5900


def test_a_bullet_that_blinks_is_part_of_its_line() -> None:
    turns = [place(5, 1, f"{'● '[n % 2]} Running the tests") for n in range(12)]
    assert texts(lines_of(*at_intervals(600, *turns), END)) == ["● Running the tests"]


def test_a_mark_that_changes_and_stays_makes_another_line() -> None:
    lines = lines_of((0, place(2, 1, "☐ write the tests")), (900, place(2, 1, "☒")), END)
    assert texts(lines) == ["☐ write the tests", "☒ write the tests"]


def test_what_is_chosen_late_was_to_be_read_before() -> None:
    names = ["copper galley", "violet sloop", "quartz barge"]

    def menu(chosen: int) -> bytes:
        rows = [f"{'>' if row == chosen else ' '} {name}" for row, name in enumerate(names)]
        return b"".join(place(row, 1, text) for row, text in enumerate(rows, 3))

    lines = lines_of((0, menu(0)), (5000, menu(1)), (9000, menu(2)), END)
    for number, name in enumerate(names):
        times = {line.text[0]: line.first_us for line in lines if name in line.text}
        assert since_start_ms(min(times.values())) == 0
        assert since_start_ms(times[">"]) == [0, 5000, 9000][number]


def test_of_a_fast_counter_the_last_value_is_kept_and_of_a_slow_one_each() -> None:
    fast = [b"\rDownloading %3d%%" % n for n in range(101)]
    lines = lines_of(*at_intervals(20, *fast), END)
    assert texts(lines) == ["Downloading 100%"]
    slow = [b"\rElapsed: %d seconds" % n for n in range(4)]
    lines = lines_of(*at_intervals(1000, *slow), END)
    assert texts(lines) == [f"Elapsed: {n} seconds" for n in range(4)]
    assert [line.passing for line in lines] == [True, True, True, False]


def test_a_counter_that_what_comes_above_it_moves_is_one_line() -> None:
    def step(number: int) -> bytes:
        log = b"step %d is done: all is well\r\n" % number if number % 6 == 0 else b""
        bars = b"Fetching crates %d/60\r\nCompiling the harbor %d/90" % (number, number * 2)
        return b"\r\x1b[2K\x1b[1A\x1b[2K" + log + bars

    begun = (0, b"\r\n\r\n")
    lines = lines_of(begun, *at_intervals(60, *map(step, range(40)), start_ms=300), END)
    shown = [line.text for line in lines if not line.passing]
    assert sum("Fetching" in text for text in shown) == 1
    assert sum("Compiling" in text for text in shown) == 1
    assert sum("all is well" in text for text in shown) == 7


def test_of_pages_each_heading_is_kept() -> None:
    def page(number: int) -> bytes:
        rows = [f"Page {number} of the harbor book", *(f"{word} {number}" for word in ("a", "b"))]
        return b"\x1b[H\x1b[2J" + "\r\n".join(rows).encode()

    lines = lines_of((0, b"\x1b[?1049h"), *at_intervals(700, *map(page, range(5))), END)
    assert sum("harbor book" in text for text in texts(lines)) == 5


def test_the_last_value_that_could_be_read_passes_not() -> None:
    """Though another flashed behind it, and went with all the rest."""
    lines = lines_of(
        (0, b"\rwaited 1 second"),
        (1000, b"\rwaited 2 second"),
        (2000, b"\rwaited 3 second"),
        (2040, b"\r\x1b[Kdone\r\n"),
        END,
    )
    assert [(line.text, line.passing) for line in lines] == [
        ("waited 1 second", True), ("waited 2 second", False), ("done", False),
    ]  # fmt: skip


def test_rows_of_a_list_are_no_values_of_a_counter() -> None:
    """A page further the rows differ in digits alone, each from that in its place."""

    def page(first: int) -> bytes:
        return b"\x1b[H" + b"\r\n".join(b"request %d ok" % n for n in range(first, first + 5))

    lines = lines_of(*at_intervals(2000, page(1), page(6), page(11)), END)
    assert sorted(texts(lines)) == sorted(f"request {n} ok" for n in range(1, 16))
    assert not any(line.passing for line in lines)


def test_of_a_row_that_is_replaced_in_part_what_stood_half_a_second_is_kept() -> None:
    def row(name: str, at_ms: int) -> tuple[int, bytes]:
        return at_ms, place(3, 1, f"\x1b[KCompiling the module {name}")

    names = ["alpha", "beta", "gamma", "delta", "epsilon"]
    quick = [row(name, 1000 + 250 * number) for number, name in enumerate(names)]
    slow = [row(name, 1000 + 600 * number) for number, name in enumerate(names)]
    assert texts(lines_of((0, b"$ make"), *quick, END)) == [
        "$ make",
        "Compiling the module epsilon",
    ]
    assert len(lines_of((0, b"$ make"), *slow, END)) == 1 + len(names)
    found = list(screen_lines(entries_of((0, b"$ make"), *quick, END), SIZE, transient=True))
    assert {f"Compiling the module {name}" for name in names} <= set(texts(found))


def test_a_table_that_is_drawn_again_and_again_keeps_the_rows_it_had_half_a_second() -> None:
    """Nothing new comes for a while, then all columns are wider: looks are far from each other."""

    def table(rows: int, width: int) -> bytes:
        cells = [f"\x1b[2K| case number {n:<{width}} | {n * n:<5} |\r\n" for n in range(rows)]
        return place(1, 1) + "".join(cells).encode()

    drawn = [table(9, 1)] * 5 + [table(11, 2)] * 6
    lines = lines_of(*at_intervals(103, *drawn, start_ms=100), END)
    assert texts(lines)[:9] == [f"| case number {n} | {n * n:<5} |" for n in range(9)]


def test_what_a_line_was_for_long_is_kept_when_it_grew_only_for_a_flash() -> None:
    read = ["| the first case 4 | 36 |", "| the first case 4 | 28 |"]
    lines = lines_of(
        (0, place(5, 1, read[0])),
        (1100, place(5, 25, " soon")),
        (1240, place(5, 1, "\x1b[K" + read[1])),
        END,
    )
    assert texts(lines) == read
    assert [since_start_ms(line.first_us) for line in lines] == [0, 1240]


def test_repaints_are_the_same_line() -> None:
    frame = place(1, 1) + b"".join(b"\x1b[2Krow %d of the screen\r\n" % n for n in range(20))
    lines = lines_of(*at_intervals(33, *[frame] * 200), END)
    assert sorted(texts(lines)) == sorted(f"row {n} of the screen" for n in range(20))
    assert {line.count for line in lines} == {1}


def test_all_drawn_again_after_everything_was_erased_only_counts() -> None:
    transcript = b"".join(b"message %d of the talk\r\n" % n for n in range(100))
    again = b"\x1b[2J\x1b[3J\x1b[H" + transcript
    lines = lines_of((0, transcript), (3000, again), (6000, again), END)
    assert texts(lines) == [f"message {n} of the talk" for n in range(100)]
    # The last 23 were on the screen before and after: they never went.
    assert [line.count for line in lines] == [3] * 77 + [1] * 23
    assert all(since_start_ms(line.first_us) == 0 for line in lines)
    assert all(since_start_ms(line.last_us) >= 6000 for line in lines)


def test_what_scrolled_off_before_all_was_erased_is_not_lost() -> None:
    data = b"".join(b"gone %d\r\n" % n for n in range(50)) + b"\x1b[H\x1b[2J\x1b[3Jprompt"
    found = texts(lines_of((0, data), END))
    assert {f"gone {n}" for n in range(27)} | {"prompt"} <= set(found)


def test_a_line_of_which_a_part_has_scrolled_off_is_whole_when_all_is_cleared() -> None:
    long = "a word " * 15
    rows = "".join(f"row {number}\r\n" for number in range(22))
    for clear in (b"\x1b[H\x1b[2J\x1b[3J", b"\x1b[3J", b"\x1b[3J\x1b[H\x1b[2J"):
        lines = lines_of((0, f"{long}\r\n{rows}$ ".encode()), (900, clear), (1000, b"new"), END)
        assert the_line(lines, "word").text == long.rstrip()


def test_plain_output_of_any_speed_is_whole() -> None:
    lines = [f"{number:06d} some output of a program" for number in range(30_000)]
    data = "".join(f"{line}\r\n" for line in lines).encode()
    steps = at_intervals(1, *(data[at : at + 4095] for at in range(0, len(data), 4095)))
    assert texts(lines_of(*steps, END)) == lines


def test_a_line_that_scrolled_off_is_given_a_time_at_which_it_was_to_be_seen() -> None:
    """Two lines a millisecond: between two looks many scroll through the screen."""
    steps = at_intervals(1, *(b"number %d\r\nand %d\r\n" % (n, n) for n in range(1000)))
    entries = entries_of(*steps, END)
    assert_each_is_drawn_at_its_first_time(entries, SIZE, expected=2000)


def assert_each_is_drawn_at_its_first_time(entries: list[Entry], size: Size, expected: int) -> None:
    lines = sorted(screen_lines(entries, size), key=lambda line: line.first_us)
    assert len(lines) == expected
    screen, coming = Screen(size, 1000), iter(entries)
    entry = next(coming, None)
    for line in lines:
        while entry is not None and entry.time_us <= line.first_us:
            screen.feed(entry.data)
            entry = next(coming, None)
        assert line.text in screen.lines().decode().split("\n")


def test_full_screen_programs_leave_nothing_behind_but_are_found() -> None:
    def page(first: int) -> bytes:
        rows = b"".join(place(n + 1, 1, f"\x1b[Kentry {first + n}") for n in range(24))
        return b"\x1b[?1049h" + rows

    pages = at_intervals(600, *(page(first) for first in range(0, 240, 24)))
    lines = lines_of(*pages, (7000, b"\x1b[?1049lback in the shell"), END)
    assert sorted(texts(lines)) == sorted(
        [f"entry {n}" for n in range(240)] + ["back in the shell"]
    )


def test_scrolling_by_a_region_on_the_alternate_screen() -> None:
    begin = b"\x1b[?1049h\x1b[1;23r" + place(24, 1, "-- status --")
    scrolled = [place(23, 1) + b"\nlog entry %d" % n for n in range(200)]
    lines = lines_of((0, begin), *at_intervals(50, *scrolled, start_ms=10), END)
    found = texts(lines)
    assert {f"log entry {n}" for n in range(200)} <= set(found)
    assert len(found) == 201


def test_what_stood_before_a_full_screen_program_came_is_kept_once() -> None:
    shell = b"".join(b"before %d\r\n" % n for n in range(60))
    steps = [(0, shell), (500, b"\x1b[?1049h\x1b[Hediting"), (3000, b"\x1b[?1049lafter"), END]
    lines = lines_of(*steps)
    assert texts(lines) == [*(f"before {n}" for n in range(60)), "editing", "after"]


def test_text_wider_than_the_window_is_one_line() -> None:
    text = " ".join(f"word{n}" for n in range(60))
    lines = lines_of((0, text.encode() + b"\r\nnext\r\n"), END, size=Size(40, 24))
    assert texts(lines) == [text, "next"]


def test_a_wrapped_line_that_scrolls_off_bit_by_bit_is_one_line() -> None:
    text = " ".join(f"word{n}" for n in range(60))
    steps = at_intervals(300, text.encode(), *[b"\r\n"] * 40)
    assert texts(lines_of(*steps, END, size=Size(40, 12))) == [text]


def test_a_line_longer_than_the_screen_is_whole() -> None:
    text = " ".join(f"word{n}" for n in range(400))
    steps = at_intervals(5, *(f"{word} ".encode() for word in text.split(" ")), b"\r\n" * 30)
    lines = lines_of(*steps, END, size=Size(40, 12))
    assert max(texts(lines), key=len) == text


def test_wide_and_combining_characters() -> None:
    text = "宽字符 and e\u0301\u0323 and 👩‍💻 👍🏽 🇫🇷 ⚠️ end"
    lines = lines_of((0, b"\x1b[2;3H" + text.encode()), END)
    assert texts(lines) == ["  " + text]


def test_a_wide_character_that_does_not_fit_wraps_without_a_gap() -> None:
    lines = lines_of((0, "123456789漢字\r\n".encode()), END, size=Size(10, 5))
    assert texts(lines) == ["123456789漢字"]


def test_a_resize_makes_no_new_lines_of_the_old_ones() -> None:
    text = " ".join(f"word{n}" for n in range(30))
    steps: list[tuple[int, bytes | Size]] = [(0, text.encode() + b"\r\n$ ")]
    steps += [(1000 * n, Size(cols, rows)) for n, (cols, rows) in enumerate(RESIZES, 1)]
    lines = lines_of(*steps, END)
    assert texts(lines) == [text, "$"]
    assert [line.count for line in lines] == [1, 1]


RESIZES = [(40, 24), (120, 40), (20, 10), (200, 3), (80, 24)]


def test_what_stood_before_a_resize_is_found() -> None:
    box = "╭" + "─" * 78 + "╮\r\n"
    before = (0, box.encode() + b"half"), (290, b"\rfor a moment")
    lines = lines_of(*before, (320, Size(60, 20)), (322, b"\x1b[H\x1b[2Jafter"), END)
    assert texts(lines) == [box.rstrip(), "half", "after"]


def test_sizes_of_the_log_are_followed() -> None:
    start = Entry(START_US, SESSION, OUTPUT, b"", {"type": "start", "cols": 40, "rows": 10})
    entries = [start, *entries_of((10, place(1, 35, "edge") + place(10, 1, "bottom")), END)]
    assert texts(screen_lines(entries, Size(20, 5))) == [" " * 34 + "edge", "bottom"]


def test_a_synchronized_update_is_not_looked_at_before_its_end() -> None:
    steps: list[tuple[int, bytes]] = []
    for number in range(10):
        at = 700 * number
        steps += [
            (at, b"\x1b[?2026h\x1b[H\x1b[2Jhalf"),
            (at + 150, b"\rhalf and half %d" % number),
            (at + 300, b"\r\x1b[Kframe number %d is drawn\x1b[?2026l" % number),
        ]
    found = texts(lines_of(*steps, END))
    assert found == [f"frame number {n} is drawn" for n in range(10)]


def test_an_update_that_never_ends_is_looked_at_all_the_same() -> None:
    lines = lines_of((0, b"\x1b[?2026hstuck here"), (4000, b"\x1b[?2026l\x1b[H\x1b[2Jfree"), END)
    assert texts(lines) == ["stuck here", "free"]


def test_what_flashed_is_forgotten_and_what_stood_a_quarter_of_a_second_is_not() -> None:
    def flash(text: str, at_ms: int, for_ms: int) -> list[tuple[int, bytes]]:
        return [(at_ms, place(5, 1, text)), (at_ms + for_ms, place(5, 1, "\x1b[K"))]

    steps = [(0, b"$ "), *flash("too short to be read", 3000, 30), *flash("just read", 6000, 250)]
    assert texts(lines_of(*steps, END)) == ["$", "just read"]


def test_what_stands_at_the_end_stood() -> None:
    assert texts(lines_of((0, b"Error: no such file\r\n"))) == ["Error: no such file"]
    lines = lines_of((0, b"$ "), (500, b"\x1b[H\x1b[2Jlast words"))
    assert texts(lines) == ["$", "last words"]


def test_output_without_a_rest_is_looked_at_too() -> None:
    frames = [place(1, 1, f"\x1b[2Jalways busy {n % 3}") for n in range(2000)]
    steps = at_intervals(2, *frames)
    assert "always busy" in " ".join(texts(lines_of(*steps, END)))


def test_a_row_that_is_erased_and_drawn_again_stood_all_the_time() -> None:
    frames = [place(2, 1, "\x1b[2K"), place(2, 1, "still the same")] * 40
    line = the_line(lines_of(*at_intervals(120, *frames), END), "still")
    assert line.count == 1


def test_the_same_line_later_is_counted() -> None:
    steps = [(0, b"make: done\r\n"), (2000, b"\x1b[H\x1b[2J"), (9000, b"make: done\r\n"), END]
    line = the_line(lines_of(*steps), "make")
    assert (since_start_ms(line.first_us), line.count) == (0, 2)


def test_equal_lines_that_scroll_by_are_counted() -> None:
    line = the_line(lines_of((0, b"y\r\n" * 1000), END), "y")
    assert line.count >= 1000 - SIZE.rows


def test_what_was_typed_is_not_drawn() -> None:
    typed = Entry(START_US + 5 * MS, SESSION, INPUT, b"secret\r")
    entries = entries_of((0, b"$ "), END)
    assert texts(screen_lines([entries[0], typed, entries[1]], SIZE)) == ["$"]


def test_control_characters_are_no_text() -> None:
    assert texts(lines_of((0, b"a\x7fb\x00c\x07d \x7f"), END)) == ["abcd"]


def test_times_that_run_backwards_do_no_harm() -> None:
    lines = lines_of((5000, b"one\r\n"), (0, b"two\r\n"), (100, b"three\r\n"))
    assert texts(lines) == ["one", "two", "three"]
    assert {since_start_ms(line.first_us) for line in lines} == {5000}


def test_lines_may_be_taken_in_between() -> None:
    extractor = LineExtractor(SIZE)
    first = entries_of((0, b"gone soon\r\n"), (1000, b"\x1b[H\x1b[2Jstays\r\n"), (3000, b"x"))
    for entry in first:
        extractor.feed(entry)
    taken = extractor.take()
    assert texts(taken) == ["gone soon", "stays"]
    for entry in entries_of((5000, b"\r\nnew\r\n"), (8000, b"\a")):
        extractor.feed(entry)
    rest = extractor.finish()
    assert texts(rest) == ["stays", "x", "new"]
    stays = the_line(rest, "stays")
    assert taken[1].count + stays.count == 1
    assert stays.last_us > taken[1].last_us


def test_a_line_that_grew_while_it_scrolled_off_holds_when_it_is_taken_before_it_left() -> None:
    extractor = LineExtractor(SIZE)
    written = b"l\r\n" + b"".join(b"out %d\r\n" % n for n in range(60))
    # A block is drawn, and what scrolled off by it taken, before its step has ended.
    block = b"\x1b[m" * 3000
    typed = at_intervals(300, b"$ ", b"make ", b"al", written + block, start_ms=300)
    for entry in entries_of(*typed):
        extractor.feed(entry)
    lines = extractor.take(standing=False) + extractor.finish()
    the_line(lines[:10], "$ make all")
    for line in lines:
        assert line.first_us <= line.last_us
        assert all(at <= line.first_us for _, at in line.steps)


def test_lines_are_given_early_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("player.lines.extractor._HELD_BYTES", 100_000)
    data = b"".join(b"line %d of many\r\n" % n for n in range(20_000))
    steps = at_intervals(5, *(data[at : at + 8000] for at in range(0, len(data), 8000)))
    assert texts(lines_of(*steps, END)) == [f"line {n} of many" for n in range(20_000)]


def test_a_hostile_session_is_bounded() -> None:
    """A line of 10^6 columns, 60,000 combining marks, links and titles that never end."""
    long_line = b"".join(b"%d," % number for number in range(100_000, 250_000))
    steps = at_intervals(
        10,
        long_line,
        b"\r\ne" + "\u0301".encode() * 60_000,
        b"\r\n" + b"".join(b"\x1b[38;2;%d;%d;0mo" % (n % 256, n // 256) for n in range(20_000)),
        b"\x1b]8;;http://a" * 1000,
        b"\x1b[999999999b\x1b[99999S\x1b[65535L",
        b"\x1b[?2026h" * 100,
        b"\x1b]0;" + b"t" * 100_000,
    )
    lines = lines_of(*steps)
    assert all(len(line.text) <= 100_000 for line in lines)
    assert sum(line.text.count(",") for line in lines) >= 150_000 - 10_000


CHUNKS = st.sampled_from(
    [
        b"\r\n", b"\n", b"\r", b"\x1b[2J", b"\x1b[3J", b"\x1b[H", b"\x1b[K", b"\x1b[2K\x1b[1A",
        b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?2026h", b"\x1b[?2026l", b"\x1bc", b"\x1bM",
        b"\x1b[2;5r", b"\x1b[r", b"\x1b[5;9H", b"\x1b[20G", b"hello world ", b"line\r\n" * 12,
        "漢字 ● ✻ e\u0301 ".encode(), b"a long run of text that is going to be wrapped ",
        b"\xff\xfe", b"\x1b[", b"\x1b]0;title\x07", b"count 1", b"count 2", b"\t", b"\x7f",
    ]
)  # fmt: skip
GAPS_MS = st.sampled_from([0, 0, 1, 5, 12, 60, 130, 300, 2000])
STREAMS = st.lists(st.tuples(GAPS_MS, st.one_of(CHUNKS, st.binary(max_size=30))), max_size=40)


def with_times(stream: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    now_ms, steps = 0, []
    for gap_ms, data in stream:
        now_ms += gap_ms
        steps.append((now_ms, data))
    return steps


@settings(deadline=None)
@given(STREAMS, st.data())
def test_how_bytes_are_cut_into_entries_changes_nothing(
    stream: list[tuple[int, bytes]], draw: st.DataObject
) -> None:
    size = Size(20, 6)
    steps = with_times(stream)
    cut: list[tuple[int, bytes]] = []
    for at_ms, data in steps:
        place = draw.draw(st.integers(0, len(data)))
        cut += [(at_ms, data[:place]), (at_ms, data[place:])]
    assert lines_of(*cut, size=size) == lines_of(*steps, size=size)


@settings(deadline=None)
@given(STREAMS, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 80)), max_size=4))
def test_any_bytes_give_lines_that_hold(
    stream: list[tuple[int, bytes]], sizes: list[tuple[int, int]]
) -> None:
    steps: list[tuple[int, bytes | Size]] = list(with_times(stream))
    for number, (cols, rows) in enumerate(sizes):
        steps.insert((number + 1) * 7, (steps[-1][0] if steps else 0, Size(cols, rows)))
    lines = lines_of(*steps, size=Size(20, 6))
    end_us = max((entry.time_us for entry in entries_of(*steps)), default=START_US)
    for line in lines:
        assert START_US <= line.first_us <= line.last_us <= end_us
        assert line.count >= 1
        assert line.text
        assert line.text == line.text.rstrip(" ")
        assert not re.search("[\x00-\x1f\x7f-\x9f]", line.text)
        assert [at for _, at in line.steps] == sorted(at for _, at in line.steps)
    assert len(set(texts(lines))) == len(lines)
