"""With which line of before a new text on the screen goes on. Pure.

A new text is the same line as one that left its place in the same look

- when it begins with that text: a line that is being written or typed;
- when its letters are the same, or all but its spinner: a counter, a bar, a spinner;
- when at least half of it is the same: a row of which a part was replaced;
- when its letters are the same, a few rows higher or lower: a counter that was moved meanwhile;
- when it is the end of that text, in the first row: a wrapped line that has scrolled off in part.

Where it may have stood is told by the rows around it (`Change`), how like two texts are by
`player.lines.likeness`, and what then becomes of the line is the business of
`player.lines.lifetime`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.lines.likeness import grows, is_end_of, letters_of, same_value, varies

if TYPE_CHECKING:
    from player.lines.lifetime import Lifetimes
    from player.lines.look import Change, Line

_FEW: Final = 3
# When more texts than this change at once, the rows around must show that it is the same place.

_SOME: Final = 8
# When more than this are gone the screen is another, and nothing has moved.

_NEAR: Final = 3
# So far a counter goes up or down from one look to the next while what stands above it changes.


def continued(text: bytes, place: int, change: Change, lifetimes: Lifetimes) -> Line | None:
    """The line that stood in this place before, if this text goes on with it."""
    left, old_rows = change.left, change.old_rows
    if len(left) > _FEW and change.is_amid_new(place):
        # A page of a pager is replaced whole.
        old_places, anchored = [place], False
    else:
        old = left.get(old_rows[place])
        if old is not None and change.stays(place):
            line = gone_on(old, text, change, lifetimes, anchored=True)
            if line is not None:
                change.matched[place] = place
                return line
        old_places, anchored = change.old_places(place)
    for old_place in old_places:
        old = left.get(old_rows[old_place]) if 0 <= old_place < len(old_rows) else None
        line = gone_on(old, text, change, lifetimes, anchored=anchored) if old else None
        if line is not None:
            change.matched[place] = old_place
            return line
    if not place:
        return _scrolled_in_part(text, left)
    return _moved_value(text, place, change, lifetimes)


def gone_on(
    old: Line, text: bytes, change: Change, lifetimes: Lifetimes, *, anchored: bool
) -> Line | None:
    """The line of a new text if it is what has become of `old`, which then is not left any more.

    `anchored`: a row near it, which is still there, says that it stood in the place of `old`.
    """
    left, key = change.left, old.key
    if old.scrolled:
        return None
    surely = anchored or len(left) <= _FEW
    if old.settled:
        if not same_value(key, text):
            return None
        line = lifetimes.next_value(old, text, change)
    elif surely and grows(key, text):
        line = lifetimes.grown(old, text, change)
    else:
        letters = letters_of(text)
        if old.letters is None:
            old.letters = letters_of(key)
        if letters and letters == old.letters:
            line = lifetimes.next_value(old, text, change, passes=change.has_alone(text))
        elif surely and varies(key, text):
            change.stirred = True
            line = lifetimes.next_state(old, text, change)
        else:
            return None
        line.letters = letters
    del left[key]
    return line


def _moved_value(text: bytes, place: int, change: Change, lifetimes: Lifetimes) -> Line | None:
    """The counter that has counted while what came above it moved it down, or went, up."""
    left = change.left
    if len(left) > _SOME:
        return None
    rows = change.old_rows[max(0, place - _NEAR) : place + _NEAR + 1]
    near = [left[row] for row in rows if row in left]
    letters = letters_of(text) if near else b""
    for old in near if letters else ():
        if letters_of(old.key) == letters and change.has_alone(text):
            return gone_on(old, text, change, lifetimes, anchored=False)
    return None


def _scrolled_in_part(text: bytes, left: dict[bytes, Line]) -> Line | None:
    """The line of which only the end is left in the first row, after it had wrapped."""
    for key, line in left.items():
        if is_end_of(key, text):
            del left[key]
            line.key = text
            return line
    return None
