"""The sidecar of lines: kept, read by other tools, and made again whenever it is not right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formats.damage import Damage
from formats.layout import Home
from formats.session import Session
from formats.size import Size
from player.index import workers
from player.index.grams import Sought, grams_of
from player.index.indexing import index_session
from player.index.pieces import VERSION, path_of, read_sidecar
from player.index.sidecar import batches_of, blocks_of, lines_of
from player.index.workers import ExtractionError
from player.lines.extractor import ScreenLine, screen_lines
from player.lines.lineblock import lines_in
from player.lines.sizing import initial_size
from tests.support.logs import Said, ended, lines, start, store_log, write_log
from tests.support.stored import seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from player.index.pieces import Piece


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(str(tmp_path / "home"))
    home.create()
    return home


def session_of(home: Home, *said: Said) -> Session:
    return Session(store_log(Path(home.path), *said), home.logs)


def talk(count: int, *, first: int = 0) -> list[Said]:
    """Lines, some of which are drawn again and again."""
    said: list[Said] = []
    for number in range(first, first + count):
        text = b"\x1b[24;1H\r\nline %d of the talk\x1b[1;1H\x1b[2Kstatus %d" % (number, number // 7)
        said.append(Said(1000 + number * 30, text))
    return said


def extracted(session: Session) -> list[ScreenLine]:
    return list(screen_lines(session.entries(), initial_size(session.entries())))


def pieces_of_session(home: Home, *said: Said) -> list[Piece]:
    session = session_of(home, *said)
    list(lines_of(home, session))
    return read_sidecar(path_of(home, session.id), session.id).pieces


def inode(path: str) -> tuple[int, int]:
    state = os.stat(path)
    return state.st_ino, state.st_mtime_ns


def instead(*command: str) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts that, whatever module is asked for."""
    return lambda _module, **streams: subprocess.Popen(command, **streams)


def test_lines_are_made_once_and_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(home, start(), *talk(200), ended(9000))
    found = list(lines_of(home, session))
    assert found == extracted(session)
    assert any(line.text == "line 77 of the talk" for line in found)
    path = path_of(home, session.id)
    assert os.stat(path).st_mode & 0o777 == 0o600
    monkeypatch.setattr(workers, "start_module", instead("false"))
    assert list(lines_of(home, session)) == found


def test_other_tools_read_it(home: Home) -> None:
    session = session_of(home, start(), Said(5, "größer ⎿ drei".encode()), ended(5000))
    list(lines_of(home, session))
    path = path_of(home, session.id)
    done = subprocess.run(["zstdcat", path], capture_output=True, check=True)
    assert done.stdout.decode() == "größer ⎿ drei\n"
    done = subprocess.run(["rg", "-z", "-c", "größer", path], capture_output=True, check=True)
    assert done.stdout == b"1\n"


def test_a_log_that_grows_is_followed(home: Home) -> None:
    session = session_of(home, start(), *talk(50))
    list(lines_of(home, session))
    with open(session.path, "ab") as log:
        log.writelines(lines(talk(50, first=50), session.id))
    found = list(lines_of(home, session))
    assert found == extracted(session)
    assert any(line.text == "line 99 of the talk" for line in found)


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 40, -1, -20])
def test_a_torn_sidecar_is_made_again(home: Home, keep: int) -> None:
    session = session_of(home, start(), *talk(50), ended(9000))
    found = list(lines_of(home, session))
    path = path_of(home, session.id)
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[:keep])
    assert list(lines_of(home, session)) == found
    assert Path(path).read_bytes() == whole


def test_a_damaged_sidecar_is_made_again(home: Home) -> None:
    session = session_of(home, start(), *talk(50), ended(9000))
    found = list(lines_of(home, session))
    path = Path(path_of(home, session.id))
    whole = path.read_bytes()
    for place in range(0, len(whole), 211):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        assert list(lines_of(home, session)) == found


def test_one_that_is_too_large_to_be_ours_is_made_again(home: Home) -> None:
    session = session_of(home, start(), *talk(50), ended(9000))
    found = list(lines_of(home, session))
    path = path_of(home, session.id)
    os.truncate(path, (1 << 30) + 1)  # a hole, which takes no room
    assert read_sidecar(path, session.id).pieces == []
    assert list(lines_of(home, session)) == found
    assert os.stat(path).st_size < 1 << 20


