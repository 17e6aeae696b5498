"""`cs-export` and `cs-import`: each form out and in, cuts and other times, what cannot be held."""

from __future__ import annotations

import json
import os
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.marks import add_mark, read_marks
from formats.session import Session
from tests.support.foreign import joined, outputs, plain
from tests.support.logs import (
    BEGINNING_US,
    Said,
    ended,
    entries_in,
    start,
    store_log,
    write_log,
)

if TYPE_CHECKING:
    from pathlib import Path


TEXT = (
    start(100, 30, title="a talk"),
    Said(0, "h\u00e9llo\r\n".encode()),
    Said(1200, b"ls\r", "input"),
    Said(1300, b"\x1b[31mred\x1b[0m\r\n"),
    Said(2000, {"type": "resize", "cols": 120, "rows": 40}),
    Said(2500, {"type": "marker", "label": "built"}),
    Said(9000, b"done\r\n"),
    ended(9100, 3),
)
BYTES = "h\u00e9llo\r\n\x1b[31mred\x1b[0m\r\ndone\r\n".encode()
REST = "1 marker, 1 exit status"
STREAMS = ["cast", "v2.cast", "v1.cast", "ttyrec", "typescript", "jsonl", "tar.gz", "tar.zst"]


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(home, *TEXT)


@pytest.mark.parametrize("ending", [*STREAMS, "cast.gz", "ttyrec.zst", "jsonl.zst", "v1.cast.xz"])
def test_what_is_exported_can_be_imported(cs, home: Path, talk, tmp_path: Path, ending) -> None:
    out = tmp_path / f"talk.{ending}"
    done = cs("export", talk, "-o", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == str(out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    done = cs("import", out)
    assert done.returncode == 0, done.stderr
    new_id = done.stdout.strip()
    assert new_id != talk
    original, again = entries_in(home, talk), entries_in(home, new_id)
    # Casts and typescripts know the beginning to the second.
    if not ending.startswith("v1"):
        assert 0 <= original[0].time_us - again[0].time_us < 1_000_000
    if ending.startswith(("jsonl", "tar")):
        assert [e[2:] for e in again] == [e[2:] for e in original]
    elif ending.startswith(("cast", "typescript")):
        assert plain(again) == plain(original) or ending == "typescript"
        assert joined(again) == joined(original)
        assert again[-1].event == {"type": "exit", "status": 3, "reason": "exited"}
    else:
        assert outputs(again) == outputs(original)


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("cast", ""),
        ("v2.cast", "left out, as asciicast-v2 cannot hold it: 1 exit status"),
        ("ttyrec", "left out, as ttyrec cannot hold it: 1 entry of input, 1 marker, 1 exit status"),
        ("typescript", "left out, as typescript cannot hold it: 1 marker"),
        ("raw", "left out, as raw cannot hold it: 1 entry of input, 1 change of size, " + REST),
        ("jsonl", ""),
        ("tar.zst", ""),
    ],
)
def test_what_cannot_be_held_is_said_once(cs, talk, tmp_path: Path, ending, said) -> None:
    done = cs("export", talk, "--no-redact", "-o", tmp_path / f"x.{ending}")
    unredacted = "unredacted: what was shown and typed is in it as it was; --redact masks secrets"
    assert done.stderr == "".join(f"cs-export: {one}\n" for one in (unredacted, said) if one)


@pytest.mark.parametrize("ending", STREAMS)
def test_the_same_bytes_each_time(cs, talk, tmp_path: Path, ending) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert cs("export", talk, "-o", tmp_path / name / f"x.{ending}").returncode == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_an_archive_is_the_same_whether_sealed_or_not(cs, home: Path, talk, tmp_path) -> None:
    from recorder.seal import seal_file  # noqa: PLC0415  as the recorder would do it

    store = Home(str(home))
    assert cs("export", talk, "-o", tmp_path / "one.tar.zst").returncode == 0
    os.rename(store.log(talk), store.segment(talk, 1))
    seal_file(store.segment(talk, 1), store.segment(talk, 1, sealed=True))
    assert cs("export", talk, "-o", tmp_path / "two.tar.zst").returncode == 0
    assert (tmp_path / "one.tar.zst").read_bytes() == (tmp_path / "two.tar.zst").read_bytes()


