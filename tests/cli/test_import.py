"""`cs-import`: recordings and archives into the store, whoever made them and whatever they hold."""

from __future__ import annotations

import gzip
import io
import os
import resource
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from formats.layout import Home
from tests.support.foreign import outputs
from tests.support.logs import Said, ended, entries_in, start, store_log, write_log


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(
        home,
        start(100, 30, title="a talk"),
        Said(0, "h\u00e9llo\r\n".encode()),
        Said(1200, b"ls\r", "input"),
        Said(1300, b"\x1b[31mred\x1b[0m\r\n"),
        Said(9000, b"done\r\n"),
        ended(9100, 3),
    )


def test_a_typescript_and_its_timing_in_any_order(cs, home: Path, talk, tmp_path: Path) -> None:
    assert cs("export", talk, "-o", tmp_path / "x.typescript").stdout.count("\n") == 3
    log, timing = tmp_path / "x.typescript", tmp_path / "x.timing"
    moved = tmp_path / "elsewhere"
    for files in ([log], [timing], [timing, log], [log, timing]):
        done = cs("import", *files)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 1
        assert outputs(entries_in(home, done.stdout.strip())) == outputs(entries_in(home, talk))
    timing.rename(moved)
    done = cs("import", log, "--timing", moved)
    assert outputs(entries_in(home, done.stdout.strip())) == outputs(entries_in(home, talk))
    log.unlink()
    done = cs("import", moved)
    assert done.returncode == 2
    assert "name its log as well" in done.stderr


