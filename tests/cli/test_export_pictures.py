"""Sessions as pictures: a moment of it, or all of it as it moved, at the right time."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("pyghostty")
pytest.importorskip("PIL")

from PIL import Image, ImageChops, ImageSequence

from formats.size import Size
from player.drawing.gif import SHADES
from player.drawing.raster import Canvas, Pointer
from player.drawing.tiles import Tiles
from player.screen import Screen
from tests.support.browser import browser
from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["browser"]

KEY = "ghp_0123456789abcdefABCDEF0123456789abcd"
BOX = "\u256d\u2500\u2500\u256e\r\n\u2502\u65e5\u2502\r\n\u2570\u2500\u2500\u256f\r\n"
SAID = [
    Said(0, b"\x1b[1;31mfirst\x1b[0m\r\n"),
    Said(500, BOX.encode()),
    Said(1500, {"type": "resize", "cols": 30, "rows": 8}),
    Said(1600, b"\x1b[44m wide \x1b[0m\xf0\x9f\x98\x80\r\n"),
    # An update that the program declares: its first half is never to be seen.
    Said(2000, b"\x1b[?2026h\x1b[H\x1b[2Jha"),
    Said(2300, b"lf\x1b[?2026l"),
    Said(3000, b"\x1b[?25l"),
]
LENGTH_MS = 3500
SIZE = Size(30, 8)


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(home, start(20, 6), *SAID, ended(LENGTH_MS))


def _drawn(ms: int, shades: int = 256, size: Size = SIZE) -> Image.Image:
    """What should be seen then."""
    screen = Screen(Size(20, 6))
    for said in SAID:
        if said.at_ms <= ms:
            if isinstance(said.what, bytes):
                screen.feed(said.what)
            else:
                screen.resize(Size(30, 8))
    canvas = Canvas(size, Tiles(shades))
    canvas.draw(dict(screen.rows()), Pointer(screen.cursor) if screen.cursor_visible else None)
    return canvas.image


def _difference(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of a pixel's red, green or blue."""
    assert one.size == other.size
    return max(ImageChops.difference(one.convert("RGB"), other.convert("RGB")).tobytes())


def _mean_difference(one: Image.Image, other: Image.Image) -> float:
    grey = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L").tobytes()
    return sum(grey) / len(grey)


def _export(cs, talk: str, out: Path, *options: str) -> Path:
    done = cs("export", talk, "--no-redact", "-o", out, *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}\n"
    return out


def test_a_gif_shows_each_moment_as_long_as_it_stood(cs, talk, tmp_path: Path) -> None:
    path = _export(cs, talk, tmp_path / "x.gif")
    with Image.open(path) as gif:
        assert gif.info["loop"] == 0
        at_ms = 0
        seen: list[int] = []
        for frame in ImageSequence.Iterator(gif):
            # All colours but those of the emoji's many shades are as they were.
            assert _difference(frame, _drawn(at_ms, SHADES)) <= 16, at_ms
            seen.append(at_ms)
            at_ms += frame.info["duration"]
    assert seen == [0, 500, 1600, 2300, 3000]
    assert at_ms == LENGTH_MS + 2000
    assert path.read_bytes() == _export(cs, talk, tmp_path / "again.gif").read_bytes()


def test_only_what_changes_is_in_a_frame(cs, home, tmp_path: Path) -> None:
    ticks = [Said(100 * n, b"\x1b[20;1H%d" % n) for n in range(1, 41)]
    paper = b"\r\n".join(b"\x1b[%dmsome words on line %d" % (31 + n % 6, n) for n in range(24))
    talk = store_log(home, start(), Said(0, paper), *ticks)
    path = _export(cs, talk, tmp_path / "x.gif")
    with Image.open(path) as gif:
        assert len(list(ImageSequence.Iterator(gif))) == 41
    one = _export(cs, talk, tmp_path / "one.gif", "--to", "0.05").stat().st_size
    assert path.stat().st_size < 4 * one


