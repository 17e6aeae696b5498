"""A session as video, by ffmpeg, which is given its frames."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING, Final

from player.exporting.forms import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PIECE_BYTES: Final = 256 << 10
_PATIENCE_S: Final = 600
"""After its last frame ffmpeg has a few seconds of work left; what takes longer than this hangs."""
# Widths and heights are even in these codecs.
_FILTER: Final = "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=0x16181d,format=yuv420p"
_CODECS: Final = {
    "mp4": ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-movflags", "+faststart"],
    "webm": [
        "-c:v", "libvpx-vp9", "-crf", "32", "-b:v", "0", "-deadline", "realtime", "-cpu-used", "8",
        "-row-mt", "1",
    ],
}  # fmt: skip


def want_ffmpeg() -> str:
    """The program. Raises ExportError where it is missing."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise ExportError("video needs ffmpeg, which is not here; .gif and .html do without")
    return program


def encoded(form: str, frames: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a video of the frames, an APNG. Raises ExportError when ffmpeg fails."""
    program = want_ffmpeg()
    with tempfile.TemporaryDirectory(prefix="cs-export-") as folder:
        path = os.path.join(folder, f"video.{form}")
        argv = [
            program, "-nostdin", "-loglevel", "error", "-f", "apng", "-i", "pipe:0", "-vf", _FILTER,
            "-fps_mode", "vfr", *_CODECS[form], "-fflags", "+bitexact", "-map_metadata", "-1", path,
        ]  # fmt: skip
        with tempfile.TemporaryFile() as words:
            _fed(argv, frames, words.fileno())
            words.seek(0)
            if not os.path.exists(path) or not os.path.getsize(path):
                said = words.read().decode(errors="replace").strip().splitlines()
                raise ExportError(f"ffmpeg failed: {said[-1] if said else 'it says nothing'}")
        with open(path, "rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece


def _fed(argv: list[str], frames: Iterable[bytes], words: int) -> None:
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words)
    try:
        assert process.stdin is not None  # noqa: S101  it is a pipe
        try:
            for piece in frames:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:  # what it has to say is read afterwards
            pass
        process.wait(_PATIENCE_S)
    except BaseException:
        process.kill()
        process.wait()
        raise
