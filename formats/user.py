"""What a person says of a session: a title, tags, that it is to be kept. Beside the log, durable.

The summary (`formats.meta`) is rebuilt from the log and may be lost at any time; this may not. So
it has a file of its own, `logs/<uuid>.user.json`, which no program writes but on a person's word.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from formats.errors import LogError, printable
from formats.files import FILES
from formats.layout import read_small
from formats.line import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.meta import Meta

USER_VERSION: Final = 1
_LARGEST_BYTES: Final = 1 << 20
# Longer ones are no titles: they would fill a list.
LONGEST_TEXT: Final = 1000


class UserData(NamedTuple):
    """`title` and `tags` go before those of the log; None leaves the log's."""

    title: str | None = None
    tags: tuple[str, ...] | None = None
    pinned: bool = False

    def over(self, meta: Meta) -> Meta:
        """The summary as the person wants to see it."""
        if self.title is not None:
            meta = meta._replace(title=self.title or None)
        if self.tags is not None:
            meta = meta._replace(tags=list(self.tags))
        return meta


NOTHING: Final = UserData()


def decode(data: bytes) -> UserData | None:
    """What the bytes of a file say; None when they are not of this version."""
    try:
        fields: dict[str, Any] = json.loads(data)
        if all(check(fields[name]) for name, check in _CHECKS.items()):
            tags: list[str] | None = fields["tags"]
            return UserData(
                fields["title"], None if tags is None else tuple(tags), fields["pinned"]
            )
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def read_user(path: str) -> UserData:
    """What the file says; nothing when it is missing, unreadable, a link or not of ours."""
    data = read_small(path, _LARGEST_BYTES)
    return NOTHING if data is None else decode(data) or NOTHING


def write_user(path: str, said: UserData) -> None:
    """Replace the file at once, and have it on the disk. Raises LogError.

    A file that would say nothing is removed.
    """
    try:
        if said == NOTHING:
            if os.path.lexists(path):
                os.unlink(path)
            return
        FILES.replace(path, _encode(said), durable=True)
    except OSError as error:
        raise LogError(f"cannot write {printable(path, 200)}: {error.strerror}") from None


def _encode(said: UserData) -> bytes:
    title = None if said.title is None else without_surrogates(said.title)
    tags = None if said.tags is None else [without_surrogates(tag) for tag in said.tags]
    fields = {"version": USER_VERSION, "title": title, "tags": tags, "pinned": said.pinned}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(type(tag) is str for tag in cast("list[object]", value))


_CHECKS: Final[dict[str, Callable[[object], bool]]] = {
    "version": lambda value: value == USER_VERSION,
    "title": lambda value: value is None or type(value) is str,
    "tags": lambda value: value is None or _are_texts(value),
    "pinned": lambda value: type(value) is bool,
}
