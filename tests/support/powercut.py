"""What may lie on the disk after a power cut: a model of every state that POSIX allows.

A `Journal` notes each change that is made through it. A cut may come after any of them. Of what was
not synced by then, any part of the names may have come to the disk, and of the data nothing, all,
the first half, or only its length (zeros). This is more than real file systems do.
"""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.files import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOSSES: dict[str, Callable[[bytes, bytes], bytes]] = {
    "nothing": lambda _, new: new,
    "half": lambda old, new: new[: (len(old) + len(new)) // 2] if len(new) > len(old) else new,
    "zeros": lambda old, new: old[: len(new)] + b"\0" * (len(new) - len(old)),
    "all": lambda old, _: old,
}


class _Change(NamedTuple):
    """`names`: (path, inode or None) that it sets or, with None, removes; _FOLDER for a folder.

    `moved` says of a folder's new name what its old one was: what is in it goes along.
    """

    names: tuple[tuple[str, int | None], ...] = ()
    moved: tuple[str, str] | None = None
    inode: int = 0
    content: bytes | None = None
    synced: str | int = 0
    """The folder, or the inode, that was made durable."""


_FOLDER = -1


class State(NamedTuple):
    """Files and folders: the inode of each path, what each inode holds."""

    names: dict[str, int]
    contents: dict[int, bytes]

    def write(self, old: str, new: Path) -> None:
        """Make it, at another place."""
        written: dict[int, Path] = {}
        for path, inode in sorted(self.names.items()):
            place = new / os.path.relpath(path, old)
            if not place.parent.is_dir():  # its folder has not come to the disk
                continue
            if inode == _FOLDER:
                place.mkdir(mode=0o700, exist_ok=True)
            elif inode in written:
                os.link(written[inode], place)
            else:
                place.write_bytes(self.contents[inode])
                written[inode] = place


class Journal(Files):
    """Does everything, and notes it. Nothing is really synced."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.changes: list[_Change] = []
        self._names: dict[str, int] = {root: _FOLDER}
        self._contents: dict[int, bytes] = {}
        for folder, folders, names in os.walk(root):
            self._names |= {os.path.join(folder, name): _FOLDER for name in folders}
            for name in names:
                path = os.path.join(folder, name)
                inode = os.lstat(path).st_ino
                self._names[path] = inode
                with open(path, "rb") as file:
                    self._contents[inode] = file.read()
        self._now = dict(self._contents)

    def open_new(self, path, flags):
        fd = Files.open_new(path, flags)
        inode = os.fstat(fd).st_ino
        self._now[inode] = b""
        self.changes.append(_Change(((path, inode),), inode=inode, content=b""))
        return fd

    def write(self, fd, data):
        written = os.write(fd, data)
        self._note_content(fd, lambda old: old + bytes(data[:written]))
        return written

    def truncate(self, fd, size):
        os.ftruncate(fd, size)
        self._note_content(fd, lambda old: old[:size])

    def _note_content(self, fd: int, change: Callable[[bytes], bytes]) -> None:
        inode = os.fstat(fd).st_ino
        self._now[inode] = change(self._now[inode])
        self.changes.append(_Change(inode=inode, content=self._now[inode]))

    def sync(self, fd):
        self.changes.append(_Change(synced=os.fstat(fd).st_ino))

    sync_data = sync

    def sync_folder(self, path):
        assert os.path.isdir(path)
        self.changes.append(_Change(synced=path))

    def rename(self, source, target):  # type: ignore[override]
        is_folder = os.path.isdir(source)
        inode = _FOLDER if is_folder else os.lstat(source).st_ino
        os.rename(source, target)
        moved = (source, target) if is_folder else None
        self.changes.append(_Change(((source, None), (target, inode)), moved))

    def link(self, source, target, **options):  # type: ignore[override]
        os.link(source, target, **options)
        self.changes.append(_Change(((target, os.lstat(source).st_ino),)))

    def unlink(self, path):  # type: ignore[override]
        os.unlink(path)
        self.changes.append(_Change(((path, None),)))

    def make_folder(self, path):
        Files.make_folder(self, path)
        self.changes.append(_Change(((path, _FOLDER),)))

    def remove_folder(self, path):  # type: ignore[override]
        os.rmdir(path)
        self.changes.append(_Change(((path, None),)))

    def states(self) -> Iterator[tuple[str, State]]:
        """Every state that a cut may leave, each once, and how it comes to be."""
        seen: set[Any] = set()
        for count in range(len(self.changes) + 1):
            made = self.changes[:count]
            names, pending = self._durable_names(made)
            for subset in _subsets(pending):
                after = dict(names)
                for change in subset:
                    self._apply(after, change)
                for loss, lose in LOSSES.items():
                    contents = self._contents_after(made, lose)
                    held = {inode: contents.get(inode, b"") for inode in after.values()}
                    key = (frozenset(after.items()), frozenset(held.items()))
                    if key not in seen:
                        seen.add(key)
                        kept = f"{len(subset)} of {len(pending)} names"
                        yield f"{count} changes, {kept}, {loss} lost", State(after, held)

    def _durable_names(self, made: list[_Change]) -> tuple[dict[str, int], list[_Change]]:
        """What is surely there, and the changes that may or may not be."""
        pending: list[tuple[_Change, set[str]]] = []
        names = dict(self._names)
        for change in made:
            if change.names:
                pending.append((change, {os.path.dirname(path) for path, _ in change.names[:2]}))
            if isinstance(change.synced, str):
                for _, folders in pending:
                    folders.discard(change.synced)
                for done, folders in pending:
                    if not folders:
                        self._apply(names, done)
                pending = [one for one in pending if one[1]]
        return names, [change for change, _ in pending]

    def _contents_after(
        self, made: list[_Change], lose: Callable[[bytes, bytes], bytes]
    ) -> dict[int, bytes]:
        durable, now = dict(self._contents), dict(self._contents)
        for change in made:
            if change.content is not None:
                now[change.inode] = change.content
                durable.setdefault(change.inode, b"")
            elif isinstance(change.synced, int) and change.synced:
                durable[change.synced] = now[change.synced]
        return {inode: lose(durable[inode], now[inode]) for inode in now}

    def _apply(self, names: dict[str, int], change: _Change) -> None:
        for path, inode in change.names:
            place = self._place_now(names, path)
            if inode is None:
                names.pop(place, None)
            else:
                names[place] = inode
        if change.moved is not None:
            source, target = change.moved
            for path in [path for path in names if path.startswith(source + "/")]:
                names[target + path[len(source) :]] = names.pop(path)

    def _place_now(self, names: dict[str, int], path: str) -> str:
        """Where it is, if the folder that it is in has another name by now, or not yet its new one.

        A change is made to a folder, whatever name that has on the disk.
        """
        for change in self.changes:
            for old, new in (change.moved, change.moved[::-1]) if change.moved else ():
                if path.startswith(old + "/") and old not in names and new in names:
                    return new + path[len(old) :]
        return path


def _subsets(pending: list[_Change]) -> Iterator[tuple[_Change, ...]]:
    for count in range(len(pending) + 1):
        yield from combinations(pending, count)
