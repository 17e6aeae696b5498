"""The screen on pyavt, asciinema's terminal in Rust: for where there is no libghostty-vt.

It keeps text, colours, the cursor and the main screen under the alternate one. What it has no
account of is written down beside it (`player.screen.noted`), or missing: docs/dependencies.md.
"""

from __future__ import annotations

import codecs
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from formats.size import Size
from player.screen.binding import ScreenEngineError
from player.screen.face import Screen
from player.screen.noted import Noted
from player.screen.sgr import sgr
from player.screen.values import (
    DEFAULT_STYLE,
    LONGEST_LINE_ROWS,
    RGB,
    Colors,
    Cursor,
    CursorShape,
    Row,
    Run,
    State,
    Style,
    clamp,
    without_blanks,
)

try:
    # Its type stubs do not fit what it exports.
    avt: Any = import_module("avt")
    TextUnwrapper: Any = import_module("avt.util").TextUnwrapper
except ImportError:
    raise ScreenEngineError("no screen engine: pip install 'pyavt>=0.1.2,<0.2'") from None

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Fed more at once it takes gigabytes for what is told to repeat or scroll.
_FED_CHARACTERS: Final = 4096
_SYNCHRONIZED: Final = 2026
_WIDE: Final = 2
# Those that its own dump restores.
_IN_ITS_DUMP: Final = frozenset((1, 6, 7, 25))
_C1: Final = {code: f"\x1b{chr(code - 0x40)}" for code in range(0x80, 0xA0)}
_BLANK: Final = "\x1b[!p\x1b[4l\x1b[20l\x1b[?6l\x1b[?7h\x1b[r\x1b[m\x1b[2J\x1b[H"


class AvtScreen(Screen):
    """See the face."""

    __slots__ = ("_changed", "_decoder", "_history", "_noted", "_rows", "_vt")

    def _begin(self, size: Size) -> None:
        self._stand(avt.Vt(*clamp(size), 0), Noted())

    def _stand(self, vt: Any, noted: Noted) -> None:  # noqa: ANN401  it ships no types we can use
        self._vt, self._noted = vt, noted
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._history: deque[Any] = deque(maxlen=self._scrollback)
        self._rows: list[Row | None] = []
        self._changed: set[int] = set()
        self._forget_rows()

    @classmethod
    def engine_id(cls) -> str:
        return f"pyavt-{avt.__version__}"

    def feed(self, data: bytes) -> None:
        # It would keep DEL as a character; no terminal shows it.
        text = self._decoder.decode(data).replace("\x7f", "")
        for first in range(0, len(text), _FED_CHARACTERS):
            piece = text[first : first + _FED_CHARACTERS]
            self._noted.note(piece)
            self._take(self._call(self._vt.feed_str, piece))

    def resize(self, size: Size) -> None:
        size = clamp(size)
        if size != self.size:
            _, gone = self._call(self._vt.resize, *size)
            self._history.extend(gone)
            self._forget_rows()

    def _take(self, told: tuple[list[int], list[Any]]) -> None:
        changed, gone = told
        self._history.extend(gone)
        self._changed.update(changed)
        for number in changed:
            self._rows[number] = None

    def _call(self, function: Any, *arguments: Any) -> Any:  # noqa: ANN401
        try:
            return function(*arguments)
        except BaseException as error:  # noqa: BLE001  a panic is no Exception
            _raise(error)

    def _forget_rows(self) -> None:
        rows = self.size.rows
        self._rows, self._changed = [None] * rows, set(range(rows))

    @property
    def size(self) -> Size:
        return Size(*self._vt.size)

    @property
    def cursor(self) -> Cursor:
        cursor = self._vt.cursor
        # Where a row is full it stands behind its end.
        return Cursor(min(cursor.col, self.size.cols - 1), cursor.row)

    @property
    def cursor_visible(self) -> bool:
        return bool(self._vt.cursor.visible)

    @property
    def cursor_shape(self) -> CursorShape:
        return CursorShape("block", blinking=False)

    @property
    def title(self) -> str:
        return self._noted.title

    @property
    def alternate(self) -> bool:
        return self._noted.alternate

    def state(self) -> State:
        cols, rows = self.size
        alternate = self.alternate
        synchronized = self._noted.mode(_SYNCHRONIZED, ansi=False)
        above = 0 if alternate else len(self._history)
        return State(alternate, synchronized, above, self._vt.cursor.row, cols, rows)

    def mode(self, number: int, *, ansi: bool = False) -> bool:
        return self._noted.mode(number, ansi=ansi)

    def colors(self) -> Colors:
        return Colors(None, None, None, {})

    def text(self) -> list[str]:
        return [line.text.rstrip(" ") for line in self._vt.view()]

    def rows(self, *, changed_only: bool = False) -> list[tuple[int, Row]]:
        numbers = sorted(self._changed) if changed_only else range(self.size.rows)
        found = [(number, self._row(number)) for number in numbers]
        self._changed.clear()
        return found

    def _row(self, number: int) -> Row:
        row = self._rows[number]
        if row is None:
            row = self._rows[number] = _runs(self._vt[number])
        return row

    def history_rows(self, first: int, end: int) -> list[Row]:
        return [_runs(line) for line in self._kept()[first:end]]

    def lines(self) -> bytes:
        above = self.state().history_rows
        found = _unwrapped(self._kept()[self.start_of_line(above) :])
        return b"\n".join(found).rstrip(b"\n")

    def history(self, first: int, end: int) -> bytes:
        return b"\n".join(_unwrapped(self._kept()[first:end]))

    def goes_on(self, row: int) -> bool:
        return _wraps(self._kept()[row])

    def start_of_line(self, row: int) -> int:
        kept, lowest = self._kept(), max(0, row - LONGEST_LINE_ROWS)
        while row > lowest and _wraps(kept[row - 1]):
            row -= 1
        return row

    def _kept(self) -> list[Any]:
        """The lines that scrolled off, and those on the screen."""
        return [*(() if self.alternate else self._history), *self._vt.view()]

    def forget_history(self) -> None:
        self._history.clear()

    def dump(self) -> bytes:
        modes = "".join(
            f"\x1b[?{number}{'h' if on else 'l'}"
            for number, on in self._noted.set_modes().items()
            if number not in _IN_ITS_DUMP
        )
        title = f"\x1b]2;{self.title}\x1b\\" if self.title else ""
        drawn = str(self._call(self._vt.dump)).translate(_C1)
        return f"{_BLANK}{title}{modes}{drawn}".encode() + self._decoder.getstate()[0]

    def _pack(self) -> bytes:
        history = [(_inked(line), _wraps(line)) for line in self._history]
        state = {
            "size": tuple(self.size),
            "dump": str(self._call(self._vt.dump)),
            "undecoded": list(self._decoder.getstate()[0]),
            "noted": self._noted.state(),
            "history": history,
        }
        return orjson.dumps(state)

    def _unpack(self, packed: bytes) -> None:
        try:
            state = orjson.loads(packed)
            cols, rows = state["size"]
            vt = avt.Vt(cols, rows, 0)
            self._stand(vt, Noted.of(state["noted"]))
            self._call(vt.feed_str, state["dump"])
            self._decoder.decode(bytes(state["undecoded"]))
            self._history.extend(self._again(state["history"], cols, rows))
        except (ValueError, KeyError, TypeError):
            raise ScreenEngineError("the snapshot of a screen is damaged") from None
        self._forget_rows()

    def _again(self, history: Iterable[tuple[str, bool]], cols: int, rows: int) -> list[Any]:
        """Lines that scroll off a screen once more."""
        vt = avt.Vt(cols, rows, 0)
        gone: list[Any] = []
        for text, wraps in history:
            gone += self._call(vt.feed_str, text if wraps else f"{text}\r\n")[1]
        gone += self._call(vt.feed_str, "\n" * rows)[1]
        return gone[: len(list(history))]

    def _keep(self, scrollback: int) -> None:
        self._history = deque(self._history, maxlen=scrollback)


