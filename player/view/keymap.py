"""The keys of the player: one table for what they do, for the help and for docs/playing.md."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """Keys that do one thing (`action`, with `argument`), and how that is said to a person.

    `keys` are names as `player.playing.keyboard` gives them; `shown` is how they are written.
    """

    keys: tuple[str, ...]
    action: str
    argument: int
    shown: str
    words: str


class Group(NamedTuple):
    """Keys that belong together."""

    title: str
    keys: tuple[Key, ...]


_DIGITS = tuple(Key((str(n),), "part", n, "0 … 9", "go to 0 %, 10 % … 90 %") for n in range(10))

GROUPS = (
    Group(
        "Playing",
        (
            Key((" ", "p"), "pause", 0, "Space, p", "pause, go on"),
            Key(("{",), "slower", 0, "{", "half the speed"),
            Key(("}",), "faster", 0, "}", "double the speed"),
            Key(("backspace", "="), "normal", 0, "Backspace, =", "speed 1"),
            Key(("enter",), "skip", 0, "Enter", "skip the wait that is on"),
            Key(("s",), "skipping", 0, "s", "skip all waits: on to the next visible change"),
            Key(("l",), "loop", 0, "l", "loop: from here; to here; off"),
        ),
    ),
    Group(
        "Moving",
        (
            Key(("left",), "seconds", -5, "←", "5 seconds back"),
            Key(("right",), "seconds", 5, "→", "5 seconds on"),
            Key(("down",), "seconds", -60, "↓", "1 minute back"),
            Key(("up",), "seconds", 60, "↑", "1 minute on"),
            Key(("shift-left",), "tenths", -1, "Shift-←", "a tenth back"),
            Key(("shift-right",), "tenths", 1, "Shift-→", "a tenth on"),
            *_DIGITS,
            Key(("g", "home"), "start", 0, "g, Home", "to the start"),
            Key(("G", "end"), "end", 0, "G, End", "to the end; live: to now, and follow"),
            Key((",",), "step", -1, ",", "an entry back"),
            Key((".",), "step", 1, ".", "an entry on"),
            Key(("<",), "change", -1, "<", "a visible change back"),
            Key((">",), "change", 1, ">", "a visible change on"),
            Key(("[",), "marker", -1, "[", "to the marker before"),
            Key(("]",), "marker", 1, "]", "to the next marker"),
            Key((":",), "goto", 0, ":", "go to 1:30, 90s, 50%, 18:15:32, +10s, -1:00, marker:x"),
            Key(("ctrl-o",), "undo", 0, "Ctrl-O", "back to where the last jump began"),
        ),
    ),
    Group(
        "Finding and keeping",
        (
            Key(("/",), "find", 1, "/", "find what was on the screen, forward"),
            Key(("?",), "find", -1, "?", "find backward"),
            Key(("n",), "again", 1, "n", "next hit"),
            Key(("N",), "again", -1, "N", "hit before"),
            Key(("m",), "mark", 0, "m", "name this moment"),
            Key(("y",), "copy", 0, "y", "copy the screen's text to the clipboard"),
            Key(("S",), "save", 0, "S", "save the screen: .txt, .ansi, .svg, .html, .png"),
        ),
    ),
    Group(
        "The view",
        (
            Key(("pgup",), "page", -1, "PgUp", "a page into what has scrolled off (pauses)"),
            Key(("pgdn",), "page", 1, "PgDn", "a page back"),
            Key(("k", "wheel-up"), "scroll", -3, "k, wheel", "a little into it"),
            Key(("j", "wheel-down"), "scroll", 3, "j, wheel", "a little back"),
            Key(("H",), "pan-cols", -8, "H", "show more of the left of a large recording"),
            Key(("L",), "pan-cols", 8, "L", "of its right"),
            Key(("K",), "pan-rows", -4, "K", "of its top"),
            Key(("J",), "pan-rows", 4, "J", "of its bottom"),
            Key(("c",), "unpan", 0, "c", "follow the cursor again"),
            Key(("f",), "fit", 0, "f", "leave out repeated rows and columns to make it fit"),
            Key(("o",), "bar", 0, "o", "hide or show the bar"),
            Key(("i",), "info", 0, "i", "about the session"),
            Key(("h", "f1"), "help", 0, "h, F1", "these keys"),
            Key(("ctrl-l",), "redraw", 0, "Ctrl-L", "draw the window anew"),
        ),
    ),
    Group(
        "Leaving",
        (
            Key(("q",), "quit", 0, "q", "quit"),
            Key(("Q",), "remember", 0, "Q", "quit; cs-play --resume goes on here"),
            Key(("suspend",), "suspend", 0, "Ctrl-Z", "suspend; fg goes on"),
            Key(("interrupt",), "interrupt", 0, "Ctrl-C", "quit with 130"),
        ),
    ),
)

BY_KEY = {name: key for group in GROUPS for key in group.keys for name in key.keys}


def rows() -> list[tuple[str, str, str]]:
    """(group, keys, words), each line once, in the order of the table."""
    found: dict[tuple[str, str, str], None] = {}
    for group in GROUPS:
        for key in group.keys:
            found[group.title, key.shown, key.words] = None
    return list(found)


def help_lines() -> list[str]:
    """The help page, a line each."""
    lines: list[str] = []
    title = ""
    for group, shown, words in rows():
        if group != title:
            lines += ["", group] if lines else [group]
            title = group
        lines.append(f"  {shown:<14}{words}")
    return lines


def columns(lines: list[str], width: int, height: int) -> list[str]:
    """`lines` in two columns where one is too long for the window and two fit side by side."""
    widest = max(map(len, lines))
    if len(lines) <= height or width < 2 * widest + 2:
        return lines
    half = -(-len(lines) // 2)
    left, right = lines[:half], [*lines[half:], ""]
    return [f"{one:<{widest + 2}}{two}".rstrip() for one, two in zip(left, right, strict=False)]


def as_markdown() -> str:
    """The table as docs/playing.md shows it."""
    lines = ["| keys | what they do |", "|---|---|"]
    title = ""
    for group, shown, words in rows():
        if group != title:
            lines.append(f"| **{group}** | |")
            title = group
        lines.append(f"| `{shown}` | {words} |")
    return "\n".join(lines) + "\n"
