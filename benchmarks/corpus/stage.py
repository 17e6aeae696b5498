"""What a made-up program writes to its terminal becomes a log; which lines stood is kept beside."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unicodedata import combining, east_asian_width

from formats.line import LineEncoder
from formats.timestamp import Stamper

if TYPE_CHECKING:
    import random
    from typing import BinaryIO

    from benchmarks.corpus.text import Text
    from formats.size import Size

BEGINNING_US: Final = 1_770_488_132_123_000
READ_BYTES: Final = 4095
"""So much does a PTY give at once at most."""

STOOD_US: Final = 500_000
"""What stood that long on a screen that keeps nothing was there for a person to read."""

_FLUSH_BYTES: Final = 1 << 20
_US_PER_MS: Final = 1000


class Stood(NamedTuple):
    """A line that stood on the screen, or scrolled off: its times and how often it came."""

    text: str
    first_us: int
    last_us: int
    times: int


class Truth:
    """Gathers the lines that stood."""

    def __init__(self) -> None:
        self._lines: dict[str, list[int]] = {}

    def stood(self, text: str, first_us: int, last_us: int) -> None:
        """This line stood once more, from then to then."""
        text = text.rstrip()
        known = self._lines.get(text)
        if known is None:
            if text:
                self._lines[text] = [first_us, last_us, 1]
        else:
            known[1] = max(known[1], last_us)
            known[2] += 1

    def lines(self) -> list[Stood]:
        """Each text once, by the time it first stood."""
        found = [Stood(text, *known) for text, known in self._lines.items()]
        return sorted(found, key=lambda stood: stood.first_us)


class Stage:
    """The terminal of one session: what is written at which moment, as lines of a log."""

    def __init__(
        self, out: BinaryIO, session_id: str, size: Size, rng: random.Random, text: Text
    ) -> None:
        self.size = size
        self.rng, self.text = rng, text
        self.truth = Truth()
        self.now_us = BEGINNING_US
        self.log_bytes = self.payload_bytes = 0
        self._out = out
        self._encoder, self._stamper = LineEncoder(session_id), Stamper()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        sides = {"cols": size.cols, "rows": size.rows}
        command = {"command": ["made-up"], "cwd": "/srv/project", "term": "xterm-256color"}
        self.event({"type": "start", "version": 1, **sides, **command})

    def wait(self, milliseconds: float) -> None:
        """Nothing happens for so long."""
        self.now_us += int(milliseconds) * _US_PER_MS

    def write(self, text: str) -> None:
        """The program writes this at once."""
        data = text.encode()
        stamp = self._stamper.stamp(self.now_us)
        for start in range(0, len(data), READ_BYTES):
            self._put(self._encoder.output(stamp, data[start : start + READ_BYTES]))
        self.payload_bytes += len(data)

    def typed(self, text: str) -> None:
        """The user types this."""
        self._put(self._encoder.input(self._stamper.stamp(self.now_us), text.encode()))

    def resize(self, size: Size) -> None:
        """The window becomes another size."""
        self.size = size
        self.event({"type": "resize", "cols": size.cols, "rows": size.rows})

    def event(self, event: dict[str, Any]) -> None:
        """What the log says of itself."""
        self._put(self._encoder.event(self._stamper.stamp(self.now_us), event))

    def close(self) -> None:
        """The program ends."""
        self.event({"type": "exit", "status": 0, "reason": "exited"})
        self._flush()

    def _put(self, line: bytes) -> None:
        self._waiting.append(line)
        self.log_bytes += len(line)
        self._waiting_bytes += len(line)
        if self._waiting_bytes >= _FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._out.write(b"".join(self._waiting))
        self._waiting, self._waiting_bytes = [], 0


class Window:
    """The lines that are on the screen now, of a text to which lines are added at the end.

    `height` is how many rows there are for them. What does not fit any more has stood; of what is
    not `kept` by the terminal only that which stood STOOD_US.
    """

    def __init__(self, stage: Stage, height: int, *, kept: bool = True) -> None:
        self._stage = stage
        self._least_us = 0 if kept else STOOD_US
        self._lines: deque[tuple[str, int, int]] = deque()
        self._used = 0
        self.height = height

    def add(self, text: str, rows: int = 1) -> None:
        """A line appears below the others; it takes so many rows."""
        self._lines.append((text, self._stage.now_us, rows))
        self._used += rows
        self.make_room()

    def make_room(self) -> None:
        """What is above the top of the screen has scrolled off."""
        now_us, truth = self._stage.now_us, self._stage.truth
        while self._lines and self._used - self._lines[0][2] >= self.height:
            text, first_us, rows = self._lines.popleft()
            self._used -= rows
            if now_us - first_us >= self._least_us:
                truth.stood(text, first_us, max(first_us, now_us - 1))

    def clear(self) -> None:
        """All is erased, or the session ends."""
        height, self.height = self.height, 0
        self.make_room()
        self.height = height

    def texts(self) -> list[str]:
        """From top to bottom."""
        return [text for text, _, _ in self._lines]


def width(text: str) -> int:
    """The columns that a text takes, by clusters as far as our words have them."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text)) + text.count("\u26a0\ufe0f")


def _columns(char: str) -> int:
    if combining(char) or char == "\ufe0f":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def cut(text: str, cols: int) -> str:
    """As much of it as `cols` columns hold."""
    if len(text) <= cols and text.isascii():
        return text
    while width(text) > cols:
        text = text[:-1]
    return text


def wrapped(text: str, cols: int, first: str = "", rest: str = "") -> list[str]:
    """Rows of at most `cols` columns, cut at blanks, as a program does it itself."""
    rows: list[str] = []
    row, used = first, width(first)
    fresh = True
    for word in text.split(" "):
        needs = width(word) + (0 if fresh else 1)
        if used + needs > cols and not fresh:
            rows.append(row)
            row, used, fresh = rest, width(rest), True
            needs = width(word)
        row += word if fresh else " " + word
        used += needs
        fresh = False
    return [*rows, row]
