"""A coding agent's interface: prompts are typed, answers stream, tools run, a spinner turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.corpus.painters import Alternate, Difference, Inserting, Painter, Redrawing
from benchmarks.corpus.stage import cut, width, wrapped
from formats.size import Size

if TYPE_CHECKING:
    from benchmarks.corpus.stage import Stage

_SPINNER: Final = "✢✳✶✻✽"
_VERBS: Final = ("Thinking", "Pondering", "Crafting", "Weaving", "Brewing", "Musing")
_SIZES: Final = (Size(120, 40), Size(100, 30), Size(132, 43), Size(90, 36))
_HINT: Final = "  ? for shortcuts"


class Agent:
    """Plays turns of a conversation. `frame_ms` is how often it paints while it works."""

    def __init__(
        self, stage: Stage, painter: Painter, frame_ms: int, *, resizes: bool = False
    ) -> None:
        self._stage, self._painter = stage, painter
        self._frame_ms, self._resizes = frame_ms, resizes
        self._input = self._tail = self._status = ""
        self._verb = _VERBS[0]
        self._frames = self._worked_ms = 0

    def play(self, log_bytes: int) -> None:
        """Turns until the log has about that size."""
        stage = self._stage
        self._painter.begin()
        began_us = stage.now_us
        self._paint(["✻ Welcome to a made-up agent", "", f"  cwd: /srv/{stage.text.path()}", ""])
        while stage.log_bytes < log_bytes:
            self._turn(log_bytes)
        stage.truth.stood(_HINT, began_us, stage.now_us)
        self._painter.end()

    def _paint(self, finished: list[str]) -> None:
        cols = self._stage.size.cols
        live = [self._tail] if self._tail else []
        if self._status:
            live += [self._status]
        inside = cols - 4
        shown = self._input
        while width(shown) > inside - 3:
            shown = shown[1:]
        blanks = " " * (inside - 2 - width(shown))
        live += ["", "╭" + "─" * (cols - 2) + "╮", f"│ > {shown}{blanks} │"]
        live += ["╰" + "─" * (cols - 2) + "╯", _HINT]
        # Interfaces of this kind keep a constant count of rows where they can.
        self._painter.paint(finished, [""] * (7 - len(live)) + live)

    def _turn(self, log_bytes: int) -> None:
        stage, rng = self._stage, self._stage.rng
        prompt = " ".join(stage.text.words(rng.randint(3, 14)))
        for end in range(1, len(prompt) + 1):
            stage.typed(prompt[end - 1])
            stage.wait(1)
            self._input = prompt[:end]
            self._paint([])
            stage.wait(rng.randint(40, 160))
        stage.typed("\r")
        self._input, self._worked_ms = "", 0
        self._verb = rng.choice(_VERBS)
        self._paint([*wrapped(prompt, stage.size.cols, "> ", "  "), ""])
        self._work(rng.randint(800, 6000))
        for _ in range(rng.randint(2, 12)):
            rng.choice((self._say, self._say, self._run, self._edit))()
            if stage.log_bytes >= log_bytes:
                break
        self._status = ""
        self._paint([])
        stage.wait(300)
        if self._resizes:
            stage.resize(rng.choice(_SIZES))
            self._painter.window.height = stage.size.rows - 7
            stage.wait(20)
        self._painter.turn_ends()
        stage.wait(rng.randint(2000, 40_000))

    def _tick(self) -> None:
        self._stage.wait(self._frame_ms)
        self._worked_ms += self._frame_ms
        self._frames += 1
        self._painter.tick(self._frames)
        turn = _SPINNER[self._frames % len(_SPINNER)]
        tokens = f"{self._frames * 7 / 1000:.1f}k"
        seconds = self._worked_ms // 1000
        self._status = f"{turn} {self._verb}… ({seconds}s · ↓ {tokens} tokens · esc to interrupt)"

    def _work(self, milliseconds: int) -> None:
        for _ in range(max(1, milliseconds // self._frame_ms)):
            self._tick()
            self._paint([])

    def _say(self) -> None:
        """A paragraph comes word by word; a row that is full goes up."""
        stage = self._stage
        rows = wrapped(stage.text.paragraph(), stage.size.cols - 2, "● ", "  ")
        for row in rows:
            words = row.split(" ")
            shown, step = 0, stage.rng.randint(2, 7)
            while (shown := shown + step) < len(words):
                self._tick()
                self._tail = " ".join(words[:shown])
                self._paint([])
            self._tick()
            self._tail = ""
            self._paint([row])
        self._paint([""])

    def _run(self) -> None:
        """A tool: its command, then what came of it, all at once."""
        stage, rng = self._stage, self._stage.rng
        command = cut(f"● Bash({stage.text.command()})", stage.size.cols)
        self._paint([command])
        self._work(rng.randint(300, 4000))
        log = [f"     {stage.text.log()}" for _ in range(rng.randint(1, 6))]
        more = rng.randrange(400)
        rows = [f"  ⎿  {log[0].strip()}", *log[1:], f"     … +{more} lines (ctrl+o to expand)", ""]
        self._paint([cut(row, stage.size.cols) for row in rows])

    def _edit(self) -> None:
        """A change to a file, its lines numbered."""
        stage, rng = self._stage, self._stage.rng
        first = rng.randrange(1, 900)
        rows = [f"● Update({stage.text.path()})", f"  ⎿  Updated with {rng.randint(1, 9)} changes"]
        for number in range(first, first + rng.randint(3, 30)):
            sign = rng.choice("+- ")
            rows.append(cut(f"{number:>10} {sign} {stage.text.code()}", stage.size.cols))
        self._work(rng.randint(200, 2000))
        self._paint([*rows, ""])


def reprinted(stage: Stage, log_bytes: int) -> None:
    """Live rows erased and printed again, 13 frames a second."""
    Agent(stage, Painter(stage), 77).play(log_bytes)


def difference(stage: Stage, log_bytes: int) -> None:
    """Only changed cells, on the main screen."""
    Agent(stage, Difference(stage), 150).play(log_bytes)


def alternate(stage: Stage, log_bytes: int) -> None:
    """Full screen, words placed by columns."""
    Agent(stage, Alternate(stage), 120).play(log_bytes)


def inserted(stage: Stage, log_bytes: int) -> None:
    """What is finished scrolls in above the live rows."""
    Agent(stage, Inserting(stage), 100).play(log_bytes)


def redrawn(stage: Stage, log_bytes: int) -> None:
    """Everything drawn anew after each turn, in a window that changes its size."""
    Agent(stage, Redrawing(stage), 100, resizes=True).play(log_bytes)
