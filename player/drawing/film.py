"""A session as one SVG that moves by CSS alone: no script, so that pages may show it as an image.

Each row of the screen is a window onto a strip of all that ever stood in it, side by side; what
moves the strips are the steps of one animation a row. A content is drawn once and used again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.drawing import FormError
from player.drawing.colours import BACKGROUND, hexadecimal
from player.drawing.svg import CELL_HEIGHT, CELL_WIDTH, LETTERS, MARGIN, RULE, drawn_row, pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.size import Size
    from player.screen import Screen
    from player.screen.values import Cursor, Row

_MOST_CHANGES: Final = 100_000
"""Each is an element of the picture: browsers take seconds for more."""

_US_PER_S: Final = 1_000_000
_WHOLE: Final = 100


class Film:
    """Takes looks at a screen of `size` at most, gives the picture."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._numbers: dict[Row, int] = {(): 0}
        # Of each row: since when which content stands in it.
        self._strips: list[list[tuple[int, int]]] = [[(0, 0)] for _ in range(size.rows)]
        self._cursor: list[tuple[int, Cursor | None]] = [(0, None)]
        self._shown = size
        self._count = 0

    def look(self, at_us: int, screen: Screen) -> None:
        """Note what differs from the look before. Raises FormError when it is too much."""
        if screen.size != self._shown:
            self._shown = screen.size
            for number in range(screen.size.rows, self._size.rows):
                self._note(number, at_us, ())
        for number, row in screen.rows(changed_only=True):
            self._note(number, at_us, row)
        cursor = screen.cursor if screen.cursor_visible else None
        if self._cursor[-1][1] != cursor:
            self._cursor.append((at_us, cursor))
        if self._count > _MOST_CHANGES:
            message = (
                "this is too long for a picture that moves: take a part (--from, --to) or .html"
            )
            raise FormError(message)

    def _note(self, number: int, at_us: int, row: Row) -> None:
        content = self._numbers.setdefault(row, len(self._numbers))
        strip = self._strips[number]
        if strip[-1][1] != content:
            if strip[-1][0] == at_us:
                strip.pop()
            strip.append((at_us, content))
            self._count += 1

    def written(self, end_us: int) -> Iterator[bytes]:
        """The bytes of the picture, which begins anew at `end_us`."""
        width = self._size.cols * CELL_WIDTH + 2 * MARGIN
        height = self._size.rows * CELL_HEIGHT + 2 * MARGIN
        size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
        every = f"{end_us / _US_PER_S:g}s steps(1,end) infinite"
        background = f'<rect width="100%" height="100%" rx="6" fill="{hexadecimal(BACKGROUND)}"/>'
        yield _line(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>')
        yield _line(f"<style>{RULE}")
        yield from map(_line, self._rules(end_us, every))
        yield _line(f'</style>\n{background}\n<defs xml:space="preserve">')
        for row, number in self._numbers.items():
            if number:
                yield _line(f'<g id="c{number}">{"".join(drawn_row(row))}</g>')
        yield _line(f"</defs>\n<g {LETTERS}>")
        for number, strip in enumerate(self._strips):
            if len(strip) > 1:
                yield _line(self._strip(number, strip))
        yield _line(f"</g>\n{_POINTER}\n</svg>")

    def _rules(self, end_us: int, every: str) -> Iterator[str]:
        """The keyframes of each row and of the cursor."""
        wide = self._size.cols * CELL_WIDTH
        for number, strip in enumerate(self._strips):
            if len(strip) > 1:
                moves = (
                    (at_us, f"transform:translate({-place * wide:g}px)")
                    for place, (at_us, _) in enumerate(strip)
                )
                yield f"#r{number}{{animation:r{number} {every}}}"
                yield f"@keyframes r{number}{{{_stops(moves, end_us)}}}"
        yield f"#p{{animation:p {every}}}"
        yield f"@keyframes p{{{_stops(self._pointed(), end_us)}}}"

    def _pointed(self) -> Iterator[tuple[int, str]]:
        for at_us, at in self._cursor:
            if at is None:
                yield at_us, "opacity:0"
            else:
                x, y = at.col * CELL_WIDTH, at.row * CELL_HEIGHT
                yield at_us, f"transform:translate({x:g}px,{y:g}px)"

    def _strip(self, number: int, strip: list[tuple[int, int]]) -> str:
        wide = self._size.cols * CELL_WIDTH
        uses = "".join(
            f'<use href="#c{content}" x="{place * wide:g}"/>'
            for place, (_, content) in enumerate(strip)
            if content
        )
        place = f'x="{MARGIN}" y="{MARGIN + number * CELL_HEIGHT:g}"'
        window = f'<svg {place} width="{wide:g}" height="{CELL_HEIGHT}">'
        return f'{window}<g id="r{number}">{uses}</g></svg>'


_POINTER: Final = f'<g id="p">{pointer(MARGIN, MARGIN)}</g>'


def _line(text: str) -> bytes:
    return f"{text}\n".encode("utf-8", "replace")


def _stops(stops: Iterator[tuple[int, str]], end_us: int) -> str:
    return "".join(f"{at_us / end_us * _WHOLE:.6g}%{{{what}}}" for at_us, what in stops)
