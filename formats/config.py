"""`config.toml` and the CLAUDE_SESSIONS_* variables as a `Config`. Flags are the commands' own.

A variable overrides the file, the file overrides the default. The recorder imports this at its
start: what reads and checks values is imported only where there is one.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.errors import ConfigError, printable
from formats.layout import HOME_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from formats.layout import Home

_PREFIX = "CLAUDE_SESSIONS_"
_LARGEST_FILE_BYTES = 1 << 20


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
    if any(name.startswith(_PREFIX) and name != HOME_VARIABLE for name in environ):
        config = config._replace(**_from_texts(environ, lambda key: _PREFIX + key.upper()))
    if flags:
        named = {_flag_name(key): text for key, text in flags.items()}
        config = config._replace(**_from_texts(named, _flag_name))
    if config.mark_key and config.pause_key:
        from formats.settings import key_byte  # noqa: PLC0415  most have neither

        if key_byte(config.mark_key) == key_byte(config.pause_key):
            raise ConfigError(f"mark_key and pause_key are the same key, {config.mark_key}")
    return config


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
    from formats.settings import CHECKS, checked  # noqa: PLC0415  most have no file

    values: dict[str, Any] = {}
    for key, value in _parse(data, shown).items():
        if key not in CHECKS:
            known = ", ".join(CHECKS)
            raise ConfigError(f"{shown}: unknown key {printable(key)!r}; the keys are {known}")
        values[key] = checked(key, value, f"{shown}: {key}")
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
    from formats.settings import CHECKS, read  # noqa: PLC0415  most set nothing

    named = {key: name_of(key) for key in CHECKS}
    return {key: read(key, texts[name], name) for key, name in named.items() if texts.get(name)}
