"""What foreign files say of themselves, made fit for a `start` event of ours; and back."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Any, Final, cast

from formats.entry import Entry, Event
from formats.errors import LogError, printable
from formats.line import FORMAT_VERSION, OUTPUT, without_surrogates
from formats.size import LARGEST_SIDE

if TYPE_CHECKING:
    from formats.damage import Damage

US_PER_S: Final = 1_000_000
US_PER_MS: Final = 1000
LATEST_US: Final = 253_402_300_799 * US_PER_S
"""The years that a log can hold end with 9999."""
# A command that is a line for the shell, not a list of words.
_SHELL: Final = ["/bin/sh", "-c"]
_SIGNALLED: Final = 128
_LONGEST_TEXT: Final = 64 << 10
LONGEST_RECORDING_US: Final = 10 * 366 * 86_400 * US_PER_S
"""Ten years: beyond it, a time is damage."""
# As of our own logs: what holds so many that are none is no recording.
_MOST_DAMAGED_LINES: Final = 100_000


def side(value: object) -> int:
    """A count of columns or rows; 0, which is unknown, when it cannot be one."""
    return value if type(value) is int and 0 <= value <= LARGEST_SIDE else 0


def text_of(value: object) -> str | None:
    """A text of bounded length; None when it is none."""
    return without_surrogates(value[:_LONGEST_TEXT]) if isinstance(value, str) else None


def seconds_us(value: object) -> int | None:
    """Microseconds of a number of seconds; None when it cannot be a time in a recording."""
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        time_us = round(value * US_PER_S)
        return time_us if abs(time_us) <= LONGEST_RECORDING_US else None
    return None


def epoch_us(value: object) -> int | None:
    """Microseconds of seconds since the epoch; None when a log could not hold them."""
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        time_us = round(value * US_PER_S)
        return time_us if 0 <= time_us <= LATEST_US - LONGEST_RECORDING_US else None
    return None


def start_entry(
    time_us: int,
    *,
    source: str,
    cols: int,
    rows: int,
    command: str | None = None,
    term: str | None = None,
    title: str | None = None,
    idle_limit: object = None,
    env: object = None,
    tags: object = None,
    **more: Any,  # noqa: ANN401  fields that we keep without knowing them
) -> Entry:
    """The first entry of a session that another tool recorded; `source` names the format."""
    event: Event = {"type": "start", "version": FORMAT_VERSION, "cols": cols, "rows": rows}
    event["command"] = [] if command is None else command_words(command)
    event["term"] = term
    if title is not None:
        event["title"] = title
    limit_us = seconds_us(idle_limit)
    if limit_us is not None and limit_us > 0:
        event["idle_limit_s"] = idle_limit
    if isinstance(env, dict):
        known = cast("dict[str, object]", env)
        event["env"] = {str(text_of(name)): text_of(value) for name, value in known.items()}
    if isinstance(tags, list):
        found = (text_of(tag) for tag in cast("list[object]", tags))
        event["tags"] = [tag for tag in found if tag is not None]
    event |= {name: value for name, value in more.items() if value is not None}
    event["imported_from"] = source
    return Entry(time_us, "", OUTPUT, b"", event)


def terminal_fields(header: dict[str, Any]) -> dict[str, Any]:
    """The environment that a cast's header states, and the terminal's type out of it."""
    env = header.get("env")
    if not isinstance(env, dict):
        return {}
    known = dict(cast("dict[str, object]", env))
    return {"term": text_of(known.pop("TERM", None)), "env": known or None}


def command_words(line: str) -> list[str]:
    """The command of a shell's line: its words where that says the same, else a shell with it."""
    try:
        words = shlex.split(line)
    except ValueError:
        return [*_SHELL, line]
    return words if words and shlex.join(words) == line else [*_SHELL, line]


def command_line(words: list[str]) -> str | None:
    """The inverse of `command_words`; None for no command."""
    if words[:2] == _SHELL and len(words) == len(_SHELL) + 1:
        return words[2]
    return shlex.join(words) if words else None


def exit_status(event: Event) -> int | None:
    """How an `exit` event says that the command ended, as shells say it; None if nobody knows."""
    if "status" not in event and "signal" in event:
        return _SIGNALLED + int(event["signal"])
    return event.get("status")


def damaged_line(damage: Damage, name: str, number: int, what: str) -> None:
    """Count a line that is skipped. Raises LogError when there are too many of them."""
    damage.lines += 1
    if damage.lines > _MOST_DAMAGED_LINES:
        shown = printable(name, 200)
        raise LogError(f"{shown} has more than {_MOST_DAMAGED_LINES} lines that are no entry")
    damage.note(name, f"line {number}: {what}")
