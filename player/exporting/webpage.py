"""A session as one HTML page that plays by itself: no request leaves it, nothing foreign is in it.

What is shown are our engine's rows: the page needs no terminal. It holds lines of JSON, compressed
and in base64:

    {"cols", "rows", "title", "command", "session", "date", "secrets"}       first
    ["s", fg, bg, flags, underline, its colour, link]    a style, numbered from 1; 0 is the default
    ["r", ...]      a row, numbered from 1; 0 is blank. A number is the style of what comes after
                    it; a string is one character a column, [string, columns] other ones
    ["z", cols, rows]       the size from here on; all rows are blank
    ["f", ms, col, row, shape, row, its row's number, ...]    a frame: what changed so long after
                    the one before, and the cursor (col -1: hidden; shape 0 block, 1 line, 2 bar)
    ["m", ms, label]        a marker
    ["l", ms, typed, text]  a line of the transcript, to be searched
    ["e", ms]       the end
"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

import orjson

from formats.size import DEFAULT_SIZE
from player.drawing.colours import BACKGROUND, FOREGROUND, colour, hexadecimal, look
from player.exporting.shots import Shots
from player.lines.extractor import LineExtractor
from player.lines.lineblock import lines_in
from player.screen.values import DEFAULT_STYLE
from player.transcript.transcript import Transcriber
from player.view.cells import clusters, is_even, safe_link, shown_text

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from formats.entry import Entry
    from formats.size import Size
    from player.lines.lineblock import Settled
    from player.screen import Screen
    from player.screen.values import Row, Run, Style

_EVERY_US: Final = 16_000
# A display shows 60 pictures a second.

_US_PER_MS: Final = 1000
_MOST_ROWS: Final = 300_000
_MOST_STYLES: Final = 20_000
"""Remembered; one that is not any more is written again. Some 100 bytes each."""
_BOLD, _ITALIC, _STRIKE, _OVERLINE = 1, 2, 4, 8
_SHAPES: Final = {"block": 0, "underline": 1, "bar": 2}
_SETTLED_BYTES: Final = 16 << 20
_GZIP: Final = 31
_BATCH_BYTES: Final = 256 << 10
_BASE64_BYTES: Final = 3 << 16


def write_page(entries: Iterable[Entry], about: dict[str, str]) -> Iterator[bytes]:
    """The bytes of the page. `about`: title, command, session, date, secrets; shown as text.

    Takes what `prepared` gives. Raises ScreenEngineError.
    """
    style, script = _part("page.css"), _part("page.js")
    fields = {
        "title": escape(about.get("title", "")),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
    }
    head, tail = _part("page.html").split("{data}")
    yield head.format_map(fields).encode("utf-8", "replace")
    yield from _encoded(_records(entries, about))
    yield tail.format_map(fields).encode("utf-8", "replace")


@cache
def _part(name: str) -> str:
    path = os.path.join(os.path.dirname(__file__), "page", name)
    with open(path, encoding="utf-8") as file:
        return file.read()


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _encoded(records: Iterable[bytes]) -> Iterator[bytes]:
    """Lines as gzip and base64."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    held = b""
    batch: list[bytes] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record)
        if size >= _BATCH_BYTES:
            held += packer.compress(b"\n".join(batch) + b"\n")
            batch.clear()
            size = 0
            if len(held) >= _BASE64_BYTES:
                whole = len(held) - len(held) % 3
                yield base64.b64encode(held[:whole])
                held = held[whole:]
    yield base64.b64encode(held + packer.compress(b"\n".join(batch) + b"\n") + packer.flush())


