"""Bytes as programs, broken and hostile ones too, send them to a terminal: strategies."""

from __future__ import annotations

from hypothesis import strategies as st

_NUMBERS = st.sampled_from([0, 1, 2, 3, 5, 7, 9, 20, 40, 999])
_TEXTS = [
    "a", "word ", "x" * 30, "漢字", "é", "e\u0301", "\U0001f469\u200d\U0001f467",
    "\U0001f1eb\U0001f1f7", "⚠\ufe0f", "─│╭╮", "\t", "\r\n", "\n", "\r", "\b", "\x0e", "\x0f",
    "\x07",
]  # fmt: skip
_SGR = [
    "", "0", "1", "2", "3", "4", "4:3", "5", "7", "8", "9", "22", "24", "27", "31", "39", "42",
    "49", "53", "38;5;99", "48;5;17", "38;2;9;8;7", "48;2;1;2;3", "58;5;4", "91", "104",
]  # fmt: skip
_FINALS = "ABCDEFGHIJKLMPSTXZ@`abdefgr"
_MODES = [
    "?1", "?5", "?6", "?7", "?12", "?25", "?45", "?47", "?66", "?69", "?1000", "?1006", "?1047",
    "?1048", "?1049", "?2004", "?2026", "?2027", "4", "20",
]  # fmt: skip
_OTHERS = [
    "\x1b7", "\x1b8", "\x1bD", "\x1bE", "\x1bM", "\x1bH", "\x1bc", "\x1b(0", "\x1b(B", "\x1b)0",
    "\x1b#8", "\x1b=", "\x1b>", "\x1b[!p", "\x1b[2 q", "\x1b[5 q", "\x1b[s", "\x1b[u", "\x1b[>1u",
    "\x1b]2;a title\x07", "\x1b]2;\x07", "\x1b]8;;https://a.example\x07", "\x1b]8;;\x07",
    "\x1b]7;file:///tmp\x07", "\x1b]4;3;rgb:11/22/33\x07", "\x1b]10;#102030\x07",
    "\x1b]104\x07", "\x1b]133;A\x07", "\x1bPq#0\x1b\\", "\x1b[3;5r", "\x1b[2;4r", "\x1b[r",
    "\x1b[3;12s", "\x1b[2J", "\x1b[3J", "\x1b[K", "\x1b[1K", "\x1b[2K", '\x1b[1"q', '\x1b[0"q',
    "\x1b[?J",
]  # fmt: skip


def _csi() -> st.SearchStrategy[str]:
    numbers = st.lists(_NUMBERS, max_size=2).map(lambda found: ";".join(map(str, found)))
    return st.builds("\x1b[{}{}".format, numbers, st.sampled_from(_FINALS))


def tokens() -> st.SearchStrategy[bytes]:
    """One thing that a program sends: text, a sequence, or bytes that are nothing."""
    modes = st.builds("\x1b[{}{}".format, st.sampled_from(_MODES), st.sampled_from("hl"))
    styles = st.sampled_from(_SGR).map("\x1b[{}m".format)
    words = st.one_of(st.sampled_from(_TEXTS), styles, _csi(), st.sampled_from(_OTHERS), modes)
    return st.one_of(words.map(str.encode), words.map(str.encode), st.binary(max_size=4))


def streams(max_tokens: int = 30) -> st.SearchStrategy[bytes]:
    """A stretch of a session's output."""
    return st.lists(tokens(), max_size=max_tokens).map(b"".join)
