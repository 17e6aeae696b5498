"""`cs-grep` finds the same whatever has become of the index, and while a log grows."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def frame(number: int) -> bytes:
    """Words that are placed one by one, another one in each frame, above a line that stays."""
    last = b"%c%c" % (97 + number // 26, 97 + number % 26)
    return b"\x1b[H\x1b[J\x1b[3;4Hframe\x1b[3;14Hnumber of " + last + b"\r\nthe same error"


FRAMES = [Said(700 * number, frame(number)) for number in range(120)]


@pytest.fixture
def session(home: Path) -> str:
    return store_log(home, start(), *FRAMES, ended(90_000))


def _delete(path: Path) -> None:
    path.unlink()


def _tear(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _of_an_older_version(path: Path) -> None:
    data = path.read_bytes()
    place = data.index(b'"version":') + len(b'"version":')
    path.write_bytes(data[:place] + b"0" + data[place + 1 :])


def _change_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x20
    path.write_bytes(data)


def _of_another_session(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(path.name[:8].encode(), b"deadbeef"))


def _be_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _be_a_link(path: Path) -> None:
    kept = path.with_name("elsewhere")
    path.rename(kept)
    path.symlink_to(kept)


@pytest.mark.parametrize(
    "spoil",
    [
        _delete, _tear, _empty, _of_an_older_version, _change_a_byte, _of_another_session,
        _be_a_folder, _be_a_link,
    ],
)  # fmt: skip
def test_whatever_has_become_of_it(cs, session, home: Path, spoil: Callable[[Path], None]) -> None:
    path = home / "index" / f"{session}.lines.zst"
    cold = cs("grep", "last", "number|same")
    assert cold.stdout.count("\n") == 121
    assert path.exists()
    spoil(path)
    again = cs("grep", "last", "number|same")
    assert (again.stdout, again.stderr, again.returncode) == (cold.stdout, "", 0)


def test_a_log_that_grew_since(cs, session, home: Path) -> None:
    assert cs("grep", "-c", "last", "frame").stdout == "120\n"
    path = home / "logs" / f"{session}.jsonl"
    *lines, _exit = path.read_bytes().splitlines(keepends=True)
    more = store_log(home, Said(85_000, b"\x1b[H\x1b[Jand a new frame"), Said(86_000, b""))
    new = (home / "logs" / f"{more}.jsonl").read_bytes().replace(more.encode(), session.encode())
    path.write_bytes(b"".join([*lines, new]))
    found = cs("grep", session, "frame").stdout
    assert found.count("\n") == 121
    assert found.endswith("  and a new frame\n")


def test_a_log_that_grows_while_it_is_searched(cs, cs_rec, commands: Path) -> None:
    """Each search sees all that was there when it began; nothing is ever lost or said twice."""
    script = "for i in $(seq 1 40); do echo growing line $i; sleep 0.05; done; read x"
    window = cs_rec.start(".", "--", "bash", "-c", script)
    window.wait_for(b"growing line 1\r")
    seen = [0]
    while seen[-1] < 40:
        window.look()
        done = subprocess.run(
            [commands / "cs-grep", "last", "growing line"],
            env=os.environ | cs_rec.environ,
            capture_output=True,
            check=False,
            timeout=60,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        found = [int(line.split()[-1]) for line in done.stdout.splitlines()]
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= seen[-1]
        seen.append(len(found))
    window.type(b"\r")
    assert window.wait() == 0