def test_of_another_version_or_session_it_is_made_again(home: Home) -> None:
    session = session_of(home, start(), *talk(50), ended(9000))
    found = list(lines_of(home, session))
    path = Path(path_of(home, session.id))
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"version":%d' % VERSION, b'"version":%d' % (VERSION - 1)))
    assert list(lines_of(home, session)) == found
    other = session_of(home, start(), Said(5, b"another"), ended(2000))
    path.rename(path_of(home, other.id))
    assert [line.text for line in lines_of(home, other)] == ["another"]


def test_another_log_by_the_same_name_is_noticed(home: Home) -> None:
    session = session_of(home, start(), *talk(50), ended(9000))
    list(lines_of(home, session))
    said = [start(), Said(5, b"something else"), ended(2000)]
    write_log(Path(session.path), *said)
    assert [line.text for line in lines_of(home, session)] == ["something else"]


def test_a_file_somewhere_and_another_size_leave_nothing(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    write_log(path, start(cols=20), Said(5, b"0123456789" * 3), ended(2000))
    session = Session.at(str(path))
    assert [line.text for line in lines_of(home, session)] == ["0123456789" * 3]
    stored = session_of(home, start(cols=20), Said(5, b"\x1b[1;15Hwide\x1b[1;35Hword"), ended(2000))
    found = [line.text for line in lines_of(home, stored, size=Size(60, 10))]
    assert found == [" " * 14 + "wide" + " " * 16 + "word"]
    assert os.listdir(home.index) == []


def test_a_store_that_is_only_lent_is_read_all_the_same(home: Home) -> None:
    session = session_of(home, start(), *talk(20), ended(9000))
    os.rmdir(home.index)
    Path(home.index).write_text("in the way")
    assert list(lines_of(home, session)) == extracted(session)


def test_damage_of_the_log_is_told_also_from_the_index(home: Home) -> None:
    session = session_of(home, start(), Said(5, b"before"))
    with open(session.path, "ab") as log:
        log.write(b"rubbish\n")
        log.writelines(lines([Said(900, b" and after"), ended(2000)], session.id))
    for _ in range(2):
        damage = Damage()
        assert [line.text for line in lines_of(home, session, damage=damage)] == [
            "before and after"
        ]
        assert damage.lines == 1
        assert "line 3" in damage.summary()


def test_a_crash_costs_the_lines_and_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(home, start(), *talk(20), ended(9000))
    crash = "import os, sys; sys.stdin.readline(); os.kill(os.getpid(), 11)"
    monkeypatch.setattr(workers, "start_module", instead(sys.executable, "-c", crash))
    with pytest.raises(ExtractionError, match=r"screen engine crashed \(SIGSEGV\)"):
        list(lines_of(home, session))
    monkeypatch.undo()
    assert list(lines_of(home, session)) == extracted(session)


def test_two_at_once_both_get_all(home: Home) -> None:
    session = session_of(home, start(), *talk(300), ended(20_000))
    program = (
        "import sys; from formats.layout import Home; from formats.session import Session;"
        "from player.index.sidecar import lines_of; home = Home(sys.argv[1]);"
        "print(len(list(lines_of(home, Session(sys.argv[2], home.logs)))))"
    )
    root = Path(__file__).parents[2]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, home.path, session.id],
            stdout=subprocess.PIPE,
            cwd=root,
        )
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in running}
    assert answers == {f"{len(extracted(session))}\n".encode()}
    (name,) = (name for name in os.listdir(home.index) if name.endswith(".lines.zst"))
    assert read_sidecar(os.path.join(home.index, name), session.id).pieces


def test_a_session_without_anything(home: Home) -> None:
    session = session_of(home, start(), ended(5))
    for _ in range(2):
        assert list(lines_of(home, session)) == []


def test_the_head_is_json_for_who_wants_to_know(home: Home) -> None:
    session = session_of(home, start(), *talk(20), ended(9000))
    list(lines_of(home, session))
    data = Path(path_of(home, session.id)).read_bytes()
    head = json.loads(data[8 : 8 + int.from_bytes(data[4:8], "little")])
    assert head["format"] == "claude-sessions-lines"
    assert head["session_id"] == session.id


