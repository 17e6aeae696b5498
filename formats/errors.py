"""The one family of errors a person can meet, and the exit code of each.

    SessionsError                  2
    |-- NoSuchSessionError         2    nothing by that id, place or path
    |-- AmbiguousSessionError      2    a prefix that several sessions share
    |-- BadSessionIdError          2    not the form of an id at all
    |-- UnsafeHomeError            2    a home that another user could write to
    |-- ConfigError                2    config.toml or an option holds a value that cannot be
    |-- LiveSessionError           2    being recorded: it cannot be moved or rewritten
    `-- LogError                   2    a log that cannot be read or written at all

A message is one line, fit to show to a person: what, where, what to do. Errors are raised here
and below and printed in one place, the launcher. Damage inside a log is not an error: it is
skipped and counted (see `formats.damage.Damage`).
"""

from __future__ import annotations


class SessionsError(Exception):
    """Base of the family. `str(error)` is one line that can be shown as it is."""

    exit_code = 2


class NoSuchSessionError(SessionsError):
    """No session answers to what was asked for."""


class AmbiguousSessionError(SessionsError):
    """Several sessions answer to it."""


class BadSessionIdError(SessionsError):
    """The text cannot name a session: wrong characters, wrong length."""


class UnsafeHomeError(SessionsError):
    """The home, or a folder in it, is not ours alone."""


class ConfigError(SessionsError):
    """An unknown key or a bad value; the message names the source and the key."""


class LiveSessionError(SessionsError):
    """A recorder writes the session now."""


class LogError(SessionsError):
    """A log that cannot be opened, read or written."""


def printable(text: str, limit: int = 80) -> str:
    """`text` made fit for one line of a message: control characters escaped, cut at `limit`."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: limit + 1])
    return shown if len(text) <= limit else shown[:limit] + "..."
