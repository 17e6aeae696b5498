"""The size of a recording that does not state it: streams as programs draw them, at many sizes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.entry import INPUT, OUTPUT, Entry
from formats.size import DEFAULT_SIZE, Size
from player.lines.sizing import LONGEST_LOOK_BYTES, infer_size, initial_size

SESSION = "0d4a4d3e-6a4b-4c43-9f0e-2b7d1c1f5a10"
SIZES = [
    Size(80, 24), Size(100, 30), Size(120, 40), Size(150, 45), Size(200, 60), Size(97, 31),
    Size(133, 52), Size(240, 67),
]  # fmt: skip


def output(*data: bytes | str, event: dict | None = None) -> list[Entry]:
    entries = [] if event is None else [Entry(0, SESSION, OUTPUT, b"", event)]
    parts = [part.encode() if isinstance(part, str) else part for part in data]
    return entries + [Entry(n, SESSION, OUTPUT, part) for n, part in enumerate(parts)]


def start(size: Size, kind: str = "start") -> dict:
    return {"type": kind, "cols": size.cols, "rows": size.rows}


def at(row: int, col: int) -> str:
    return f"\x1b[{row};{col}H"


def editor(size: Size) -> str:
    """Like vim: a region, the ruler at the right, the command line in the last row."""
    rows = "".join(f"{at(n, 1)}\x1b[94m~\x1b[0m" for n in range(2, size.rows))
    ruler = f"{at(size.rows, size.cols - 17)}0,0-1{at(size.rows, size.cols - 3)}All"
    return f"\x1b[?1049h\x1b[1;{size.rows}r\x1b[H\x1b[2J{rows}{ruler}{at(1, 1)}"


def editor_of_long_lines(size: Size) -> str:
    """Like vim: makes the terminal wrap, and writes the last character of a row twice for that."""
    text = "".join("abcdefghij"[n % 10] for n in range(size.cols))
    row = text + text[-1]
    rows = "".join(f"{row}{at(n, 1)}" for n in range(1, size.rows + 1))
    return f"\x1b[?1049h\x1b[1;{size.rows}r\x1b[H\x1b[2J{rows}"


def commander(size: Size) -> str:
    """Like mc: two panels with borders, rows painted from margin to margin."""
    half = size.cols // 2
    top = "┌" + "─" * (half - 2) + "┐" + "┌" + "─" * (size.cols - half - 2) + "┐"
    row = f"│{'/..':<{half - 2}}││{'/..':<{size.cols - half - 2}}│"
    rows = "".join(f"{at(n, 1)}{row}" for n in range(2, size.rows))
    return f"\x1b[?1049h{at(1, 1)}{top}{rows}{at(size.rows, 1)} 1Help"


def monitor(size: Size) -> str:
    """Like htop: rows of blanks with a background colour, moved to by row only."""
    rows = "".join(f"\x1b[{n}d\x1b[G\x1b[44m{'  1 root':<{size.cols}}" for n in range(1, size.rows))
    return f"\x1b[?1049h\x1b[H{rows}\x1b[{size.rows}d\x1b[GF1Help"


def monitor_in_boxes(size: Size) -> str:
    """Like btop: the rule of a box ends before its corner, which is put there by itself."""
    rule = "─" * (size.cols - 1)
    corners = f"{at(1, 1)}╭{at(1, size.cols)}╮{at(size.rows, 1)}╰{at(size.rows, size.cols)}╯"
    rows = "".join(f"{at(n, 1)}│{' ' * (size.cols - 2)}│" for n in range(2, size.rows))
    return f"\x1b[?1049h{at(1, 1)}{rule}{at(size.rows, 1)}{rule}{rows}{corners}"


def agent_on_the_main_screen(size: Size) -> str:
    """Like Claude Code: a box from margin to margin, then words placed by column, then again."""
    rule = "─" * size.cols
    words = "".join(f"\x1b[{col}Gword" for col in range(3, size.cols - 10, 6))
    frame = f"{rule}\r\n> \x1b[7m \x1b[0m\r\n{rule}\r\n  ? for shortcuts\r\n"
    up = "\x1b[2K\x1b[1A" * 5 + "\x1b[2K\x1b[G"
    return f"{words}\r\n{frame}{up}{words}\r\n{frame}"


def agent_in_a_box(size: Size) -> str:
    lines = "".join(f"│{' text':<{size.cols - 2}}│\r\n" for _ in range(3))
    rule = "─" * (size.cols - 2)
    return f"\x1b[?2026h╭{rule}╮\r\n{lines}╰{rule}╯\r\n\x1b[?2026l"


def shell_with_a_long_command(size: Size) -> str:
    """As readline echoes: at the margin a blank and a carriage return make the terminal wrap."""
    typed = "$ echo " + "x" * size.cols
    return typed[: size.cols] + " \r" + typed[size.cols :] + "\r\n" + "y" * (size.cols * 3) + "\r\n"


def pager_of_a_long_line(size: Size) -> str:
    """As less and screen: at each margin a blank and one back make the terminal wrap."""
    rows = ["x" * size.cols + " \b"] * 3
    return "".join(rows) + "end\r\n"


def shell_that_begins_its_prompt_on_a_new_line(size: Size) -> str:
    """As zsh: a mark and blanks to the margin, which go to the next row if anything stood there."""
    return f"%{' ' * (size.cols - 1)}\r \r$ ls\r\n" * 2


FULL_SCREEN = [editor, editor_of_long_lines, commander, monitor, monitor_in_boxes]
MAIN_SCREEN = [
    agent_on_the_main_screen, agent_in_a_box, shell_with_a_long_command, pager_of_a_long_line,
]  # fmt: skip


def layout(size: Size) -> str:
    """As rich and others draw: from the first row on, with nothing but ends of lines between."""
    sides = [f"│{' ' * (size.cols - 2)}│"] * (size.rows - 2)
    return "\x1b[H" + "\r\n".join(["┌" + "─" * (size.cols - 2) + "┐", *sides, "└"])


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("program", FULL_SCREEN)
def test_full_screen_programs_give_both_sides_away(program, size: Size) -> None:
    inferred = infer_size(output(program(size)))
    assert inferred.rows == size.rows
    # The ruler of an editor ends a column or two before the margin.
    assert size.cols <= inferred.cols <= size.cols + 2 or (
        program is editor and size.cols - 2 <= inferred.cols
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("program", MAIN_SCREEN)
def test_programs_on_the_main_screen_give_the_columns_away(program, size: Size) -> None:
    assert infer_size(output(program(size))).cols == size.cols


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_blanks_up_to_the_margin_end_there(size: Size) -> None:
    cols = infer_size(output(shell_that_begins_its_prompt_on_a_new_line(size))).cols
    assert size.cols <= cols <= size.cols + 2


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_screen_drawn_line_by_line_gives_both_sides_away(size: Size) -> None:
    drawn = output("\x1b[?1049h", *[layout(size)] * 3, "\x1b[?1049l")
    assert infer_size(drawn) == size
    assert infer_size(output("\x1b[?1049h", layout(size), "\x1b[?1049l")).rows == DEFAULT_SIZE.rows


def test_a_pager_that_scrolls_does_not_make_the_screen_higher() -> None:
    page = "\x1b[H" + "text\r\n" * 29 + ":"
    scrolled = "".join(f"\r\x1b[Kline {n}\r\n:" for n in range(50))
    pager = output("\x1b[?1049h\x1b[1;30r", *[page + scrolled] * 3, "\x1b[?1049l")
    assert infer_size(pager).rows == 30


@pytest.mark.parametrize("end", [" \r\n", "   \r\n"])
def test_blanks_at_the_end_of_a_line_are_no_margin(end: str) -> None:
    assert infer_size(output(f"{'x' * 92}{end}", f"{'x' * 87}{end}")) == DEFAULT_SIZE


def test_a_status_that_ends_with_blanks_makes_the_screen_no_narrower() -> None:
    status = "".join(f"{'frame= ' * 13}{n}    \r" for n in range(9))
    assert infer_size(output(status, editor(Size(120, 40)))).cols >= 118
    assert 96 <= infer_size(output(status)).cols <= 100


def test_what_follows_a_status_may_wrap() -> None:
    status = "".join(f"\r\x1b[2K   {n}/100 MB" for n in range(100))
    assert infer_size(output(status, "\r\n", "a long list, " * 30, "\r\n")) == DEFAULT_SIZE
    drawn = f"\x1b[?2026h{status}\x1b[?2026l"
    assert infer_size(output(drawn, "\r\n", "a long list, " * 30, "\r\n")) == DEFAULT_SIZE


def test_joined_emoji_are_as_wide_as_one() -> None:
    row = "👩\u200d👩\u200d👧" * 40 + "👍\U0001f3fd" * 5
    assert infer_size(output(f"\x1b[3;1H{row}\x1b[4;100H|")).cols == 100


def test_what_is_repainted_grows_for_long() -> None:
    def repaint(rows: int) -> str:
        return "\x1b[2K\x1b[1A" * rows + "\x1b[2K\x1b[G" + f"{'─' * 120}\r\n" * rows

    assert infer_size(output(*[repaint(20)] * 120, *[repaint(33)] * 3)) == Size(120, 34)


def test_it_does_not_matter_how_the_bytes_are_cut() -> None:
    data = commander(Size(132, 43)).encode()
    assert infer_size(output(*(data[n : n + 7] for n in range(0, len(data), 7)))) == Size(132, 43)


def test_the_height_of_what_is_repainted_is_a_least_height() -> None:
    assert infer_size(output("text\r\n" * 60 + "\x1b[44A")).rows == 45


def test_plain_output_says_nothing() -> None:
    lines = "".join(f"{'x' * (n % 300)}\r\n" for n in range(1000))
    assert infer_size(output(lines, "a\tb\r\n" * 50, "=" * 200)) == DEFAULT_SIZE
    assert infer_size([]) == DEFAULT_SIZE
    assert infer_size(output("\x1b[5;10Hsmall box")) == DEFAULT_SIZE


@pytest.mark.parametrize(
    "question", ["\x1b[999;999H", "\x1b[32766;32766H", "\x1b[9999C\x1b[999B", "\x1b[999G", "\x1b[r"]
)
def test_moves_that_ask_for_the_size_are_no_size(question: str) -> None:
    data = f"\x1b7{question}\x1b[6n\x1b8{editor(Size(100, 30))}"
    assert infer_size(output(data)) == Size(100, 30)


@pytest.mark.parametrize(
    "answer", [b"\x1b[8;43;132t", b"\x1b[48;43;132;688;1056t", b"x\x1b[43;132Ry"]
)
def test_what_the_terminal_answered_is_the_size(answer: bytes) -> None:
    entries = [*output("\x1b[999;999H\x1b[6n"), Entry(9, SESSION, INPUT, answer)]
    assert infer_size(entries) == Size(132, 43)


def test_a_stated_size_is_the_size() -> None:
    drawn = editor(Size(120, 40))
    assert initial_size(output(drawn, event=start(Size(90, 33)))) == Size(90, 33)
    assert initial_size(output(drawn, event=start(Size(90, 33), "segment"))) == Size(90, 33)
    assert initial_size(output(event=start(Size(90, 33), "resize"))) == Size(90, 33)


def test_a_start_without_a_size_leaves_it_to_the_drawing() -> None:
    assert initial_size(output(editor(Size(120, 40)), event=start(Size(0, 0)))) == Size(120, 40)


def test_only_what_was_drawn_before_the_first_resize_counts() -> None:
    entries = [
        *output(editor(Size(100, 30))),
        *output(editor(Size(150, 45)), event=start(Size(150, 45), "resize")),
    ]
    assert initial_size(entries) == Size(100, 30)


def test_only_so_much_is_looked_at() -> None:
    filler = b"text\r\n" * (LONGEST_LOOK_BYTES // 6 + 1)

    def entries():
        yield from output(filler, editor(Size(150, 45)))
        raise AssertionError("read too far")

    assert infer_size(entries()) == DEFAULT_SIZE


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=10))
def test_any_bytes_give_a_size_in_bounds(parts: list[bytes]) -> None:
    size = infer_size(output(*parts, b"\x1b[", *parts, b";;9\x1b[12345678901234567890;5H"))
    assert 80 <= size.cols <= 512
    assert 24 <= size.rows <= 300


def test_what_has_been_told_long_enough_is_the_size() -> None:
    shown = output(*[editor(Size(120, 40))] * 2000)
    late = output(editor(Size(200, 60)))
    assert infer_size(shown + late) == Size(120, 40)
    assert infer_size(late + shown) == Size(200, 60)


def test_an_editor_that_a_shell_starts_late_tells_the_size() -> None:
    shell = output(*[b"$ make\r\nnothing to be done\r\n"] * 30_000)
    assert infer_size([*shell, *output(editor(Size(120, 40)))]) == Size(120, 40)
