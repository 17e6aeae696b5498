"""Writing log lines: the hot path of the recorder, a bytes template and one base64 call.

The form of a line is fixed by docs/log-format.md. Reading lines is `formats.entry`'s; what the
recorder imports at its start stays as small as this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pybase64 import b64encode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    Direction = Literal["input", "output"]
    Buffer = bytes | bytearray | memoryview

FORMAT_VERSION = 1
INPUT: Final = "input"
OUTPUT: Final = "output"
STATES_GAP = b'"event":{"type":"gap"'
"""Found in a gap's line and nowhere else: base64 has no quotes, those in JSON texts are escaped."""


class LineEncoder:
    """Makes the lines of one session. Times come in as the stamps of `formats.timestamp`."""

    __slots__ = ("_to_input", "_to_output")

    def __init__(self, session_id: str) -> None:
        middle = b'","session_id":"%b","direction":"%b","data":"'
        session = session_id.encode("ascii")
        self._to_input = middle % (session, b"input")
        self._to_output = middle % (session, b"output")

    def output(self, stamp: bytes, data: Buffer) -> bytes:
        """One line, newline included, for bytes that the child wrote."""
        return b'{"timestamp":"%b%b%b","size":%d}\n' % (
            stamp, self._to_output, b64encode(data), len(data),
        )  # fmt: skip

    def input(self, stamp: bytes, data: Buffer) -> bytes:
        """One line, newline included, for bytes that the user typed."""
        return b'{"timestamp":"%b%b%b","size":%d}\n' % (
            stamp, self._to_input, b64encode(data), len(data),
        )  # fmt: skip

    def event(self, stamp: bytes, event: Mapping[str, Any], direction: Direction = OUTPUT) -> bytes:
        """One line, newline included, for what bytes cannot say.

        `event` is the object of the sixth field, its `type` among its fields. Lone surrogates,
        which undecodable bytes of a command line become in Python, are written as U+FFFD: JSON
        readers refuse them.
        """
        import json  # noqa: PLC0415  1 ms that only events need

        written = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        return b'{"timestamp":"%b%b","size":0,"event":%b}\n' % (
            stamp,
            self._to_input if direction == INPUT else self._to_output,
            without_surrogates(written).encode(),
        )


def without_surrogates(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate, which UTF-8 and JSON readers refuse."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
