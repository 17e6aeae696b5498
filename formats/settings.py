"""The values of the settings: what each may be, and how a variable's or a flag's text is read.

Imported only where something is set: the recorder's start need not know it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from formats.errors import ConfigError, printable

if TYPE_CHECKING:
    from collections.abc import Callable

SYNCS = ("none", "100ms", "1s", "each")
SMALLEST_SEGMENT_BYTES = 1 << 16
_ESCAPE, _RETURN, _DELETE = 0x1B, 0x0D, 0x7F
_US_PER_DAY = 86_400_000_000
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def checked(key: str, value: object, where: str) -> Any:  # noqa: ANN401
    """A value of the setting of that name, as the file holds it. Raises ConfigError."""
    try:
        return CHECKS[key](value)
    except ValueError as error:
        shown = printable(repr(value), 60)
        raise ConfigError(f"{where} is {shown}: expected {error}") from None


def read(key: str, text: str, where: str) -> Any:  # noqa: ANN401
    """The same, of what a variable or a flag says. Raises ConfigError."""
    return checked(key, _READERS.get(key, str)(text), where)


def key_byte(key: str) -> int:
    """The byte that a control key sends: `^]` is 29; the control character itself is read too.

    Raises ConfigError for other keys: a key that types something would be lost to the program.
    Escape and Enter are refused: arrow and function keys begin with the one, lines end in the
    other.
    """
    byte = -1
    if len(key) == 1:
        byte = ord(key)
    elif len(key) == 2 and key[0] == "^":  # noqa: PLR2004
        byte = ord(key[1].upper()) ^ 0x40 if len(key[1].upper()) == 1 else -1
    if not (0 <= byte < 0x20 or byte == _DELETE) or byte in (_ESCAPE, _RETURN):  # noqa: PLR2004
        raise ConfigError(f"{printable(key)!r} is not a control key that can be used, as ^]")
    return byte


def _command(value: object) -> tuple[str, ...]:
    expected = 'a command, as "claude --verbose" or ["claude", "--verbose"]'
    words = _texts(_shell_split(value) if isinstance(value, str) else value, expected)
    if not words or not words[0] or any("\0" in word for word in words):
        raise ValueError(expected)
    return words


def _capture_env(value: object) -> tuple[str, ...]:
    expected = 'names of variables, as ["SHELL", "TERM"]'
    names = _texts(value, expected)
    if not all(names) or any("=" in name or "\0" in name for name in names):
        raise ValueError(expected)
    return names


def _texts(value: object, expected: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(expected)  # noqa: TRY004  the caller's one kind of error
    items: list[object] = list(value)  # pyright: ignore[reportUnknownArgumentType]
    texts = tuple(item for item in items if isinstance(item, str))
    if len(texts) != len(items):
        raise ValueError(expected)
    return texts


def _shell_split(text: str) -> list[str]:
    import shlex  # noqa: PLC0415  only where a string is to be split

    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"words as a shell reads them ({error})") from None


def _rotate_bytes(value: object) -> int:
    value = _bytes_of(value) if isinstance(value, str) and value else value
    if type(value) is not int or value < SMALLEST_SEGMENT_BYTES:
        raise ValueError(f"a number of bytes from {SMALLEST_SEGMENT_BYTES} on")
    return value


def _idle_limit_s(value: object) -> float | None:
    if value == "none":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("seconds above 0")  # noqa: TRY004  the caller's one kind of error
    if not 0 < value < float("inf"):
        raise ValueError("seconds above 0")
    return float(value)


def _limit_days(value: object) -> float | None:
    return None if value == "none" else _days(value)


def _days(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:  # noqa: PLR2004
        raise ValueError("a number of days")
    return float(value)


def _seal_after(value: object) -> float | None:
    if isinstance(value, str) and value != "none":
        from formats.quantities import parse_age_us  # noqa: PLC0415  only where it is set

        try:
            return parse_age_us(value) / _US_PER_DAY
        except ValueError:
            raise ValueError('an age, as "7d" or "12h", or "none"') from None
    return _limit_days(value)


def _limit_bytes(value: object) -> int | None:
    from formats.quantities import parse_bytes  # noqa: PLC0415  only where it is set

    if value == "none":
        return None
    found = parse_bytes(value) if isinstance(value, str) else value
    if type(found) is not int or found < 0:
        raise ValueError('a size, as "5GB"')
    return found


def _patterns(value: object) -> tuple[str, ...]:
    expected = "texts that are not empty, as ['ACME-[0-9]{6}']"
    texts = _texts(value, expected)
    if not all(texts):
        raise ValueError(expected)
    return texts


def _sync(value: object) -> str:
    if value not in SYNCS:
        raise ValueError(", ".join(SYNCS[:-1]) + " or " + SYNCS[-1])
    return str(value)


def _path(value: object) -> str | None:
    if value == "none":
        return None
    path = os.path.expanduser(value) if isinstance(value, str) else ""
    if not path.startswith("/") or "\0" in path:
        raise ValueError("a file by its whole path, as ~/.ssh/sessions")
    return path


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004  as above
    return value


def _key(value: object) -> str | None:
    if value == "none":
        return None
    try:
        key_byte(value if isinstance(value, str) else "")
    except ConfigError:
        raise ValueError('a control key other than Escape and Enter, as "^]"') from None
    return str(value)


CHECKS: dict[str, Callable[[object], Any]] = {
    "command": _command,
    "rotate_bytes": _rotate_bytes,
    "idle_limit_s": _idle_limit_s,
    "record_input": _flag,
    "capture_env": _capture_env,
    "mark_key": _key,
    "pause_key": _key,
    "quiet": _flag,
    "retention_days": _limit_days,
    "max_store_bytes": _limit_bytes,
    "trash_days": _limit_days,
    "keep_lines": _flag,
    "redact": _patterns,
    "redact_words": _patterns,
    "seal_after": _seal_after,
    "sync": _sync,
    "strict": _flag,
    "sign_key": _path,
}
"""By name: gives the value as `Config` holds it, or raises ValueError with what is expected."""


def _bytes_of(text: str) -> object:
    unit = _UNITS.get(text[-1].upper(), 1)
    digits = text[:-1] if unit > 1 else text
    return int(digits) * unit if digits.isascii() and digits.isdigit() else text


def _seconds_of(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _flag_of(text: str) -> object:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)


def _words_of(text: str) -> object:
    try:
        return _shell_split(text)
    except ValueError:
        return text


# How a variable's text becomes what the file would hold.
_READERS: dict[str, Callable[[str], object]] = {
    "rotate_bytes": _bytes_of,
    "idle_limit_s": _seconds_of,
    "record_input": _flag_of,
    "capture_env": _words_of,
    "quiet": _flag_of,
    "retention_days": _seconds_of,
    "trash_days": _seconds_of,
    "keep_lines": _flag_of,
    "redact": _words_of,
    "redact_words": _words_of,
    "strict": _flag_of,
}