def test_what_is_no_recording_is_refused(cs, home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello, this is no recording\n")
    (tmp_path / "empty").write_bytes(b"")
    for name in ("x.txt", "empty", "missing", "."):
        done = cs("import", tmp_path / name)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
    done = cs("import", tmp_path / "x.txt", "--format", "raw")
    assert done.returncode == 0
    assert entries_in(home, "last")[1].data == b"hello, this is no recording\n"


def test_from_stdin(cs, home: Path, talk, tmp_path: Path) -> None:
    assert cs("export", talk, "-o", tmp_path / "x.cast.zst").returncode == 0
    with open(tmp_path / "x.cast.zst", "rb") as file:
        done = cs("import", "-", stdin=file)
    assert done.returncode == 0, done.stderr
    assert outputs(entries_in(home, done.stdout.strip())) == outputs(entries_in(home, talk))


def test_more_files_than_a_process_may_have_open(cs, home: Path, tmp_path: Path) -> None:
    """Of a shell's `*` there may be any number; a limit of 1,024 open files is usual."""
    paths = [tmp_path / f"{number:03}.cast" for number in range(100)]
    for number, path in enumerate(paths):
        path.write_text(f'{{"version":2,"width":80,"height":24}}\n[0.1,"o","file {number}"]\n')

    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    with open(tmp_path / "050.cast", "rb") as file:  # what cannot be opened twice is among them
        paths[50] = Path("-")
        done = cs("import", *paths, stdin=file, preexec_fn=few_files)
    assert (done.returncode, done.stderr) == (0, "")
    said = [outputs(entries_in(home, name))[0][2] for name in done.stdout.split()]
    assert said == [b"file %d" % number for number in range(100)]


ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def _member(name: str, data: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def test_a_hostile_archive_writes_nothing_outside(cs, home: Path, tmp_path: Path) -> None:
    write_log(tmp_path / f"{ID}.jsonl", start(), Said(5, b"good"))
    good = (tmp_path / f"{ID}.jsonl").read_bytes()
    other = ID.replace("3f", "4f")
    members = [
        _member(f"../../{other}.jsonl", good),
        _member(f"/tmp/{other}.jsonl", good),
        _member(f"a/../../{other}.jsonl", good),
        _member(f"{other}.jsonl", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        _member(f"{other}.0001.jsonl", type=tarfile.LNKTYPE, linkname=f"{ID}.jsonl"),
        _member(f"{other}.0002.jsonl", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        _member(f"{other}.0003.jsonl", type=tarfile.FIFOTYPE),
        _member(f"{other}.jsonl", type=tarfile.DIRTYPE),
        _member("logs/", type=tarfile.DIRTYPE),
        _member(f"logs/{ID}.jsonl", good, mode=0o6777, uid=12345),
        _member(f"{ID}.jsonl", b"second of that name"),
        _member("authorized_keys", b"ssh-rsa x"),
        _member("x" * 300 + ".jsonl", b"y"),
    ]
    for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=kind) as archive:
            for info, data in members[:-1] if kind == tarfile.USTAR_FORMAT else members:
                archive.addfile(info, io.BytesIO(data))
        path = tmp_path / "hostile.tar.gz"
        path.write_bytes(gzip.compress(made.getvalue()))
        target = tmp_path / "store" / str(kind)
        done = cs("import", path, "--home", target)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == ID
        assert "other files of the archive (first: ../../4f" in done.stderr
        names = sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file())
        assert names == [f"logs/{ID}.0001.jsonl.zst", f"logs/{ID}.meta.json"]
        for name in names:
            assert stat.S_IMODE((target / name).lstat().st_mode) == 0o600
        assert entries_in(target, "last")[1].data == b"good"
    assert sorted(os.listdir(tmp_path)) == [f"{ID}.jsonl", "home", "hostile.tar.gz", "store"]


def test_an_archive_that_swells_is_refused(cs, home: Path, tmp_path: Path) -> None:
    # 300 MB of nothing in 30 KB of zstd.
    info = tarfile.TarInfo(f"{ID}.jsonl")
    info.size = 300 << 20
    packer = zstandard.ZstdCompressor().compressobj()
    with open(tmp_path / "bomb.tar.zst", "wb") as file:
        file.write(packer.compress(info.tobuf()))
        file.writelines(packer.compress(bytes(1 << 20)) for _ in range(300))
        file.write(packer.flush())
    done = cs("import", tmp_path / "bomb.tar.zst")
    assert done.returncode == 2
    assert "taken for a bomb" in done.stderr
    assert not [path for path in home.rglob("*") if path.is_file()]


def _many_members(path: Path, count: int) -> None:
    """An archive of one session and so many other files of no bytes."""
    header = tarfile.TarInfo("x").tobuf()
    log = path.parent / f"{ID}.jsonl"
    write_log(log, start(), Said(5, b"good"))
    info = tarfile.TarInfo(log.name)
    info.size = log.stat().st_size
    body = log.read_bytes() + bytes(-info.size % 512)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(info.tobuf() + body)
        for _ in range(count // 1000):
            file.write(header * 1000)


def test_many_members_take_neither_room_nor_forever(cs, home: Path, tmp_path: Path) -> None:
    _many_members(tmp_path / "many.tar.gz", 100_000)
    done = cs("import", tmp_path / "many.tar.gz")
    assert done.returncode == 0, done.stderr
    assert "skipped 100000 other files" in done.stderr
    names = {path.name for path in home.rglob("*") if path.is_file()}
    assert names == {f"{ID}.0001.jsonl.zst", f"{ID}.meta.json"}


def test_more_than_200_000_members_are_refused(cs, home: Path, tmp_path: Path) -> None:
    _many_members(tmp_path / "many.tar.gz", 200_000)
    done = cs("import", tmp_path / "many.tar.gz")
    assert done.returncode == 2
    assert "has more than 200000 members: nothing of it is imported" in done.stderr
    assert not [path for path in home.rglob("*") if path.is_file()]


@pytest.mark.parametrize("cut", [100, 700, 2000])
def test_a_torn_archive_gives_what_it_holds_or_says_why(cs, home, talk, tmp_path, cut) -> None:
    assert cs("export", talk, "-o", tmp_path / "x.tar.zst").returncode == 0
    data = zstandard.ZstdDecompressor().stream_reader((tmp_path / "x.tar.zst").read_bytes()).read()
    (tmp_path / "torn.tar").write_bytes(data[:cut])
    done = cs("import", tmp_path / "torn.tar")
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if cut <= 700 else 0)


def test_a_damaged_archive_is_refused_as_a_whole(cs, home: Path, talk, tmp_path: Path) -> None:
    assert cs("export", talk, "-o", tmp_path / "x.tar.gz").returncode == 0
    data = bytearray(gzip.decompress((tmp_path / "x.tar.gz").read_bytes()))
    data[5] ^= 0xFF
    (tmp_path / "x.tar").write_bytes(data)
    done = cs("import", tmp_path / "x.tar")
    assert done.returncode == 2
    assert "is damaged" in done.stderr


@pytest.mark.parametrize("ending", ["jsonl", "cast", "tar.gz"])
def test_an_import_tells_how_much_of_its_files_is_read(cs, home, tmp_path: Path, ending) -> None:
    from player.importing import Report, Wishes, import_files  # noqa: PLC0415

    said = [Said(n, os.urandom(2000).hex().encode()) for n in range(300)]
    talk = store_log(home, start(), *said)
    out = tmp_path / f"x.{ending}"
    assert cs("export", talk, "--no-redact", "-o", out).returncode == 0
    told: list[int] = []
    assert list(import_files(Home(str(home)), [str(out)], Wishes(), Report(), told.append))
    assert 0.9 < sum(told) / out.stat().st_size < 1.1
    assert len(told) > 1
