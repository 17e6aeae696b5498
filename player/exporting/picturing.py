"""A session as pictures: one moment of it, or all of it, animated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from formats.entry import event_size
from formats.size import Size
from player.drawing import FormError, want_pillow
from player.exporting.shots import Shots
from player.screen import Screen, clamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

    from player.drawing.raster import Box, Canvas, Pointer
    from player.drawing.tiles import Tiles
    from player.exporting.job import Job
    from player.progress import Progress
    from player.screen.values import Row

_GIF_EVERY_US: Final = 40_000
# Browsers show frames that are shorter than 20 ms for 100 ms.

_VIDEO_EVERY_US: Final = 33_334
_SVG_EVERY_US: Final = 50_000
_LAST_US: Final = 2_000_000
# The end stands a little before it begins anew.

_LARGEST_PIXELS: Final = 40_000_000


class _Frame(NamedTuple):
    at_us: int
    image: Image.Image
    box: Box


def still(job: Job, form: str, progress: Progress) -> Iterator[bytes]:
    """The screen at `job.at_us`, else at the end of what is wanted, as PNG or SVG."""
    screen = _screen(job, progress)
    rows = [row for _, row in screen.rows()]
    if form == "svg":
        from player.drawing.svg import as_svg  # noqa: PLC0415  one of the two

        yield as_svg(rows, screen.size, screen.cursor if screen.cursor_visible else None)
        return
    want_pillow()
    from player.drawing.raster import as_png  # noqa: PLC0415

    _check(screen.size)
    png, missing = as_png(rows, screen.size, _pointer(screen))
    if missing:
        job.remarks.append(missing)
    yield png


def _screen(job: Job, progress: Progress) -> Screen:
    at_us = job.wanted.end_us if job.at_us is None else job.at_us
    if job.redaction is None:
        from player.replay.replay import Replay  # noqa: PLC0415  which reads the session by itself

        replay = Replay(job.session, size=job.wanted.size)
        return replay.seek(replay.duration_us if at_us is None else at_us)
    from player.exporting.preparing import begun, cut  # noqa: PLC0415
    from player.replay.painter import paint  # noqa: PLC0415
    from player.replay.timeline import Moment  # noqa: PLC0415

    screen = Screen(job.size)
    entries = cut(begun(job.all_entries(progress), job.size, job.wanted.size), 0, at_us)
    paint(screen, (Moment(0, entry) for entry in entries))
    return screen


def _pointer(screen: Screen) -> Pointer | None:
    from player.drawing.raster import Pointer  # noqa: PLC0415

    if not screen.cursor_visible:
        return None
    return Pointer(screen.cursor, screen.cursor_shape.kind)


def animated_svg(job: Job, progress: Progress) -> Iterator[bytes]:
    """What is wanted of the session, as it moved, by CSS alone."""
    from player.drawing.film import Film  # noqa: PLC0415  as the others

    size = _largest(job)
    film = Film(size)
    shots = Shots(job.entries(progress), _SVG_EVERY_US)
    for at_us, screen in shots:
        film.look(at_us, screen)
    return film.written(shots.end_us + _LAST_US)


def animated_gif(job: Job, progress: Progress) -> Iterator[bytes]:
    """What is wanted of the session, as it moved."""
    want_pillow()
    from player.drawing.gif import SHADES, Gif  # noqa: PLC0415

    film = _Film(job, progress, _GIF_EVERY_US, SHADES)
    gif = Gif(film.canvas.image.size)
    yield gif.start()
    for frame in film:
        yield from gif.add(frame.image, frame.box, frame.at_us)
    yield from gif.end(film.end_us)


def frames_for_video(job: Job, progress: Progress) -> Iterator[bytes]:
    """The same as APNG, in all its colours."""
    want_pillow()
    from player.drawing.apng import Apng  # noqa: PLC0415

    film = _Film(job, progress, _VIDEO_EVERY_US, 256)
    apng = Apng(film.canvas.image.size)
    yield apng.start()
    for frame in film:
        yield apng.add(frame.image, frame.box, frame.at_us)
    yield apng.end(film.end_us)


class _Film:
    """The frames of what is wanted. All are as large as the largest that the screen became."""

    def __init__(self, job: Job, progress: Progress, every_us: int, shades: int) -> None:
        from player.drawing.raster import Canvas  # noqa: PLC0415  Pillow may be missing
        from player.drawing.tiles import Tiles  # noqa: PLC0415

        self._job = job
        size = _largest(job)
        _check(size)
        self._tiles: Tiles = Tiles(shades)
        self.canvas: Canvas = Canvas(size, self._tiles)
        self._shots = Shots(job.entries(progress), every_us)
        self.end_us = 0

    def __iter__(self) -> Iterator[_Frame]:
        image = self.canvas.image
        whole = (0, 0, *image.size)
        first = True
        rows: dict[int, Row] = {}
        size = self._shots.screen.size
        for at_us, screen in self._shots:
            if first and at_us:
                yield _Frame(0, image, whole)
                first = False
            if screen.size != size:
                size = screen.size
                rows.clear()
            rows |= screen.rows(changed_only=True)
            box = self.canvas.draw(rows, _pointer(screen))
            if box is not None:
                yield _Frame(at_us, image, whole if first else box)
                first = False
        if first:
            yield _Frame(0, image, whole)
        self.end_us = self._shots.end_us + _LAST_US
        if self._tiles.missing:
            self._job.remarks.append(self._tiles.missing)


def _largest(job: Job) -> Size:
    """The columns and rows of the largest screens that the log states."""
    cols, rows = clamp(job.size)
    for entry in job.entries(None):
        if entry.event is not None and (size := event_size(entry.event)):
            size = clamp(size)
            cols, rows = max(cols, size.cols), max(rows, size.rows)
    return Size(cols, rows)


def _check(size: Size) -> None:
    # About 10 x 19 pixels a cell.
    if size.cols * size.rows * 190 > _LARGEST_PIXELS:
        raise FormError(f"a picture of {size.cols}x{size.rows} cells would be too large: --size")
