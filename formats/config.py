"""What a user has set: `config.toml` in the home, over it the environment, under it the defaults.

An unknown key or a bad value is an error that names the file (or the variable) and the key.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.errors import ConfigError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from formats.layout import Home

# A segment smaller than this would be mostly its own first line and its folder entry.
SMALLEST_SEGMENT_BYTES = 1 << 16
_PREFIX = "CLAUDE_SESSIONS_"
_FIRST_CONTROL, _CONTROL_OFFSET = 0x20, 0x40


class Config(NamedTuple):
    """The settings. A NamedTuple, frozen as a dataclass is, but dataclasses cost a start 10 ms."""

    command: tuple[str, ...] = ("claude",)
    """What cs-rec runs when nothing is named."""
    rotate_bytes: int = 16 << 20
    """Go on in a new segment after this many bytes of log."""
    idle_limit_s: float | None = None
    """The longest pause that playback keeps; stored in the session."""
    record_input: bool = True
    """Whether what is typed is recorded."""
    capture_env: tuple[str, ...] = ("SHELL", "TERM", "COLORTERM", "LANG")
    """The environment variables whose values the session's first line keeps."""
    mark_key: str | None = None
    """The key that sets a marker, as `^]`."""
    pause_key: str | None = None
    """The key that pauses recording, as `^\\`."""
    quiet: bool = False
    """Say nothing at the start and the end of a recording."""


def load(home: Home, environ: Mapping[str, str]) -> Config:
    """The settings of a home and an environment.

    Raises ConfigError for a file that cannot be read or parsed, an unknown key or a bad value.
    """
    values: dict[str, Any] = {}
    for key, value in _read(home.config).items():
        if key not in Config._fields:
            known = ", ".join(Config._fields)
            raise ConfigError(f"{home.config}: unknown key {printable(key)!r}; known: {known}")
        values[key] = _checked(key, value, home.config)
    for key in Config._fields:
        text = environ.get(_PREFIX + key.upper())
        if text is not None:
            values[key] = _checked(key, _from_text(key, text), "the environment", text)
    return Config(**values)


def key_byte(text: str) -> int:
    """The byte of a control key in caret notation, `^A` to `^_`. ValueError for anything else."""
    if len(text) == 2 and text[0] == "^":  # noqa: PLR2004
        byte = ord(text[1].upper()) - _CONTROL_OFFSET
        if 0 < byte < _FIRST_CONTROL:
            return byte
    raise ValueError(f"{text!r} is not a control key, as ^] or ^A")


def byte_count(text: str) -> int:
    """The bytes in `65536`, `64K`, `16M`, `1G`. ValueError for anything else."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    unit = units.get(text[-1:].upper(), 1)
    digits = text[:-1] if unit > 1 else text
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{text!r} is not a number of bytes, as 65536 or 16M")
    return int(digits) * unit


def _read(path: str) -> dict[str, Any]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    import tomllib  # noqa: PLC0415  5 ms, only where there is a file

    with os.fdopen(fd, "rb") as file:
        try:
            return tomllib.load(file)
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, RecursionError) as error:  # broken TOML, or not UTF-8
            raise ConfigError(f"{path}: {printable(str(error), 200)}") from None


def _from_text(key: str, text: str) -> object:
    """An environment variable's text as the value a file would hold."""
    if key in ("record_input", "quiet"):
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower(), text)
    if key == "idle_limit_s":
        try:
            return float(text)
        except ValueError:
            return text
    if key == "capture_env":
        return text.split()
    return text


def _checked(key: str, value: object, source: str, shown: object = None) -> object:
    convert, expected = _KEYS[key]
    try:
        return convert(value)
    except (ValueError, TypeError):
        found = printable(repr(value if shown is None else shown))
        name = key if shown is None else _PREFIX + key.upper()
        raise ConfigError(f"{source}: {name} = {found}: expected {expected}") from None


def _require(condition: object) -> None:
    if not condition:
        raise ValueError


def _command(value: object) -> tuple[str, ...]:
    if type(value) is str:
        import shlex  # noqa: PLC0415

        value = shlex.split(value)
    words = _words(value)
    _require(words and words[0])
    return words


def _words(value: object) -> tuple[str, ...]:
    _require(type(value) is list)
    words: list[object] = list(value)  # type: ignore[call-overload]
    _require(all(type(word) is str and "\0" not in word for word in words))
    return tuple(str(word) for word in words)


def _rotate_bytes(value: object) -> int:
    count = byte_count(value) if isinstance(value, str) else value
    _require(type(count) is int and count >= SMALLEST_SEGMENT_BYTES)
    return int(count)  # type: ignore[call-overload, no-any-return]


def _seconds(value: object) -> float:
    _require(type(value) in (int, float))
    seconds = float(value)  # type: ignore[arg-type]
    _require(0 < seconds < float("inf"))
    return seconds


def _truth(value: object) -> bool:
    _require(type(value) is bool)
    return bool(value)


def _key(value: object) -> str:
    _require(type(value) is str)
    key_byte(str(value))
    return str(value)


_KEYS: dict[str, tuple[Callable[[Any], object], str]] = {
    "command": (_command, 'a command, as ["claude"] or "claude --resume"'),
    "rotate_bytes": (_rotate_bytes, "a number of bytes from 65536 on, or as '16M'"),
    "idle_limit_s": (_seconds, "a number of seconds above 0"),
    "record_input": (_truth, "true or false"),
    "capture_env": (_words, 'a list of names, as ["SHELL", "TERM"]'),
    "mark_key": (_key, 'a control key, as "^]"'),
    "pause_key": (_key, 'a control key, as "^\\\\"'),
    "quiet": (_truth, "true or false"),
}
