"""How `cs-grep --json` prints what it found."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import orjson

from formats import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.store import Listed
    from player.search.results import Hit, Result

_US_PER_S = 1_000_000


class Json:
    """Prints messages in the shapes of ripgrep."""

    decides = found = False

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._searched = self._matched = self._lines = self._matches = 0
        # Of the session that is not done yet: lines, matches.
        self._so_far = (0, 0)

    def session(self, listed: Listed, result: Result) -> None:
        """Print what was found in a session, or in a part of it."""
        path = {"text": _text(listed.session.path)}
        session_id = listed.session.id
        lines, matches = self._so_far
        if result.hits and not lines:
            self._say("begin", {"path": path, "session_id": session_id})
        lines += len(result.hits)
        before_us = listed.meta.start_us
        shown: Sequence[tuple[int, str, int]] = [
            entry for group in result.groups for entry in group
        ] or [(0, "", number) for number in range(len(result.hits))]
        for at_us, text, number in shown:
            if number >= 0:
                hit = result.hits[number]
                matches += sum(map(len, hit.spans))
                self._say("match", {"path": path, **_match(hit, session_id, before_us)})
            else:
                around = _context(at_us, text, session_id, before_us)
                self._say("context", {"path": path, **around})
        self._so_far = (lines, matches)
        if result.done:
            self._end_session(path, session_id)
        sys.stdout.flush()

    def _end_session(self, path: dict[str, str], session_id: str) -> None:
        (lines, matches), self._so_far = self._so_far, (0, 0)
        self._searched += 1
        if not lines:
            return
        self._matched += 1
        self._lines += lines
        self._matches += matches
        stats = {"matched_lines": lines, "matches": matches}
        self._say("end", {"path": path, "session_id": session_id, "binary_offset": None,
                          "stats": stats})  # fmt: skip

    def end(self) -> None:
        """Print what there was in all."""
        elapsed_s = time.monotonic() - self._began_s
        stats = {
            "searches": self._searched,
            "searches_with_match": self._matched,
            "matched_lines": self._lines,
            "matches": self._matches,
        }
        self._say("summary", {"elapsed_total": {"secs": int(elapsed_s),
                              "nanos": int(elapsed_s % 1 * 1e9),
                              "human": f"{elapsed_s:.6f}s"}, "stats": stats})  # fmt: skip

    def _say(self, kind: str, data: dict[str, Any]) -> None:
        sys.stdout.write(orjson.dumps({"type": kind, "data": data}).decode() + "\n")


def _match(hit: Hit, session_id: str, start_us: int) -> dict[str, Any]:
    submatches: list[dict[str, Any]] = []
    base = 0
    for text, spans in zip(hit.texts, hit.spans, strict=True):
        for begin, end in spans:
            submatches.append({
                "match": {"text": _text(text[begin:end])},
                "start": base + len(_bytes(text[:begin])),
                "end": base + len(_bytes(text[:end])),
            })  # fmt: skip
        base += len(_bytes(text)) + 1
    return {
        "lines": {"text": _text("\n".join(hit.texts)) + "\n"},
        "line_number": None,
        "absolute_offset": None,
        "submatches": submatches,
        "session_id": session_id,
        "at_s": (hit.at_us - start_us) / _US_PER_S,
        "at": timestamp.text(hit.at_us),
        "first_s": (hit.first_us - start_us) / _US_PER_S,
        "first": timestamp.text(hit.first_us),
        "last_s": (hit.last_us - start_us) / _US_PER_S,
        "last": timestamp.text(hit.last_us),
        "count": hit.count,
        "typed": hit.typed,
        **({"rule": hit.label} if hit.label else {}),
    }


def _context(at_us: int, text: str, session_id: str, start_us: int) -> dict[str, Any]:
    return {
        "lines": {"text": _text(text) + "\n"},
        "line_number": None,
        "absolute_offset": None,
        "submatches": [],
        "session_id": session_id,
        "at_s": (at_us - start_us) / _US_PER_S,
        "at": timestamp.text(at_us),
    }


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _text(text: str) -> str:
    """Without lone surrogates: JSON has none."""
    return _bytes(text).decode()
