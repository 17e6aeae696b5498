"""What the files of a log are known by: what was made of them holds as long as that is the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.layout import is_foreign, parse_log_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formats.layout import Home, LogName

Signature = tuple[tuple[int, ...], ...]
"""The files of a log as they lie there: (segment's number or 0 for the open one, sealed, bytes,
modified in ns) each. Equal to what it was: nothing came, nothing went."""


def signature_of(files: Iterable[str]) -> Signature:
    """The signature of a log that consists of these files."""
    found: list[tuple[int, ...]] = []
    for path in files:
        try:
            state = os.stat(path)
        except FileNotFoundError:  # sealed just now
            continue
        name = os.path.basename(path)
        found.append(_signed(name, parse_log_name(name), state))
    return tuple(sorted(found))


def signatures(home: Home) -> dict[str, Signature]:
    """The signatures of all logs of a home, by session id, from one pass over its folder."""
    found: dict[str, list[tuple[int, ...]]] = {}
    try:
        with os.scandir(home.logs) as items:
            for item in items:
                name = parse_log_name(item.name)
                if name is not None and item.is_file(follow_symlinks=False):
                    signed = _signed(item.name, name, item.stat(follow_symlinks=False))
                    found.setdefault(name.session_id, []).append(signed)
    except FileNotFoundError:
        pass
    return {session_id: tuple(sorted(signed)) for session_id, signed in found.items()}


def _signed(name: str, parsed: LogName | None, state: os.stat_result) -> tuple[int, ...]:
    number, sealed = (parsed.number or 0, parsed.sealed) if parsed else (0, name.endswith(".zst"))
    # Of a log that another user has taken over no lines hold: whoever reads it is told.
    size = -1 if is_foreign(state) else state.st_size
    return number, int(sealed), size, state.st_mtime_ns
