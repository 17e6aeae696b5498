"""Reading asciicast, version 1: one JSON object over the whole file, its events in a list.

It is read a value at a time: the file may be larger than our memory, or pretend to be a cast.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

from formats.entry import Entry
from formats.errors import LogError, printable
from formats.interchange.fields import (
    damaged_line,
    seconds_us,
    side,
    start_entry,
    terminal_fields,
    text_of,
)
from formats.interchange.json_lines import LONGEST_VALUE_BYTES
from formats.line import OUTPUT, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.interchange.source import Source

_READ_BYTES: Final = 1 << 18
_SPACE = re.compile(r"[ \t\r\n]*")
# Our own and asciinema's have eight; what follows the events would come too late to be used.
_MOST_MEMBERS: Final = 1000
_EVENTS: Final = "stdout"


def read_v1(file: Source, name: str, damage: Damage, start_us: int) -> Iterator[Entry]:
    """The entries of a cast of version 1, which began at `start_us`.

    Raises LogError when it is none.
    """
    values = _Values(file)
    fields = _members(values)
    none = LogError(f"{printable(name, 200)} is no asciicast of version 1, 2 or 3")
    if fields is None:
        raise none
    yield start_entry(
        start_us,
        source="asciicast-v1",
        cols=side(fields.get("width")),
        rows=side(fields.get("height")),
        command=text_of(fields.get("command")),
        title=text_of(fields.get("title")),
        **terminal_fields(fields),
    )
    time_us, number = start_us, 0
    while values.skip(",") or not number:
        if values.skip("]"):  # none at all
            return
        number += 1
        try:
            event = values.next()
        except ValueError:
            if number == 1:
                raise none from None
            damage.torn += 1
            damage.note(name, f"event {number}: the file goes on with no event, or ends")
            return
        found = cast("list[object]", event) if isinstance(event, list) else []
        delay_us = seconds_us(found[0]) if len(found) == 2 else None  # noqa: PLR2004
        text = found[-1] if found else None
        if delay_us is None or not isinstance(text, str):
            damaged_line(damage, name, number, "an event that is none")
            continue
        time_us += max(0, delay_us)
        yield Entry(time_us, "", OUTPUT, without_surrogates(text).encode())
    if not values.skip("]"):
        damage.torn += 1
        damage.note(name, f"event {number}: the list of events has no end")


def _members(values: _Values) -> dict[str, Any] | None:
    """What the object says before its events; None when there are no events, or it is none."""
    fields: dict[str, Any] = {}
    if not values.skip("{"):
        return None
    for _ in range(_MOST_MEMBERS):
        try:
            key = values.next()
            if not isinstance(key, str) or not values.skip(":"):
                return None
            if key == _EVENTS:
                return fields if values.skip("[") else None
            fields[key] = values.next()
        except ValueError:
            return None
        if not values.skip(","):
            return None
    return None


class _Values:
    """The values of a JSON text, one after another; each of bounded length."""

    def __init__(self, file: Source) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._scan = json.JSONDecoder().raw_decode
        self._text = ""
        self._place = 0
        self._at_end = False

    def skip(self, mark: str) -> bool:
        """Go over white space, and over `mark` if it comes next; whether it did."""
        self._over_space()
        found = self._text.startswith(mark, self._place)
        self._place += found
        return found

    def next(self) -> object:
        """The value that begins here. Raises ValueError when none does, or a longer one."""
        self._over_space()
        while True:
            try:
                value, end = cast("tuple[object, int]", self._scan(self._text, self._place))
                if end < len(self._text) or self._at_end:  # a number may go on
                    self._place = end
                    return value
            except RecursionError:
                raise ValueError from None
            except ValueError:
                if self._at_end or len(self._text) - self._place > LONGEST_VALUE_BYTES:
                    raise
            # Twice as much each time: a long value must not be begun again and again.
            wanted = 2 * (len(self._text) - self._place)
            self._more()
            while len(self._text) < wanted and not self._at_end:
                self._more()

    def _over_space(self) -> None:
        while True:
            match = _SPACE.match(self._text, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._text) or self._at_end:
                return
            self._more()

    def _more(self) -> None:
        data = self._file.read(_READ_BYTES)
        self._at_end = not data
        self._text = self._text[self._place :] + self._decode(data, final=self._at_end)
        self._place = 0
