"""Fonts of this machine: one of fixed width, and for what it lacks others that have it.

fontconfig is asked where there is one; else the places where systems keep fonts are looked at.
"""

from __future__ import annotations

import glob
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from formats.errors import SessionsError
from player.console import cells
from player.drawing.boxes import resized

if TYPE_CHECKING:
    from collections.abc import Iterable

_KNOWN: Final = (
    "/System/Library/Fonts/Menlo.ttc",
    "/System/Library/Fonts/Monaco.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/*/DejaVuSansMono.ttf",
    "/usr/share/fonts/*/LiberationMono-Regular.ttf",
    "/usr/share/fonts/*/*/LiberationMono-Regular.ttf",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/usr/share/fonts/*/*/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/*/*/wqy-microhei.ttc",
    "/System/Library/Fonts/Apple Color Emoji.ttc",
    "/usr/share/fonts/*/*/NotoColorEmoji.ttf",
    "/System/Library/Fonts/Apple Symbols.ttf",
    "/usr/share/fonts/*/*/Symbola*.ttf",
)
_PACKAGES: Final = "fonts-dejavu-core fonts-noto-cjk fonts-noto-color-emoji"
_ADVICE: Final = f"on Debian: apt-get install {_PACKAGES}"
_PATIENCE_S: Final = 20
# Fonts of colour pictures have them in one size only, each its own.
_PICTURE_PX: Final = (109, 160, 136, 128, 96, 64)
_NOBODYS: Final = "\U0010fffe"
_EMOJI: Final = range(0x1F000, 0x20000)
_EMOJI_STYLE: Final = "\ufe0f"
_SQUEEZED: Final = 1.1
"""What is wider than its cells by more is made narrower."""
_MOST_QUESTIONS: Final = 200
"""Each is a process of 10 ms; a hostile recording shows every character there is."""


class FontError(SessionsError):
    """There is no font to draw with."""


class Face(NamedTuple):
    """A font in a size; `picture_px` is that of its colour pictures, 0 where it has outlines."""

    font: ImageFont.FreeTypeFont
    picture_px: int = 0

    def has(self, text: str) -> bool:
        """Whether it has a glyph for the first character."""
        return self._looks(text[0]) != self._looks(_NOBODYS)

    def _looks(self, character: str) -> tuple[object, bytes]:
        box = self.font.getbbox(character)
        image = Image.new("L", (max(1, round(box[2])), max(1, round(box[3]))))
        ImageDraw.Draw(image).text((0, 0), character, 255, self.font)
        return box, image.tobytes()


class Fonts:
    """The faces to draw with at `px` pixels. Raises FontError when there is no font at all."""

    def __init__(self, px: int) -> None:
        self._px = px
        self._regular = _loaded(_first_of("monospace"), px)
        if self._regular is None:
            raise FontError(f"there is no font of fixed width here; {_ADVICE}")
        self._others: list[Face] = []
        self._faces: dict[tuple[str, bool, bool], Face | None] = {}
        self._styled: dict[tuple[bool, bool], Face | None] = {}
        self._questions = 0
        self.missing: dict[str, None] = {}
        """Characters that no font here has, in the order in which they came."""

    @property
    def regular(self) -> Face:
        """The font of fixed width."""
        assert self._regular is not None  # noqa: S101  else there was an error
        return self._regular

    def face(self, text: str, *, bold: bool, italic: bool) -> Face | None:
        """What has a glyph for a character; None when nothing here has."""
        key = (text, bold, italic)
        if key not in self._faces:
            self._faces[key] = self._found(text, bold=bold, italic=italic)
            if self._faces[key] is None:
                self.missing[text] = None
        return self._faces[key]

    def in_words(self) -> str:
        """What is missing, and what to do about it; empty when nothing is."""
        if not self.missing:
            return ""
        first = next(iter(self.missing))
        codes = " ".join(f"U+{ord(character):04X}" for character in first)
        others = f" and {len(self.missing) - 1} more" if len(self.missing) > 1 else ""
        return f"no font here has {codes}{others}: an empty box is drawn; {_ADVICE}"

    def _found(self, text: str, *, bold: bool, italic: bool) -> Face | None:
        wide = ord(text[0]) in _EMOJI or _EMOJI_STYLE in text
        if not wide:
            for face in (self._in_style(bold=bold, italic=italic), self.regular):
                if face is not None and face.has(text):
                    return face
            having = [face for face in self._others if face.has(text)]
            # Fonts of wide characters have narrow ones too, as wide: squeezed they look wrong.
            found = next((face for face in having if self._fits(face, text)), None)
            return found or self._asked(text, "monospace") or next(iter(having), None)
        found = next((f for f in self._others if f.picture_px and f.has(text)), None)
        return found or self._asked(text, "emoji")

    def _fits(self, face: Face, text: str) -> bool:
        """Whether it draws the character in the cells that it has."""
        cells_px = cells(text) * self.regular.font.getlength("M")
        return face.font.getlength(text[0]) <= cells_px * _SQUEEZED

    def _in_style(self, *, bold: bool, italic: bool) -> Face | None:
        key = (bold, italic)
        if key not in self._styled:
            pattern = "monospace" + ":bold" * bold + ":italic" * italic
            # Without fontconfig there is but the one.
            known = _has_fontconfig() and (bold or italic)
            self._styled[key] = _loaded(_first_of(pattern), self._px) if known else None
        return self._styled[key]

    def _asked(self, text: str, family: str) -> Face | None:
        if self._questions >= _MOST_QUESTIONS:
            return None
        self._questions += 1
        for place in _places(f"{family}:charset={ord(text[0]):x}"):
            face = _loaded([place], self._px)
            if face is not None and face.has(text):
                self._others.append(face)
                return face
        return None