def test_other_tools_read_the_archive(cs, home: Path, talk, tmp_path: Path) -> None:
    add_mark(Home(str(home)), talk, BEGINNING_US + 5_000_000, "mine")
    log = (home / "logs" / f"{talk}.jsonl").read_bytes()
    assert cs("export", talk, "-o", tmp_path / "x.tar.gz").returncode == 0
    with tarfile.open(tmp_path / "x.tar.gz") as archive:
        members = archive.getmembers()
        assert [m.name for m in members] == [
            f"{talk}.0001.jsonl",
            f"{talk}.marks.jsonl",
            f"{talk}.meta.json",
        ]
        assert {(m.mode, m.uid, m.mtime) for m in members} == {
            (0o600, 0, BEGINNING_US // 10**6 + 9)
        }
        file = archive.extractfile(members[0])
        assert file is not None
        assert file.read() == log
    done = cs("import", tmp_path / "x.tar.gz")
    assert [mark.label for mark in read_marks(Home(str(home)), done.stdout.strip())] == ["mine"]


def test_an_id_is_kept_where_it_is_free(cs, home: Path, talk, tmp_path: Path) -> None:
    for ending in ("tar.zst", "jsonl"):
        out = tmp_path / f"x.{ending}"
        assert cs("export", talk, "-o", out).returncode == 0
        other = tmp_path / ending
        assert cs("import", out, "--home", other).stdout.strip() == talk
        done = cs("import", out, "--home", other)
        new_id = done.stdout.strip()
        assert new_id != talk
        assert done.stderr == (
            f"cs-import: there is a session {talk} already: this one is {new_id}\n"
        )
        third = tmp_path / "third" / ending
        done = cs(
            "import", out, "--home", third, "--new-id", "--json", "--title", "t", "--tag", "x"
        )
        fields = json.loads(done.stdout)
        assert fields["source_id"] == talk != fields["session_id"]
        event = entries_in(third, "last")[0].event or {}
        assert (event["title"], event["tags"]) == ("t", ["x"])


def test_a_part_of_it_at_another_speed(cs, home: Path, talk, tmp_path: Path) -> None:
    out = tmp_path / "x.cast"
    done = cs("export", talk, "-o", out, "--to", "2.1", "--no-input", "--speed", "2")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in out.read_text().splitlines()[1:]] == [
        [0.0, "o", "h\u00e9llo\r\n"],
        [0.65, "o", "\x1b[31mred\x1b[0m\r\n"],
        [0.35, "r", "120x40"],
    ]


def test_waits_are_cut_before_the_speed(cs, talk, tmp_path: Path) -> None:
    out = tmp_path / "x.v2.cast"
    assert cs("export", talk, "-o", out, "-i", "1", "-s", "2").returncode == 0
    times = [json.loads(line)[0] for line in out.read_text().splitlines()[1:]]
    assert times == [0, 0.5, 0.55, 0.9, 1.15, 1.65]