def _records(entries: Iterable[Entry], about: dict[str, str]) -> Iterator[bytes]:
    extractor = LineExtractor(DEFAULT_SIZE)  # the first entry states the right one
    shots = Shots(_seen(entries, extractor), _EVERY_US, exact=True)
    size = shots.screen.size
    shown = {name: shown_text(text) for name, text in about.items()}
    yield orjson.dumps({"cols": size.cols, "rows": size.rows} | shown)
    frames = _Frames(size)
    lines = _Lines(shots.start.time_us)
    for shot in shots:
        yield from frames.frame(shot.at_us, shot.screen)
        if extractor.held_bytes > _SETTLED_BYTES:
            yield from lines.written(extractor.take_settled(standing=False))
    yield from lines.written(extractor.finish_settled())
    for mark in shots.marks:
        yield orjson.dumps(["m", mark.at_us // _US_PER_MS, shown_text(mark.label)])
    yield orjson.dumps(["e", shots.end_us // _US_PER_MS])


def _seen(entries: Iterable[Entry], extractor: LineExtractor) -> Iterator[Entry]:
    for entry in entries:
        extractor.feed(entry)
        yield entry


class _Lines:
    """The transcript, line by line."""

    def __init__(self, origin_us: int) -> None:
        self._origin_us = origin_us
        self._transcriber = Transcriber()

    def written(self, settled: Settled) -> Iterator[bytes]:
        for line in lines_in(map(self._transcriber.read, settled.batches())):
            at_ms = max(0, line.first_us - self._origin_us) // _US_PER_MS
            yield orjson.dumps(["l", at_ms, int(line.typed), shown_text(line.text)])


class _Table:
    """Numbers for what is written once and then named; what is forgotten is written again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: dict[object, int] = {}
        self._last = 0

    def number(self, key: object) -> tuple[int, bool]:
        """(The number of this key, whether it is new)."""
        number = self._numbers.get(key)
        if number is not None:
            return number, False
        if len(self._numbers) >= self._most:
            self._numbers.clear()
        self._last += 1
        self._numbers[key] = self._last
        return self._last, True


class _Frames:
    """What changes from one look to the next."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._rows = _Table(_MOST_ROWS)
        self._styles = _Table(_MOST_STYLES)
        self._shown = [0] * size.rows
        self._cursor: tuple[int, int, int] = (0, 0, 0)
        self._before_ms = 0

    def frame(self, at_us: int, screen: Screen) -> Iterator[bytes]:
        """The records of a look, none when nothing has changed."""
        if screen.size != self._size:
            self._size = screen.size
            self._shown = [0] * self._size.rows
            yield orjson.dumps(["z", *self._size])
        changes: list[int] = []
        for place, row in screen.rows(changed_only=True):
            number = yield from self._row(row)
            if self._shown[place] != number:
                self._shown[place] = number
                changes += (place, number)
        cursor = _cursor(screen)
        if changes or cursor != self._cursor:
            self._cursor = cursor
            at_ms = at_us // _US_PER_MS
            yield orjson.dumps(["f", at_ms - self._before_ms, *cursor, *changes])
            self._before_ms = at_ms

    def _row(self, row: Row) -> Generator[bytes, None, int]:
        """Its number, after what it takes to know it."""
        if not row:
            return 0
        record: list[object] = ["r"]
        for run in row:
            style = yield from self._style(run.style)
            record.append(style)
            record += _texts(run)
        written = orjson.dumps(record, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
        number, new = self._rows.number(hashlib.blake2b(written, digest_size=12).digest())
        if new:
            yield written
        return number

    def _style(self, style: Style) -> Generator[bytes, None, int]:
        if style == DEFAULT_STYLE:
            return 0
        number, new = self._styles.number(style._replace(blink=False))
        if new:
            yield orjson.dumps(["s", *_style_fields(style)])
        return number


def _cursor(screen: Screen) -> tuple[int, int, int]:
    if not screen.cursor_visible:
        return (-1, 0, 0)
    col, row = screen.cursor
    return (col, row, _SHAPES[screen.cursor_shape.kind])


def _texts(run: Run) -> list[object]:
    """The text of a run, with what is not one character in one column by itself."""
    if is_even(run):
        return [shown_text(run.text)]
    texts: list[object] = []
    plain = ""
    for text, cols in clusters(run):
        if len(text) == cols == 1:
            plain += shown_text(text)
            continue
        if plain:
            texts.append(plain)
        plain = ""
        texts.append([shown_text(text), cols])
    if plain:
        texts.append(plain)
    return texts


def _style_fields(style: Style) -> list[Any]:
    colours = look(style)
    fg = "" if colours.fg == FOREGROUND else hexadecimal(colours.fg)
    bg = "" if colours.bg in (None, BACKGROUND) else hexadecimal(colours.bg or 0)
    flags = (
        _BOLD * style.bold
        | _ITALIC * style.italic
        | _STRIKE * style.strike
        | _OVERLINE * style.overline
    )
    ink = "" if style.underline_color is None else hexadecimal(colour(style.underline_color))
    return [fg, bg, flags, style.underline, ink, safe_link(style)]
