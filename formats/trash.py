"""The trash: sessions that were removed, whole, until their grace time is over.

One removed session is one folder, `trash/<uuid>.<time>/`, with what lay in `logs/` and `index/`
under the same names. A session's files cannot move all at once, so each step leaves behind what
says how far it came, and `settle` goes on from there:

    trash/<uuid>.<time>.moving/     It is being moved in. The log's last segment goes first, so that
                                    what is left is a log that ends early.
    trash/<uuid>.<time>.thinning/   The same, but its screen lines and summary stay.
    trash/<uuid>.<time>/            Removed.
    trash/<uuid>.<time>.restoring/  It is being moved back, its first segment first.
    trash/<uuid>.<time>.erasing/    It is being erased for good.

At no moment is a byte in neither place: files are renamed, and moved back without replacing any.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.belongings import FOLDERS, Belonging, belongings, owner_of
from formats.errors import LogError, NoSuchSessionError, SessionsError, printable
from formats.files import FILES, Files
from formats.holding import held
from formats.layout import META, USER, parse_log_name
from formats.timestamp import parse, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.layout import Home

_MOVING: Final = ".moving"
_THINNING: Final = ".thinning"
_RESTORING: Final = ".restoring"
_ERASING: Final = ".erasing"
_STEPS: Final = (_MOVING, _THINNING, _RESTORING, _ERASING)
_ID_LENGTH: Final = 36
LINES: Final = ".lines.zst"
"""What the name of a session's screen lines ends in, in `index/`."""
_KEPT_OF_LINES: Final = (META, USER, LINES)


class Trashed(NamedTuple):
    """A session in the trash. `path` is its folder there, which holds `logs` as the home does."""

    session_id: str
    removed_us: int
    path: str
    disk_bytes: int

    @property
    def logs(self) -> str:
        """The folder of its segments: `Session(session_id, logs)` reads them there."""
        return os.path.join(self.path, "logs")


def discard(
    home: Home,
    session_id: str,
    now_us: int,
    *,
    keep_lines: bool = False,
    files: Files = FILES,
) -> Trashed:
    """Move a session to the trash. With `keep_lines` its screen lines and summary stay.

    Raises LiveSessionError when it is being recorded, NoSuchSessionError when nothing of it is
    there, LogError when a file cannot be moved: what was moved until then comes back.
    """
    home.create()
    with held(home, session_id):
        if not belongings(home, session_id):
            raise NoSuchSessionError(f"no session {session_id} in {printable(home.path, 200)}")
        name = f"{session_id}.{_stamp(now_us)}"
        moving = os.path.join(home.trash, name + (_THINNING if keep_lines else _MOVING))
        try:
            files.make_folder(moving)
            files.sync_folder(home.trash)  # before anything is in it
            try:
                _move_in(home, session_id, moving, keep_lines=keep_lines, files=files)
            except OSError:
                _move_back(home, moving, files)
                raise
            files.rename(moving, os.path.join(home.trash, name))
            files.sync_folder(home.trash)
        except OSError as error:
            raise _cannot("move", session_id, error) from None
    return _trashed(home, name)


def trash(home: Home) -> list[Trashed]:
    """What is in the trash, the last removed first. Interrupted steps are not in it: `settle`."""
    home.check()
    found = [_trashed(home, name) for name in _names(home) if not name.endswith(_STEPS)]
    return sorted(found, key=lambda one: (one.removed_us, one.session_id), reverse=True)


def restore(home: Home, trashed: Trashed, files: Files = FILES) -> None:
    """Bring a session back as it was.

    Raises LogError when there is a session of its id by now (it was redacted, say), or when a
    file cannot be moved.
    """
    home.create()
    name = os.path.basename(trashed.path)
    in_place = belongings(home, trashed.session_id).get(trashed.session_id, [])
    if any(parse_log_name(one.name) for one in in_place if one.folder == "logs"):
        short = trashed.session_id[:8]
        raise LogError(f"there is a session {short} already: cs-rm it first, then restore this one")
    restoring = os.path.join(home.trash, name + _RESTORING)
    try:
        files.rename(trashed.path, restoring)
        files.sync_folder(home.trash)  # before anything of it lies elsewhere
        _move_back(home, restoring, files)
    except OSError as error:
        raise _cannot("restore", trashed.session_id, error) from None


def erase(home: Home, trashed: Trashed, files: Files = FILES) -> None:
    """Erase for good what is in the trash. Raises LogError."""
    erasing = trashed.path + _ERASING
    try:
        files.rename(trashed.path, erasing)
        files.sync_folder(home.trash)  # before it is no longer whole
        files.remove_tree(erasing)
        files.sync_folder(home.trash)
    except OSError as error:
        raise _cannot("erase", trashed.session_id, error) from None


