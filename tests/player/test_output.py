"""Where an export goes: nothing is to be seen of it before it is complete."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, cast

import pytest

from player.exporting.forms import ExportError
from player.exporting.output import NotClearedError, Output

if TYPE_CHECKING:
    from pathlib import Path

    from player.exporting.clearance import Clearance


@pytest.fixture(params=["nameless", "with a temporary name"])
def folder(request: pytest.FixtureRequest, monkeypatch, tmp_path: Path) -> Path:
    if request.param == "nameless":
        if not hasattr(os, "O_TMPFILE"):
            pytest.skip("no files without a name here: only Linux has them")
    else:
        monkeypatch.setattr("player.exporting.output._nameless", lambda _folder: -1)
    return tmp_path


def test_it_appears_when_it_is_complete(folder: Path) -> None:
    path = folder / "x"
    with Output(str(path)) as output:
        output.write(b"all of it")
        assert not path.exists()
    assert path.read_bytes() == b"all of it"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(folder) == ["x"]


def test_what_fails_leaves_nothing(folder: Path) -> None:
    def fail() -> None:
        with Output(str(folder / "x")) as output:
            output.write(b"a part")
            output.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not os.listdir(folder)


def test_another_is_replaced_only_if_asked(folder: Path) -> None:
    path = folder / "x"
    path.write_bytes(b"another")
    with pytest.raises(ExportError, match="--force"), Output(str(path)):
        pass
    with Output(str(path), replace=True) as output:
        output.write(b"new")
        assert path.read_bytes() == b"another"
    assert path.read_bytes() == b"new"
    assert os.listdir(folder) == ["x"]


def test_one_that_came_meanwhile_stays(folder: Path) -> None:
    path = folder / "x"
    with pytest.raises(ExportError, match="exists already"), Output(str(path)):
        path.write_bytes(b"another")
    assert path.read_bytes() == b"another"
    assert os.listdir(folder) == ["x"]


def test_without_a_name_what_is_killed_leaves_nothing(tmp_path: Path) -> None:
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("no files without a name here: only Linux has them")
    with Output(str(tmp_path / "x")) as output:
        output.write(b"a part")
        output.flush()
        assert not os.listdir(tmp_path)


class Known:
    """A clearance that is given in the end, or not; or denied at once."""

    def __init__(self, *, given: bool, by_now: bool) -> None:
        self.given, self.by_now = given, by_now

    def is_denied(self) -> bool:
        return self.by_now and not self.given

    def is_given(self) -> bool:
        return self.given


def known(*, given: bool, by_now: bool = False) -> Clearance:
    return cast("Clearance", Known(given=given, by_now=by_now))


def test_nothing_is_left_of_what_is_not_cleared(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with Output(str(path), clearance=known(given=True, by_now=True)) as output:
        output.write(b"to be seen" * 100_000)
    assert path.read_bytes() == b"to be seen" * 100_000
    hidden = Output(str(path), replace=True, clearance=known(given=False))
    with pytest.raises(NotClearedError), hidden as output:
        output.write(b"a secret" * 100_000)
    assert path.read_bytes() == b"to be seen" * 100_000
    assert os.listdir(tmp_path) == ["x"]


def test_what_is_denied_is_not_written_to_its_end(tmp_path: Path) -> None:
    denied = Output(str(tmp_path / "x"), clearance=known(given=False, by_now=True))
    left = iter(range(1000))
    with pytest.raises(NotClearedError), denied as output:
        deque(map(output.write, (b"a secret" * 1000 for _ in left)), maxlen=0)
    assert next(left) < 100
    assert not os.listdir(tmp_path)


def test_what_cannot_be_hidden_is_not_cleared_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe, a device, a file that has a name from the beginning: whoever dies would leave it."""
    monkeypatch.setattr("player.exporting.output._nameless", lambda _folder: -1)
    os.mkfifo(tmp_path / "fifo")
    reading = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    for path in ("-", os.devnull, str(tmp_path / "fifo"), str(tmp_path / "x")):
        with pytest.raises(NotClearedError), Output(path, clearance=known(given=True)):
            pytest.fail("it can be written")
    os.close(reading)
    assert os.listdir(tmp_path) == ["fifo"]