@cache
def _has_fontconfig() -> bool:
    return shutil.which("fc-match") is not None


def _first_of(pattern: str) -> list[tuple[str, int]]:
    return _places(pattern)[:1] if _has_fontconfig() else _places(pattern)


@cache
def _places(pattern: str) -> list[tuple[str, int]]:
    """(File, number of the font in it), the best first."""
    if not _has_fontconfig():
        return [(path, 0) for known in _KNOWN for path in sorted(glob.glob(known))]
    argv = ["fc-match", "-s", "--format", r"%{file}|%{index}\n", pattern]
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=_PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return []
    found: list[tuple[str, int]] = []
    for line in done.stdout.splitlines():
        path, _, index = line.rpartition("|")
        # The upper half of an index is a variable font's instance, which is not asked for.
        found.append((path, int(index) & 0xFFFF if index.isdigit() else 0))
    return found[:8]


def _loaded(places: Iterable[tuple[str, int]], px: int) -> Face | None:
    """The first that can be loaded."""
    for path, index in places:
        try:
            return Face(ImageFont.truetype(path, px, index))
        except OSError:
            pass
        for picture_px in _PICTURE_PX:
            try:
                return Face(ImageFont.truetype(path, picture_px, index), picture_px)
            except OSError:
                continue
    return None


def glyph(face: Face, text: str, width: int, height: int, baseline: int) -> Image.Image:
    """The characters as a mask ("L") of that size; of colour pictures "RGBA".

    What is too wide is made narrower, as letters of other fonts may be.
    """
    if face.picture_px:
        return _picture(face, text, width, height)
    image = Image.new("L", (width, height))
    length = face.font.getlength(text)
    left = 0.0
    if length > width * _SQUEEZED:
        return _narrowed(face, text, (width, height), baseline)
    if abs(length - width) > 1:
        left = (width - length) / 2
    ImageDraw.Draw(image).text((round(left), baseline), text, 255, face.font, anchor="ls")
    return image


def _narrowed(face: Face, text: str, size: tuple[int, int], baseline: int) -> Image.Image:
    image = Image.new("L", (max(1, round(face.font.getlength(text))), size[1]))
    ImageDraw.Draw(image).text((0, baseline), text, 255, face.font, anchor="ls")
    return resized(image, size, Image.Resampling.BILINEAR)


def _picture(face: Face, text: str, width: int, height: int) -> Image.Image:
    left, top, right, low = face.font.getbbox(text)
    made = Image.new("RGBA", (max(1, round(right - left)), max(1, round(low - top))))
    pen = ImageDraw.Draw(made)
    pen.text((-left, -top), text, font=face.font, embedded_color=True)
    scale = min(width / made.width, height / made.height)
    size = (max(1, round(made.width * scale)), max(1, round(made.height * scale)))
    small = resized(made, size, Image.Resampling.LANCZOS)
    image = Image.new("RGBA", (width, height))
    image.paste(small, ((width - size[0]) // 2, (height - size[1]) // 2))
    return image
