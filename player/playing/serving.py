"""What the player's two processes do: one draws the recording, one knows its lines and markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from player.playing.frames import encode
from player.playing.wire import dumps, hasten

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.layout import Home
    from formats.session import Session
    from formats.size import Size
    from player.lines.lineblock import LineBlock
    from player.playing.stage import Stage
    from player.screen import Width

_BUCKETS = 512
_MOST_HITS = 10_000
_MOST_MARKERS = 20_000
_SHOWN_CHARACTERS = 400


def drawing(
    home: Home,
    session: Session,
    *,
    size: Size | None,
    live: bool,
    end_us: int | None,
    fresh_at_us: int | None = None,
    width: Width = "grapheme",
) -> Callable[[], Callable[[dict[str, Any]], bytes]]:
    """Answers requests for frames: seek, advance, tail, skip, step, change, history.

    With `fresh_at_us` it begins at that moment on an empty screen, and feeds nothing before it.
    """

    def serve() -> Callable[[dict[str, Any]], bytes]:
        from player.playing.source import Source  # noqa: PLC0415  the engine, only in there
        from player.playing.stage import Stage  # noqa: PLC0415

        source = Source(home, session, size=size, live=live, width=width)
        stage = Stage(source, end_us, fresh_at_us=fresh_at_us)
        return lambda request: encode(_frame(stage, request))

    return serve


def _frame(stage: Stage, request: dict[str, Any]) -> Any:  # noqa: ANN401
    at_us = request.get("at_us", 0)
    moved = True
    match request["do"]:
        case "seek":
            stage.seek(at_us)
        case "advance":
            hasten()  # more will follow
            stage.advance(at_us)
        case "tail":
            stage.to_the_end()
        case "skip":
            moved = stage.skip(at_us)
        case "step":
            moved = stage.step(request["count"])
        case "change":
            moved = stage.change(request["count"])
        case _:
            return stage.history(request["back"], request["count"])
    return stage.frame(moved=moved, whole=request.get("whole", False))


def knowing(
    home: Home, session: Session, *, origin_us: int, size: Size | None
) -> Callable[[], Callable[[dict[str, Any]], bytes]]:
    """Answers what happened when: the outline of a session, and searches in its lines."""

    def serve() -> Callable[[dict[str, Any]], bytes]:
        scribe = _Scribe(home, session, origin_us, size)
        return scribe.answer

    return serve


class _Scribe:
    def __init__(self, home: Home, session: Session, origin_us: int, size: Size | None) -> None:
        self._home, self._session = home, session
        self._origin_us, self._size = origin_us, size
        self._blocks: list[LineBlock] = []
        self._read_bytes = -1

    def answer(self, request: dict[str, Any]) -> bytes:
        if request["do"] == "outline":
            return dumps(self._outline(request["length_us"]))
        return dumps({"hits": self._hits(request)})

    def _read(self) -> list[LineBlock]:
        """The lines of the session as it is now, kept until it grows."""
        from player.index.sidecar import blocks_of  # noqa: PLC0415  the engine, only in here

        size_bytes = self._session.size_bytes()
        if size_bytes != self._read_bytes:
            self._blocks = list(blocks_of(self._home, self._session, size=self._size))
            self._read_bytes = size_bytes
        return self._blocks

    def _outline(self, length_us: int) -> dict[str, Any]:
        from player.index.markers import markers_of  # noqa: PLC0415  as above
        from player.lines.lineblock import merged  # noqa: PLC0415

        markers = [
            (marker.at_us - self._origin_us, marker.kind, marker.label)
            for marker in markers_of(self._home, self._session, size=self._size)
        ]
        lines = merged(line for block in self._read() for line in block.lines())
        activity = [0] * _BUCKETS
        for line in lines:
            if line.transient:
                continue
            at = (line.first_us - self._origin_us) * _BUCKETS // max(1, length_us)
            activity[min(_BUCKETS - 1, max(0, at))] += 1
        return {"markers": markers[:_MOST_MARKERS], "activity": activity, "length_us": length_us}

    def _hits(self, request: dict[str, Any]) -> list[tuple[int, str]]:
        from player.playing.query import Query  # noqa: PLC0415
        from player.search.finding import hits_in  # noqa: PLC0415
        from player.search.results import Wanted  # noqa: PLC0415

        query = Query(request["pattern"])
        found = hits_in(self._read(), query.matches, Wanted())
        return [
            (hit.at_us - self._origin_us, " ".join(hit.texts)[:_SHOWN_CHARACTERS])
            for hit in found[:_MOST_HITS]
        ]