def settle(home: Home, files: Files = FILES) -> list[str]:
    """Go on with what a crash has interrupted. Gives what could not be finished, in words.

    A session that somebody holds just now is left for the next time.
    """
    home.check()
    failed: list[str] = []
    for name in [name for name in _names(home) if name.endswith(_STEPS)]:
        path, session_id = os.path.join(home.trash, name), name[:_ID_LENGTH]
        try:
            if name.endswith(_ERASING):
                files.remove_tree(path)
            elif name.endswith(_RESTORING):
                _move_back(home, path, files)
            else:
                _finish_moving(home, session_id, path, files)
        except OSError as error:
            failed.append(str(_cannot("finish moving", session_id, error)))
        except SessionsError as error:
            failed.append(str(error))
    return failed


def _finish_moving(home: Home, session_id: str, path: str, files: Files) -> None:
    name, _, step = path.rpartition(".")
    with held(home, session_id):
        _move_in(home, session_id, path, keep_lines="." + step == _THINNING, files=files)
        files.rename(path, name)
        files.sync_folder(home.trash)


def _move_in(home: Home, session_id: str, target: str, *, keep_lines: bool, files: Files) -> None:
    """All files of the session into the folder, until none is left: a reader may write one."""
    while True:
        found = belongings(home, session_id).get(session_id, [])
        if keep_lines:
            found = [one for one in found if not one.name.endswith(_KEPT_OF_LINES)]
        if not found:
            break
        for one in sorted(found, key=_order, reverse=True):
            folder = os.path.join(target, one.folder)
            if not os.path.isdir(folder):
                files.make_folder(folder)
                files.sync_folder(target)
            try:
                files.rename(
                    os.path.join(home.path, one.folder, one.name), os.path.join(folder, one.name)
                )
            except FileNotFoundError:  # sealed or replaced just now: the next round sees
                continue
    inside = (os.path.join(target, folder) for folder in FOLDERS)
    for folder in (*filter(os.path.isdir, inside), home.logs, home.index):
        files.sync_folder(folder)


def _order(one: Belonging) -> tuple[int, int, str]:
    """Segments by number, the open one last; then what stands beside them; then the index."""
    name = parse_log_name(one.name) if one.folder == "logs" else None
    if name is None:
        return (-1 if one.folder == "logs" else -2, 0, one.name)
    return (0, name.number or 1 << 60, one.name)


def _move_back(home: Home, source: str, files: Files) -> None:
    """All files of a folder of the trash to where they were: first there, then no longer here."""
    for folder in FOLDERS:
        names = filter(owner_of, _names_in(os.path.join(source, folder)))
        for one in sorted((Belonging(folder, name, 0) for name in names), key=_order):
            inside = os.path.join(source, folder, one.name)
            place = os.path.join(home.path, folder, one.name)
            if folder == "logs" and parse_log_name(one.name):
                _link_without_replacing(inside, place, files)
            elif os.path.lexists(place):  # it can be made from the log, and was made anew
                files.unlink(inside)
            else:
                files.rename(inside, place)
        files.sync_folder(os.path.join(home.path, folder))
    files.remove_tree(source)
    files.sync_folder(home.trash)


def _link_without_replacing(source: str, target: str, files: Files) -> None:
    """rename(2) would replace a file that came to be there in between."""
    try:
        files.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samefile(source, target):  # linked before a crash
            raise
    except PermissionError:  # a file system without hard links
        if os.path.lexists(target):
            raise
        files.rename(source, target)


def _trashed(home: Home, name: str) -> Trashed:
    path = os.path.join(home.trash, name)
    size = 0
    for folder in FOLDERS:
        inside = os.path.join(path, folder)
        for file in _names_in(inside):
            size += os.lstat(os.path.join(inside, file)).st_size
    return Trashed(name[:_ID_LENGTH], _time_us(name) or 0, path, size)


def _names(home: Home) -> Iterator[str]:
    """The folders in the trash that are ours."""
    for name in _names_in(home.trash):
        if owner_of(name) and _time_us(name) is not None:
            path = os.path.join(home.trash, name)
            if os.path.isdir(path) and not os.path.islink(path):
                yield name


def _names_in(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder)) if not os.path.islink(folder) else []
    except FileNotFoundError:
        return []


def _stamp(time_us: int) -> str:
    """`20260207T181532123Z`: as short as it is readable."""
    return text(time_us).replace("-", "").replace(":", "").replace(".", "")


def _time_us(name: str) -> int | None:
    """When the session was removed, by the name of its folder."""
    stamp = name[_ID_LENGTH + 1 :].partition(".")[0]
    day, clock = stamp[:8], stamp[9:]
    try:
        return parse(
            f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}.{clock[6:]}"
        )
    except (ValueError, IndexError):
        return None


def _cannot(what: str, session_id: str, error: OSError) -> LogError:
    return LogError(f"cannot {what} {session_id[:8]}: {error.strerror or error}")
