"""`config.toml` and the CLAUDE_SESSIONS_* variables as a `Config`. Flags are the commands' own.

A variable overrides the file, the file overrides the default. The recorder imports this at its
start: tomllib and shlex are imported only where there is something to parse.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.errors import ConfigError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from formats.layout import Home

SMALLEST_SEGMENT_BYTES = 1 << 16
_PREFIX = "CLAUDE_SESSIONS_"
_LARGEST_FILE_BYTES = 1 << 20
_ESCAPE, _RETURN, _DELETE = 0x1B, 0x0D, 0x7F
SYNCS = ("none", "100ms", "1s", "each")
_US_PER_DAY = 86_400_000_000
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Config(NamedTuple):
    """What can be set once for all sessions. No dataclass: importing it costs 10 ms."""

    command: tuple[str, ...] = ("claude",)
    """What `cs-rec` records when no command is given."""
    rotate_bytes: int = 16 << 20
    """A segment of the log that has grown to this is closed."""
    idle_limit_s: float | None = None
    """The longest pause that is kept at playing; stored with the session."""
    record_input: bool = True
    capture_env: tuple[str, ...] = ("SHELL", "TERM", "COLORTERM", "LANG")
    """The variables that are stored with the session."""
    mark_key: str | None = None
    pause_key: str | None = None
    """Keys that the recorder keeps for itself, as `key_byte` reads them."""
    quiet: bool = False
    retention_days: float | None = None
    max_store_bytes: int | None = None
    """Limits beyond which old sessions go to the trash by themselves; none unless set."""
    trash_days: float | None = 7.0
    """So long a session stays in the trash before it is erased; None: until somebody does it."""
    keep_lines: bool = False
    """Whether the screen lines and the summary stay when retention removes a session."""
    redact: tuple[str, ...] = ()
    """Regular expressions of what is masked beyond the built-in rules."""
    redact_words: tuple[str, ...] = ()
    """Texts that are masked wherever they stand."""
    seal_after: float | None = 7.0
    """Days after which the log of a session that has ended is compressed whole; None: never."""
    sync: str = "1s"
    """How long what was recorded may wait to be durable: none (for ever), 100ms, 1s, each."""
    strict: bool = False
    """Whether a log that cannot be written ends the session."""
    sign_key: str | None = None
    """A file with a private key of OpenSSH (Ed25519) by which closed segments are signed."""


def load(home: Home, environ: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Config:
    """The configuration in force: flags, over the environment, over the file, over the defaults.

    `flags` holds what was typed, by key: `{"rotate_bytes": "16M"}` for `--rotate-bytes 16M`.

    Raises ConfigError for a file that cannot be read or is no TOML, an unknown key, or a bad
    value; the message names the file or the variable, the key, and what is expected.
    """
    config = Config(**_from_file(home.config))
    if any(name.startswith(_PREFIX) for name in environ):
        config = config._replace(**_from_texts(environ, lambda key: _PREFIX + key.upper()))
    if flags:
        named = {_flag_name(key): text for key, text in flags.items()}
        config = config._replace(**_from_texts(named, _flag_name))
    keys = [key_byte(key) for key in (config.mark_key, config.pause_key) if key]
    if len(keys) != len(set(keys)):
        raise ConfigError(f"mark_key and pause_key are the same key, {config.mark_key}")
    return config


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


def _from_file(path: str) -> dict[str, Any]:
    shown = printable(path, 200)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {shown}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):  # open() refuses a folder in its own words
        os.close(fd)
        raise ConfigError(f"{shown} is not a file")
    with open(fd, "rb") as file:
        found = os.fstat(fd)
        if found.st_uid not in (os.geteuid(), 0):
            raise ConfigError(f"{shown} belongs to another user (uid {found.st_uid})")
        if found.st_mode & stat.S_IWOTH:
            raise ConfigError(f"{shown} can be written by other users: run chmod o-w {shown}")
        data = file.read(_LARGEST_FILE_BYTES + 1)
    values: dict[str, Any] = {}
    for key, value in _parse(data, shown).items():
        check = _CHECKS.get(key)
        if check is None:
            known = ", ".join(_CHECKS)
            raise ConfigError(f"{shown}: unknown key {printable(key)!r}; the keys are {known}")
        values[key] = _checked(check, value, f"{shown}: {key}")
    return values


def _parse(data: bytes, shown: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  6 ms that most starts need not pay

    if len(data) > _LARGEST_FILE_BYTES:
        raise ConfigError(f"{shown} is larger than 1 MiB")
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown}: line {line} is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{shown}: no TOML: {printable(str(error), 200)}") from None


def _flag_name(key: str) -> str:
    return "--" + key.removesuffix("_s").replace("_", "-")


def _from_texts(texts: Mapping[str, str], name_of: Callable[[str], str]) -> dict[str, Any]:
    """What variables or flags set; an empty one counts as not set."""
    values: dict[str, Any] = {}
    for key, check in _CHECKS.items():
        name = name_of(key)
        if text := texts.get(name):
            values[key] = _checked(check, _READERS.get(key, str)(text), name)
    return values


def _checked(check: Callable[[Any], Any], value: object, where: str) -> Any:  # noqa: ANN401
    try:
        return check(value)
    except ValueError as error:
        shown = printable(repr(value), 60)
        raise ConfigError(f"{where} is {shown}: expected {error}") from None


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


_CHECKS: dict[str, Callable[[object], Any]] = {
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
