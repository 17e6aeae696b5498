"""Archives of sessions: tar, written the same byte for byte each time, read without trusting it.

Reading never makes a file by a name that the archive gives, follows nothing, and looks at plain
files only: what is no part of a session is skipped and counted. A reader of our own, since a
general one holds headers of any length, links and devices to be careful with.

Source: POSIX.1-2017, pax, ustar interchange format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from formats.errors import LogError, printable
from formats.layout import META, is_session_id, parse_log_name
from formats.marks import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formats.interchange.source import Source

BLOCK_BYTES: Final = 512
_END: Final = bytes(2 * BLOCK_BYTES)
# As tar(1) fills up its last record.
_RECORD_BYTES: Final = 20 * BLOCK_BYTES
_LARGEST_OCTAL: Final = 0o77777777777
_PLAIN: Final = (b"0", b"\0")
_SIZE_AT, _CHECKSUM_AT, _KIND_AT, _PREFIX_AT = 124, 148, 156, 345
_BINARY: Final = 0x80
_MOST_MEMBERS: Final = 200_000
"""Two seconds of work; as segments of a log, 3 TB."""


class Member(NamedTuple):
    """A file of a session in an archive: its name alone, and how many bytes it is said to have."""

    name: str
    size: int


def header(name: str, size: int, modified_s: int) -> bytes:
    """The header of a plain file, 0600, of nobody in particular. `name` has 100 bytes at most."""
    number = b"%011o\0" % size if size <= _LARGEST_OCTAL else b"\x80" + size.to_bytes(11, "big")
    fields = (
        name.encode("ascii").ljust(100, b"\0"),
        b"0000600\0" + 2 * b"0000000\0",
        number,
        b"%011o\0" % min(max(0, modified_s), _LARGEST_OCTAL),
        b"        0" + bytes(100),
        b"ustar\x0000" + bytes(64) + 2 * b"0000000\0",
    )
    block = b"".join(fields).ljust(BLOCK_BYTES, b"\0")
    return block[:_CHECKSUM_AT] + b"%06o\0 " % sum(block) + block[_CHECKSUM_AT + 8 :]


def padding(size: int) -> bytes:
    """What follows the content of a file up to the next header."""
    return bytes(-size % BLOCK_BYTES)


def end(written_bytes: int) -> bytes:
    """What follows the last file."""
    return _END + bytes(-(written_bytes + len(_END)) % _RECORD_BYTES)


def session_file(name: str) -> str | None:
    """The name of a file of a session out of that of a member; None for anything else.

    Folders before it are ignored, but for those that lead up or begin at the root.
    """
    *folders, last = name.split("/")
    if name.startswith("/") or ".." in folders:
        return None
    for ending in (META, MARKS):
        if last.endswith(ending) and is_session_id(last.removesuffix(ending)):
            return last
    return last if parse_log_name(last) is not None else None


def members(
    source: Source, name: str, skipped: Callable[[str, str], None]
) -> Iterator[tuple[Member, Callable[[], bytes]]]:
    """The files of sessions in an archive: (member, its next bytes; none at its end).

    Of each name only the first. What is not read of one is skipped. `skipped` is told the name and
    why of all else. Raises LogError when it has more than 200,000 members, or is no tar.
    """
    seen: set[str] = set()
    count = 0
    while len(block := source.exactly(BLOCK_BYTES)) == BLOCK_BYTES and block.strip(b"\0"):
        count += 1
        size = _checked_size(block)
        if size is None or count > _MOST_MEMBERS:
            what = "is damaged" if size is None else f"has more than {_MOST_MEMBERS} members"
            raise LogError(f"the archive {printable(name, 200)} {what}: nothing of it is imported")
        full_name = _name(block)
        found = session_file(full_name)
        content = _Content(source, size)
        if block[_KIND_AT : _KIND_AT + 1] not in _PLAIN:
            skipped(full_name, "no plain file")
        elif found is None:
            skipped(full_name, "no file of a session")
        elif found in seen:
            skipped(full_name, "a second one of that name")
        else:
            seen.add(found)
            yield Member(found, size), content.read
        content.skip()
        source.exactly(len(padding(size)))


class _Content:
    """The content of one member."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._left = size

    def read(self) -> bytes:
        if not self._left:
            return b""
        data = self._source.read(min(self._left, 1 << 16))
        # The archive ends in it.
        self._left = self._left - len(data) if data else 0
        return data

    def skip(self) -> None:
        while self.read():
            pass


def _checked_size(block: bytes) -> int | None:
    """The size in a header; None when its checksum is wrong."""
    stated = block[_CHECKSUM_AT : _CHECKSUM_AT + 8]
    blank = block[:_CHECKSUM_AT] + b" " * 8 + block[_CHECKSUM_AT + 8 :]
    field = block[_SIZE_AT : _SIZE_AT + 12]
    try:
        if int(stated.strip(b" \0"), 8) != sum(blank):
            return None
        if field[0] & _BINARY:
            return int.from_bytes(field[1:], "big") if field[0] == _BINARY else None
        size = int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        return None
    return size if size >= 0 else None


def _name(block: bytes) -> str:
    name = block[:100].partition(b"\0")[0]
    prefix = block[_PREFIX_AT : _PREFIX_AT + 155].partition(b"\0")[0]
    whole = prefix + b"/" + name if prefix and block[257:262] == b"ustar" else name
    return whole.decode(errors="replace").removeprefix("./")
