"""`cs-play --dump-at`: one moment of a session, in every form."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from formats.size import Size
from tests.support.logs import Said, ended, start, store_log
from tests.support.window import PlayerWindow, environ_of

if TYPE_CHECKING:
    from pathlib import Path

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(
        home,
        start(40, 10),
        Said(0, b"\x1b[2J\x1b[Hfirst"),
        Said(1000, b"\x1b[3;5H\x1b[1;31mred <&>"),
        Said(2000, f"\x1b[5;1H\x1b[m{FAMILY}|".encode()),
        ended(3000),
    )


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ("text", b"first\n\n    red <&>\n"),
        ("ansi", b"first\n\n    \x1b[0;1;31mred <&>\x1b[m\n"),
        ("svg", b">red &lt;&amp;&gt;</text>"),
        ("html", b"red &lt;&amp;&gt;</span>"),
    ],
)
def test_forms(cs: Any, talk: str, form: str, holds: bytes) -> None:
    options = [] if form == "text" else [f"--{form}"]
    done = cs("play", talk, "--dump-at", "1.5", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert holds in done.stdout.encode()
    assert FAMILY not in done.stdout


def test_a_picture(cs: Any, talk: str, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    with (tmp_path / "x.png").open("wb") as out:
        done = cs("play", talk, "--dump-at", "1.5", "--png", stdout=out)
    assert done.returncode == 0
    with image.open(io.BytesIO((tmp_path / "x.png").read_bytes())) as picture:
        red = [
            pixel
            for _, pixel in picture.convert("RGB").getcolors(1 << 20)
            if pixel[0] > 180 and pixel[1] < 140 and pixel[2] < 140
        ]
        assert picture.format == "PNG"
        assert picture.width > picture.height
    assert red


def test_a_picture_is_not_written_to_a_terminal(talk: str, commands: Path, tmp_path: Path) -> None:
    argv = [str(commands / "cs-play"), talk, "--dump-at", "1", "--png"]
    window = PlayerWindow(argv, environ_of(commands), size=Size(100, 10), cwd=tmp_path)
    try:
        assert window.wait() == 2
        assert b"--png > FILE" in window.screen
    finally:
        window.close()


def test_how_wide_characters_are(cs: Any, talk: str) -> None:
    shown: dict[str, str] = {}
    for width in ("grapheme", "legacy"):
        done = cs("play", talk, "--dump-at", "2", "--svg", "--width", width)
        assert done.returncode == 0, done.stderr
        (shown[width],) = [line for line in done.stdout.splitlines() if ">|</text>" in line]
    # Two columns, or two for each of the four and none for what joins them.
    assert 'x="26.8"' in shown["grapheme"]
    assert 'x="77.2"' in shown["legacy"]
