"""Searching from the player: what is looked for, the hits, and going from one to the next. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from player.playing.playback import Intent, Playback
from player.playing.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence


class Finding(Playback):
    """A replay in which is searched."""

    pattern = ""
    hits: Sequence[tuple[int, str]] = ()
    """The time of each hit, and the line it is in."""
    _awaits_hits = False
    _find_step = 1
    _finding_from: int | None = None
    _hit = ""

    def find_at_start(self, pattern: str, *, jump: bool) -> None:
        """Look for a pattern from the beginning on; without `jump`, only mark it where it is."""
        self.pattern = pattern
        self._finding_from = -1 if jump else None
        self._awaits_hits = True
        self._intents.append(Intent("find", pattern))

    def found(self, hits: Sequence[tuple[int, str]], now_us: int) -> None:
        """The hits of the last search, by their time."""
        self.hits = list(hits)
        self._awaits_hits = False
        from_us, self._finding_from = self._finding_from, None
        if from_us is None:
            return
        if not hits:
            self.say(f"{self.pattern} was never on the screen", now_us, alert=True)
            return
        self._to_hit(from_us, self._find_step, now_us)

    def failed_to_find(self, words: str, now_us: int) -> None:
        """The search, or the outline of the session, was not to be had."""
        self._awaits_hits = False
        if self._finding_from is not None:
            self._finding_from, self.pattern = None, ""
            self.say(words, now_us, alert=True)

    def hit_text(self) -> str:
        """The line of the hit that was gone to last, while it is shown; else empty."""
        return self._hit if self.pattern else ""

    def _do_find(self, count: int, now_us: int) -> None:
        del now_us
        self._find_step = count
        self.prompt = Prompt("find", "/" if count > 0 else "?")

    def _enter_find(self, text: str, now_us: int) -> None:
        if not text:
            self._do_again(1, now_us)
            return
        self.pattern, self.hits = text, ()
        self._finding_from = self.position_us(now_us)
        self.say(f"looking for {text}", now_us)
        self._intents.append(Intent("find", text))

    def _do_again(self, count: int, now_us: int) -> None:
        if not self.pattern:
            self.say("nothing was looked for: / does that", now_us)
        elif self._awaits_hits and self._finding_from is None:
            # Of a pattern that was given at the start: the next is gone to when it is known.
            self._finding_from = self.position_us(now_us) if count > 0 else None
            self.say(f"looking for {self.pattern}", now_us)
        elif self._finding_from is None:
            self._to_hit(self.position_us(now_us), count * self._find_step, now_us)

    def _to_hit(self, from_us: int, count: int, now_us: int) -> None:
        moments = [at_us for at_us, _ in self.hits]
        place = bisect_right(moments, from_us) if count > 0 else bisect_left(moments, from_us) - 1
        if not 0 <= place < len(moments):
            here, there = ("after", "before") if count > 0 else ("before", "after")
            self.say(f"no hit {here} this, {len(moments)} {there}", now_us, alert=True)
            return
        # Of those of one moment the first, from wherever one comes.
        place = bisect_left(moments, moments[place])
        self._pause(now_us)
        self.seek(moments[place], now_us)
        self._hit = self.hits[place][1]
        text = self._hit.strip()
        self.say(f"hit {place + 1} of {len(moments)}: {text}", now_us)