def test_what_is_settled_is_not_extracted_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long log that grows: what is kept of the file stays, to the byte."""
    big = b"".join(b"\r\n%06d some output of a program that writes much" % n for n in range(120))
    said = [Said(n * 40, big.replace(b"000", b"%03d" % n)) for n in range(300)]
    session = session_of(home, start(), *said[:250])
    list(lines_of(home, session))
    path = Path(path_of(home, session.id))
    before = path.read_bytes()
    kept = read_sidecar(str(path), session.id).resumable_bytes
    assert kept > len(before) // 2
    with open(session.path, "ab") as log:
        log.writelines(lines(said[250:], session.id))
    found = list(lines_of(home, session))
    assert path.read_bytes()[:kept] == before[:kept]
    want = {line.text: line for line in extracted(session)}
    assert {line.text: line for line in found} == want


def test_of_a_session_that_has_ended_no_state_is_kept(home: Home) -> None:
    """It takes as much as the lines of an agent's session, and nothing goes on from it."""
    big = b"".join(b"\r\n%06d some output of a program that writes much" % n for n in range(120))
    said = [Said(n * 40, big.replace(b"000", b"%03d" % n)) for n in range(170)]
    assert any(piece.state for piece in pieces_of_session(home, start(), *said))
    assert not any(piece.state for piece in pieces_of_session(home, start(), *said, ended(20_000)))


@pytest.mark.parametrize("rubbish", [b"", b"rubbish\n"])
def test_lines_stay_when_their_log_is_sealed(home: Home, rubbish: bytes) -> None:
    session = session_of(home, start(), *talk(50), ended(9000))
    with open(session.path, "ab") as log:
        log.write(rubbish)
    found = list(lines_of(home, session))
    path = Path(path_of(home, session.id))
    before = path.read_bytes()
    plain = Path(session.path)
    Path(home.segment(session.id, 1, sealed=True)).write_bytes(seal(plain.read_bytes()))
    plain.unlink()
    for _ in range(2):
        damage = Damage()
        assert list(lines_of(home, session, damage=damage)) == found
        assert damage.lines == bool(rubbish)
    if not rubbish:
        after = path.read_bytes()
        assert after[: len(before)] == before
        assert [piece.lines for piece in read_sidecar(str(path), session.id).pieces][1:] == [0]
        assert index_session(home, session)
        assert path.read_bytes() == after


def test_read_in_turn_while_the_log_grows(home: Home) -> None:
    """Who reads piece by piece gets the lines of the log as it was when the reading began."""
    big = b"".join(b"\r\n%06d some output of a program that writes much" % n for n in range(120))
    said = [Said(n * 40, big.replace(b"000", b"%03d" % n)) for n in range(300)]
    session = session_of(home, start(), *said[:250])
    found = list(lines_of(home, session))
    reading = lines_in(batches_of(home, session))
    begun = [next(reading)]
    with open(session.path, "ab") as log:
        log.writelines(lines(said[250:], session.id))
    assert len(list(lines_of(home, session))) > len(found)
    assert {line.text for line in [*begun, *reading]} == {line.text for line in found}


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9])
def test_read_in_turn_a_damaged_one_is_made_again(home: Home, place: float) -> None:
    session = session_of(home, start(), *talk(300), ended(20_000))
    found = list(lines_of(home, session))
    path = Path(path_of(home, session.id))
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0x55
    path.write_bytes(data)
    assert [line for line in lines_in(batches_of(home, session)) if not line.transient] == found


def test_a_block_that_cannot_hold_what_is_sought_is_left_out(home: Home) -> None:
    words = (b"line %d of quite a long text about %d things\r\n" % (n, n * n) for n in range(5000))
    session = session_of(home, start(), Said(5, b"".join(words)), ended(5000))
    everything = [len(block) for block in blocks_of(home, session)]
    assert len(everything) == 1

    def found(text: str, *, whole: bool = False) -> list[int]:
        sought = Sought([grams_of(text.encode())])
        return [len(block) for block in blocks_of(home, session, sought=sought, whole=whole)]

    for present in ("quite", "LONG TEXT", "ite a", "xt about 16 t", "a"):
        assert found(present) == found(present, whole=True) == everything
    assert found("Traceback") == found("Traceback", whole=True) == []


def test_a_sidecar_of_damaged_grams_is_made_again(home: Home) -> None:
    words = (b"line %d of quite a long text about %d things\r\n" % (n, n * n) for n in range(5000))
    session = session_of(home, start(), Said(5, b"".join(words)), ended(5000))
    (whole,) = blocks_of(home, session)
    path = Path(path_of(home, session.id))
    kept = path.read_bytes()
    grams_begin = 8 + int.from_bytes(kept[4:8], "little") + 8
    for place in (grams_begin, grams_begin + 100):
        path.write_bytes(kept[:place] + bytes((kept[place] ^ 1,)) + kept[place + 1 :])
        (block,) = blocks_of(home, session, sought=Sought([grams_of(b"Traceback")]))
        assert list(block.lines()) == list(whole.lines())