def test_a_cut_begins_with_the_screen_as_it_was(cs, home: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyghostty")
    session_id = store_log(
        home,
        start(40, 10),
        Said(0, b"\x1b[2J\x1b[Hfirst\r\n\x1b[1;31mbold red\x1b[3;5Hplaced"),
        Said(1000, {"type": "resize", "cols": 50, "rows": 12}),
        Said(2000, b"\x1b[?1049h\x1b[5;5Halternate"),
        Said(3000, b"\x1b[32m more"),
        Said(4000, b"\x1b[?1049l"),
        ended(5000),
    )
    from formats.size import Size  # noqa: PLC0415
    from player.screen import Screen  # noqa: PLC0415

    out = tmp_path / "x.jsonl"
    done = cs("export", session_id, "-o", out, "--from", "2.5", "--to", "4.5")
    assert done.returncode == 0, done.stderr
    found = list(Session.at(str(out)).entries())
    assert found[0].time_us == BEGINNING_US + 2_500_000
    event = found[0].event
    assert event is not None
    whole, part = Screen(Size(40, 10)), Screen(Size(event["cols"], event["rows"]))
    for entry in entries_in(home, session_id):
        if entry.event and entry.event["type"] == "resize":
            whole.resize(Size(50, 12))
        whole.feed(entry.data)
        if entry.time_us == BEGINNING_US + 3_000_000:
            for one in found:
                if one.time_us <= entry.time_us:
                    part.feed(one.data)
            assert part.text() == whole.text()
            assert part.rows() == whole.rows()
    for one in found:
        if one.time_us > BEGINNING_US + 3_000_000:
            part.feed(one.data)
    assert "first" in whole.text()[0]
    assert part.rows() == whole.rows()


def test_a_cut_does_not_hold_what_came_before(cs, home: Path, tmp_path: Path) -> None:
    many = [Said(n, b"\x1b[3%dmline %d of many\r\n" % (n % 8, n)) for n in range(5000)]
    session_id = store_log(home, start(80, 24), *many, Said(6000, b"after"), ended(7000))
    out = tmp_path / "x.raw"
    done = cs("export", session_id, "-o", out, "--format", "raw", "--from", "5.5")
    assert done.returncode == 0, done.stderr
    assert b"line 4999 of many" in out.read_bytes()
    assert out.stat().st_size < 3000


def test_a_cut_says_in_one_line_that_there_is_no_engine(cs, talk, tmp_path: Path) -> None:
    options = {
        "env": {**os.environ, "PYGHOSTTY_LIB": "/nonexistent", "CS_SCREEN_ENGINE": "ghostty"}
    }
    done = cs("export", talk, "-o", tmp_path / "x.cast", "--from", "0.1", **options)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no screen engine" in done.stderr


def test_other_sizes(cs, talk, tmp_path: Path) -> None:
    out = tmp_path / "x.cast"
    assert cs("export", talk, "-o", out, "--size", "50x20").returncode == 0
    header, *events = [json.loads(line) for line in out.read_text().splitlines()]
    assert (header["term"]["cols"], header["term"]["rows"]) == (50, 20)
    assert not [event for event in events if event[1] == "r"]


def test_a_size_that_no_one_states_is_inferred(cs, tmp_path: Path) -> None:
    path = tmp_path / "foreign.jsonl"
    write_log(path, Said(0, b"\x1b[40;120H"), Said(10, b"y"))
    assert cs("export", path, "-o", tmp_path / "x.cast").returncode == 0
    header = json.loads((tmp_path / "x.cast").read_text().splitlines()[0])
    assert header["term"] == {"cols": 120, "rows": 40}


def test_marks_that_were_set_later_go_along(cs, home: Path, talk, tmp_path: Path) -> None:
    add_mark(Home(str(home)), talk, BEGINNING_US + 5_000_000, "mine")
    assert cs("export", talk, "-o", tmp_path / "x.cast").returncode == 0
    events = [json.loads(line) for line in (tmp_path / "x.cast").read_text().splitlines()[1:]]
    assert [event[2] for event in events if event[1] == "m"] == ["built", "mine"]


def test_to_stdout_and_without_a_name(cs, talk, tmp_path: Path) -> None:
    with open(tmp_path / "out", "wb") as out:
        assert cs("export", talk, "--format", "raw", "-o", "-", stdout=out).returncode == 0
    assert (tmp_path / "out").read_bytes() == BYTES
    done = cs("export", talk, "--format", "asciicast-v2", cwd=tmp_path)
    assert done.stdout == f"{talk[:8]}.v2.cast\n"
    assert (tmp_path / f"{talk[:8]}.v2.cast").exists()


def test_an_existing_file_stays_unless_forced(cs, talk, tmp_path: Path) -> None:
    out = tmp_path / "x.cast"
    out.write_text("mine")
    done = cs("export", talk, "-o", out)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"cs-export: {out} exists already: --force replaces it\n"
    assert out.read_text() == "mine"
    assert cs("export", talk, "-o", out, "--force").returncode == 0
    assert out.read_text() != "mine"
    assert sorted(os.listdir(tmp_path)) == ["home", "x.cast"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["last"], "give -o FILE"),
        (["last", "-o", "x.unknown"], "no ending that says its form"),
        (["last", "-o", "x.bmp"], "no ending that says its form (.cast, "),
        (["last", "-o", "-"], "-o - needs --format"),
        (["last", "-o", "-", "-f", "typescript"], "typescript cannot go to stdout"),
        (["last", "-f", "nonsense"], "there is no form 'nonsense'; there are asciicast-v3,"),
        (["last", "-o", "no/such/x.cast"], "cannot write no/such/x.cast: No such file"),
        (["last", "-o", ".", "-f", "raw"], ". is a folder"),
        (["last", "-o", "x.cast", "--from", "5", "--to", "1"], "lies before --from"),
        (["last", "-o", "x.cast", "--speed", "0"], "no number from 0.01 to 1000"),
        (["nothing", "-o", "x.cast"], "names no session"),
    ],
)
def test_what_cannot_be(cs, talk, tmp_path: Path, arguments, said) -> None:
    done = cs("export", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == ["home"]


def test_damage_is_told_and_the_rest_is_exported(cs, home: Path, talk, tmp_path: Path) -> None:
    path = home / "logs" / f"{talk}.jsonl"
    path.write_bytes(path.read_bytes() + b"nonsense\n")
    done = cs("export", talk, "-o", tmp_path / "x.cast")
    assert done.returncode == 0
    assert "skipped 1 damaged line" in done.stderr


def test_foreign_recordings_are_played_where_they_lie(cs, talk, tmp_path: Path) -> None:
    for ending in ("cast", "v1.cast", "ttyrec", "typescript", "cast.gz"):
        out = tmp_path / f"x.{ending}"
        assert cs("export", talk, "-o", out, "--force").returncode == 0
        with open(tmp_path / "out", "wb") as played:
            assert cs("play", "--raw", out, stdout=played).returncode == 0
        assert (tmp_path / "out").read_bytes() == BYTES
    done = cs("export", tmp_path / "x.ttyrec", "-o", tmp_path / "y.cast")
    assert done.returncode == 0
    assert '"red' not in done.stderr
    done = cs("ls", "--json", tmp_path / "x.cast")
    assert json.loads(done.stdout)["length_s"] == 9.1


def test_long_work_shows_how_far_it_is(commands: Path, home: Path, tmp_path: Path) -> None:
    import sys  # noqa: PLC0415

    from player.progress import Progress  # noqa: PLC0415

    ticks = iter([0.0, 0.5, 1.5, 1.55, 2.0, 3.0])
    written: list[str] = []

    class Terminal:
        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> None:
            written.append(text)

        def flush(self) -> None:
            pass

    before, sys.stderr = sys.stderr, Terminal()
    try:
        with Progress("cs-export", 100, lambda: next(ticks)) as progress:
            for _ in range(4):
                progress.add(25)
    finally:
        sys.stderr = before
    assert len(written) == 3
    assert "50%" in written[0]
    assert written[-1] == "\r\x1b[K"
