"""`python -m player.replay.keying HOME SESSION_ID ...`: make the keyframes of sessions.

The screen engine may crash, so nobody else's process makes them: this command is started in the
background, by the player at the first need and when a segment is sealed. It dies by itself when it
takes more than a GiB or makes no progress for a minute. A file is extended from its last keyframe;
when that was begun at the same place twice and never ended, it is not tried again until there is
another engine or the index is deleted.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.errors import SessionsError
from formats.layout import Home, is_session_id, open_private
from formats.locks import take
from formats.place import Place
from formats.plainjson import dumps, loads
from formats.session import Session
from player.ahead import read_ahead
from player.modules import start_module
from player.replay.keyframes import (
    HASH_BYTES,
    Keyframe,
    Keyframes,
    header_of,
    keys_path,
    pack,
    record_of,
    secret_of,
    sign_of,
    unpack,
)
from player.replay.painter import Painter
from player.replay.passage import Passage
from player.replay.replay import Replay
from player.replay.seeking import BEGINNING, SMALLEST_LOG_BYTES, Start, uncovered_bytes
from player.screen import Screen, ScreenEngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_MOST_MEMORY_BYTES: Final = 1 << 30
_LONGEST_STEP_S: Final = 60
_MOST_DEATHS: Final = 2


def start_keying(home: Home, session_id: str) -> None:
    """Make a session's keyframes in the background, at the lowest priority; nobody waits for it."""
    try:
        process = start_module(
            "player.replay.keying",
            (home.path, session_id),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # no process to be had: it plays without
        return
    process.returncode = 0  # it outlives us, and Popen need not say so


def is_hopeless(home: Home, session_id: str) -> bool:
    """Whether making keyframes of this session has killed the process that did, more than once."""
    return _Attempt(home, session_id).deaths() >= _MOST_DEATHS


def make_keyframes(
    home: Home, session: Session, *, progress: Callable[[int], None] | None = None
) -> bool:
    """Make the keyframes of a session that are not there yet; whether all are there now.

    They are not when another process is at it, when the home cannot be written, or when it is
    hopeless. `progress` is told each position that has one. Raises LogError, ScreenEngineError.
    """
    try:
        home.create()
        lock = take(os.path.join(home.run, f"{session.id}.keys"), wait=False)
    except (OSError, SessionsError):  # somebody is at it, or a store that is only lent to us
        return False
    try:
        return _make(home, session, progress)
    except OSError:  # the disk is full: what is written so far is torn, and known to be
        return False
    finally:
        os.close(lock)


def _make(home: Home, session: Session, progress: Callable[[int], None] | None) -> bool:
    replay = Replay(session, index=False)
    header = header_of(session.id, replay.size, replay.first)
    start = _resumed(replay, Keyframes(home, session.id, header))
    if uncovered_bytes(session, start.start.place, SMALLEST_LOG_BYTES) < SMALLEST_LOG_BYTES:
        return True
    attempt = _Attempt(home, session.id)
    if not attempt.begin(start.start.place):
        return False
    secret = secret_of(home, make=True)
    if secret is None:
        return False
    fd = _target(keys_path(home, session.id), header, start.end)
    try:
        for frame, packed in _keyframes(replay, start):
            os.write(fd, record_of(secret, header, frame, packed))
            if progress:
                progress(frame.at_us)
    finally:
        os.close(fd)
    attempt.finish()
    return True


class _Begun(NamedTuple):
    """Where making goes on: a screen, what comes next on it, and the end of what is kept."""

    screen: Screen
    start: Start
    end: int


def _resumed(replay: Replay, kept: Keyframes) -> _Begun:
    """After the last keyframe that is whole and of this very log, else from the beginning."""
    kept.refresh()
    damaged = kept.first_damaged()
    last = len(kept.frames if damaged is None else kept.frames[:damaged]) - 1
    packed = kept.packed(last) if last >= 0 else None
    if packed is not None:
        frame = kept.frames[last]
        start = Start(frame.at_us, frame.place, frame.sign)
        if replay.following(start) is not None:
            end = frame.offset + HASH_BYTES + frame.length
            return _Begun(unpack(packed), start, end)
    return _Begun(replay.new_screen(), BEGINNING, 0)


def _target(path: str, header: bytes, end: int) -> int:
    """A descriptor of the file, cut behind what is kept; a new one that begins with the header."""
    if end:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        os.ftruncate(fd, end)
        return fd
    try:
        os.unlink(path)  # who reads the old one goes on reading it
    except FileNotFoundError:
        pass
    fd = open_private(path, os.O_WRONLY | os.O_APPEND)
    os.write(fd, header)
    return fd


def _keyframes(replay: Replay, begun: _Begun) -> Iterator[tuple[Keyframe, bytes]]:
    """The keyframes from there on, each before a line, with their packed snapshots."""
    # Reading is almost as much work as drawing.
    parts = read_ahead(replay.session, start=begun.start.place)
    passage = Passage(parts, Painter(begun.screen), begun.start, replay.origin_us)
    for stop in passage.stops():
        packed = _packed(begun.screen)
        if packed is None:
            passage.again()
            continue
        sign, size = sign_of(stop.entry), begun.screen.size
        yield Keyframe(stop.at_us, stop.place, sign, size, 0, 0), packed


def _packed(screen: Screen) -> bytes | None:
    try:
        return pack(screen)
    except ScreenEngineError:  # half a wide character, an endless sequence: soon it is over
        return None


class _Noted(NamedTuple):
    place: Place
    begun: int


class _Attempt:
    """`index/<uuid>.keying`: that making was begun, at which place, how often without an end."""

    def __init__(self, home: Home, session_id: str) -> None:
        self._path = os.path.join(home.index, f"{session_id}.keying")

    def deaths(self) -> int:
        """How often it has been begun at the same place and did not end."""
        return self._read().begun

    def begin(self, place: Place) -> bool:
        """Note the beginning; False when it has failed at this place often enough."""
        noted = self._read()
        begun = noted.begun if noted.place == place else 0
        if begun >= _MOST_DEATHS:
            return False
        self.finish()
        fd = open_private(self._path, os.O_WRONLY)
        stated = {"engine": Screen.loaded_engine_id(), "place": list(place), "begun": begun + 1}
        try:
            os.write(fd, dumps(stated))
        finally:
            os.close(fd)
        return True

    def finish(self) -> None:
        """It has ended well, or is to begin."""
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            pass

    def _read(self) -> _Noted:
        try:
            with open(self._path, "rb") as file:
                noted = loads(file.read(1000))
            if noted["engine"] == Screen.loaded_engine_id():
                return _Noted(Place(*map(int, noted["place"])), int(noted["begun"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return _Noted(BEGINNING.place, 0)


def main(argv: list[str]) -> int:
    """Make the keyframes of the sessions of a home that are named; 0 when all are there."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    home, whole = Home(argv[0]), True

    def watched(_position_us: int = 0) -> None:
        signal.alarm(_LONGEST_STEP_S)  # its default action ends us, wherever the engine is stuck

    for session_id in argv[1:]:
        if not is_session_id(session_id):
            return 2
        watched()
        try:
            session = Session(session_id, home.logs)
            whole = make_keyframes(home, session, progress=watched) and whole
        except (OSError, SessionsError, MemoryError):
            whole = False
    return int(not whole)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