def test_more_colours_than_a_palette_has(cs, home, tmp_path: Path) -> None:
    cells = b"".join(b"\x1b[48;2;%d;%d;%dm " % (n % 256, n // 3, 255 - n // 4) for n in range(600))
    talk = store_log(home, start(80, 10), Said(0, cells))
    with Image.open(_export(cs, talk, tmp_path / "x.gif")) as gif:
        screen = Screen(Size(80, 10))
        screen.feed(cells)
        canvas = Canvas(Size(80, 10), Tiles(SHADES))
        canvas.draw(dict(screen.rows()), Pointer(screen.cursor))
        assert _mean_difference(gif, canvas.image) < 6


def test_a_moment_as_png_and_the_last_one(cs, talk, tmp_path: Path) -> None:
    with Image.open(_export(cs, talk, tmp_path / "x.png", "--at", "1.7")) as png:
        assert not _difference(png, _drawn(1700))
    with Image.open(_export(cs, talk, tmp_path / "y.png")) as png:
        assert not _difference(png, _drawn(3500))
    with Image.open(_export(cs, talk, tmp_path / "z.png", "--to", "1")) as png:
        assert not _difference(png, _drawn(1000, size=Size(20, 6)))


def test_a_moment_as_svg(cs, talk, tmp_path: Path) -> None:
    shown = _export(cs, talk, tmp_path / "x.svg", "--at", "0.2").read_text()
    assert ">first</text>" in shown
    assert "\u256d" not in shown
    assert "keyframes" not in shown


def test_in_an_svg_each_character_stands_in_its_cells(browser, cs, home, tmp_path: Path) -> None:
    said = Said(0, b"\x1b[7m  two blanks, and \x1b[4m three   \x1b[m\r\n$ ")
    session = store_log(home, start(30, 4), said, ended(10))
    path = _export(cs, session, tmp_path / "x.svg", "--at", "100%")
    page = browser.page(path.as_uri())
    # Where the letter t of `two` and of `three` begins.
    script = """[...document.querySelectorAll('text')].slice(0, 2).map((one) =>
        one.getStartPositionOfChar(one.textContent.indexOf('t')).x)"""
    assert page.run(script) == pytest.approx([10 + 2 * 8.4, 10 + 19 * 8.4], abs=1)
    cursor = page.run("(({x, y}) => [x.baseVal.value, y.baseVal.value])"
                      "([...document.querySelectorAll('rect')].pop())")  # fmt: skip
    assert cursor == pytest.approx([10 + 2 * 8.4, 10 + 17], abs=0.01)


def test_an_svg_that_moves(browser, cs, talk, tmp_path: Path) -> None:
    path = _export(cs, talk, tmp_path / "x.svg")
    page = browser.page(path.as_uri())
    page.until("document.getAnimations && document.getAnimations().length > 2")
    wide = 30 * 8.4
    # Of each row: which of the contents of its strip stands in its window.
    script = f"""(ms) => {{
        document.getAnimations().forEach((one) => {{ one.pause(); one.currentTime = ms; }});
        return [...document.querySelectorAll('svg > g > svg > g')].map((strip) => {{
            const left = -new DOMMatrix(getComputedStyle(strip).transform).m41;
            const use = [...strip.children].find((one) =>
                Math.abs(one.getAttribute('x') - left) < {wide / 2});
            return use ? document.querySelector(use.getAttribute('href')).textContent : '';
        }}).join('|');
    }}"""
    box = "first|" + BOX.replace("\r\n", "|")
    for ms, wanted in [
        (100, "first||||"),
        (1400, box),
        (2200, box + " wide \U0001f600"),
        (2400, "half||||"),
    ]:
        assert page.run(f"({script})({ms})") == wanted, ms
    assert not page.requests


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="there is no ffmpeg; .ci/run installs it")
@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_a_video_shows_each_moment(cs, talk, tmp_path: Path, ending: str) -> None:
    path = _export(cs, talk, tmp_path / f"x.{ending}")
    for ms in (200, 1200, 1900, 2900):
        shot = tmp_path / f"{ms}.png"
        argv = ["ffmpeg", "-loglevel", "error", "-i", str(path), "-vf", "fps=20"]
        argv += ["-ss", str(ms / 1000), "-frames:v", "1", str(shot)]
        subprocess.run(argv, check=True, timeout=30)
        seen = max(said.at_ms for said in SAID if said.at_ms <= ms)
        with Image.open(shot) as image:
            wanted = _drawn(2000 - 1 if seen == 2000 else seen)
            even = image.crop((0, 0, *wanted.size))
            # Video blurs; it is the right picture, and no other.
            assert _mean_difference(even, wanted) < 4, ms
    asked = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    done = subprocess.run([*asked, str(path)], check=True, capture_output=True, timeout=30)
    assert LENGTH_MS / 1000 <= float(done.stdout) <= LENGTH_MS / 1000 + 2.5


@pytest.mark.parametrize("ending", ["png", "gif", "svg"])
def test_secrets_are_masked_in_pictures_too(cs, home, tmp_path: Path, ending: str) -> None:
    made: list[bytes] = []
    for secret in (KEY, "*" * len(KEY)):
        talk = store_log(home, start(), Said(0, f"token={secret}\r\n".encode()), ended(100))
        out = tmp_path / f"{secret[0]}.{ending}"
        done = cs("export", talk, "-o", out)
        assert done.returncode == 0, done.stderr
        made.append(out.read_bytes())
    assert made[0] == made[1]


def test_what_cannot_be_is_said_in_a_line(cs, talk, tmp_path: Path, monkeypatch) -> None:
    for arguments, said in [
        (["-o", "x.gif", "--at", "1"], "--at is one moment: .png and .svg show it, gif cannot"),
        (["-o", "x.png", "--size", "1000x500"], "a picture of 1000x500 cells would be too large"),
        (["-o", "x.gif", "--size", "1000x500"], "a picture of 1000x500 cells would be too large"),
    ]:
        done = cs("export", talk, *arguments, cwd=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert said in done.stderr
    monkeypatch.setenv("PATH", str(tmp_path))
    done = cs("export", talk, "-o", "x.mp4", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "cs-export: video needs ffmpeg, which is not here; .gif and .html do without\n"
    )
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("x")]


@pytest.mark.skipif(not shutil.which("script"), reason="there is no script; .ci/run installs it")
def test_no_picture_is_poured_over_a_terminal(commands: Path, talk: str, tmp_path: Path) -> None:
    line = f"{commands}/cs-export {talk} -f png -o -"
    argv = ["script", "-qec", line, "/dev/null"]
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert done.stdout == b"cs-export: png is no text for a terminal: give -o FILE\r\n"