def _raise(error: BaseException) -> NoReturn:
    """A panic of the engine is no Exception; it is the one thing here that is ours to tell."""
    if type(error).__name__ != "PanicException":
        raise error
    raise ScreenEngineError(f"the screen engine pyavt gives up ({error})") from None


def _runs(line: Any) -> Row:  # noqa: ANN401
    runs: list[Run] = []
    style, text, cols = DEFAULT_STYLE, "", 0
    for cell in line.cells:
        width = cell.width
        if not width:  # the second half of a wide character
            continue
        pen = cell.pen
        found = DEFAULT_STYLE if pen.is_default() else _style(pen)
        if found != style:
            if cols:
                runs.append(Run(text, cols, style))
            style, text, cols = found, "", 0
        text += cell.char
        cols += width
    return without_blanks([*runs, Run(text, cols, style)])


def _style(pen: Any) -> Style:  # noqa: ANN401
    return Style(
        _color(pen.foreground),
        _color(pen.background),
        bold=pen.bold,
        faint=pen.faint,
        italic=pen.italic,
        underline=int(pen.underline),
        blink=pen.blink,
        inverse=pen.inverse,
        strike=pen.strikethrough,
    )


def _color(color: Any) -> int | None:  # noqa: ANN401
    if color is None:
        return None
    if isinstance(color, avt.Color.RGB):
        return RGB | int(color[0]) << 16 | int(color[1]) << 8 | int(color[2])
    return int(color[0])


def _wraps(line: Any) -> bool:  # noqa: ANN401
    return TextUnwrapper().push(line) is None


def _unwrapped(lines: Sequence[Any]) -> list[bytes]:
    found: list[bytes] = []
    begun = ""
    for line, following in zip(lines, (*lines[1:], None), strict=True):
        text = begun + line.text
        if following is not None and _wraps(line):
            # A wide character that did not fit any more has left the last column blank.
            begun = text.removesuffix(" ") if following[0].width == _WIDE else text
        else:
            found.append(text.rstrip(" ").encode("utf-8", "replace"))
            begun = ""
    return found


def _inked(line: Any) -> str:  # noqa: ANN401
    """The line as text and style; a wrapped one with all its columns."""
    runs = _runs(line)
    text = "".join(f"{sgr(style)}{text}" for text, _, style in runs)
    missing = len(line) - sum(run.cols for run in runs) if _wraps(line) else 0
    return f"{text}\x1b[m{' ' * missing}"
