"""What a person is to be told of work that was done in the background: by the next who is seen.

A file of words in the home, which takes another name once they were shown. What decides whether
there is something to say costs one look, so that `cs-rec` can afford it at its start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.errors import printable
from formats.files import FILES, Files
from formats.layout import read_small

if TYPE_CHECKING:
    from formats.layout import Home

_LARGEST_BYTES = 1 << 14
_LONGEST_LINE = 400


def leave_notice(home: Home, lines: list[str], files: Files = FILES) -> None:
    """Have these lines told, if any, instead of what was not told yet. Raises OSError."""
    if not lines:
        if os.path.lexists(_path(home)):
            files.unlink(_path(home))
        return
    files.replace(_path(home), "".join(f"{line}\n" for line in lines).encode())


def take_notice(home: Home, now_us: int) -> list[str]:
    """The lines that are to be told, once. Call it only where they will be seen."""
    data = read_small(_path(home), _LARGEST_BYTES)
    if data is None:
        return []
    try:
        os.utime(_path(home), ns=(now_us * 1000, now_us * 1000))
        os.rename(_path(home), _shown(home))
    except OSError:  # another command tells it, or a store that is only lent to us
        return []
    return [printable(line, _LONGEST_LINE) for line in data.decode(errors="replace").splitlines()]


def shown_us(home: Home) -> int | None:
    """When a notice was last told; None when none ever was."""
    try:
        return os.lstat(_shown(home)).st_mtime_ns // 1000
    except OSError:
        return None


def _path(home: Home) -> str:
    return os.path.join(home.path, "notice")


def _shown(home: Home) -> str:
    return os.path.join(home.path, "notice.shown")
