"""Many lines at once give what they give one by one, whatever they are and however cut."""

from __future__ import annotations

import io
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from formats.damage import Counts, Damage, DamagedPlace
from formats.entry import Entry, decode_line, encode_line
from formats.place import Place
from formats.segment import read_segment, read_stretches
from formats.stretch import Rest, Stretch, cut
from tests.support.logs import BEGINNING_US

if TYPE_CHECKING:
    from formats.line import Direction

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER_ID = "8b1c2f70-0d5a-4f7e-b9f1-a6f3f0c1d2e3"


def said(number: int, data: bytes = b"hello") -> bytes:
    return encode_line(Entry(BEGINNING_US + number * 37_000, ID, "output", data))


class Dribble(io.BytesIO):
    """A file that gives at most so many bytes at once."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = cycle(sizes)

    def read(self, size: int | None = -1, /) -> bytes:
        most = next(self._sizes)
        return super().read(most if size is None or size < 0 else min(size, most))


class Reading(NamedTuple):
    entries: list[tuple[Place, Entry]]
    counts: Counts
    places: list[DamagedPlace]


def reading(
    data: bytes, sizes: list[int], *, begin: int = 0, end: int | None = None, expect: str = ""
) -> Reading:
    damage = Damage()
    found = read_segment(
        Dribble(data, sizes),
        "log.jsonl",
        1,
        begin=Place(1, begin),
        end=end,
        expect=expect,
        damage=damage,
    )
    return Reading(list(found), damage.counts, damage.places)


def one_by_one(data: bytes, **how: int | str | None) -> Reading:
    with patch(
        "formats.segmentlines.cut", lambda _segment, offset, text, _id: [Rest(offset, text)]
    ):
        return reading(data, [1 << 18], **how)  # type: ignore[arg-type]


plain = st.builds(
    lambda at_ms, data, session_id: encode_line(
        Entry(BEGINNING_US + at_ms * 1000, session_id, "output", data)
    ),
    st.integers(-5000, 5000),
    st.binary(max_size=40),
    st.sampled_from([ID] * 9 + [OTHER_ID]),
)
typed = st.binary(max_size=9).map(lambda data: encode_line(Entry(BEGINNING_US, ID, "input", data)))
events = st.sampled_from(
    [
        encode_line(Entry(BEGINNING_US, ID, "output", b"", {"type": "marker", "label": "x"})),
        encode_line(Entry(BEGINNING_US, ID, "output", b"", {"type": "resize", "cols": 9})),
        encode_line(Entry(BEGINNING_US, ID, "output", b"a", None, {"more": 1})),
    ]
)
nearly = st.builds(
    '{{"timestamp":"{}{}","session_id":"{}","direction":"{}","data":"{}","size":{}}}{}'.format,
    st.sampled_from(["2026-02-07T18:15:32", "2026-02-07T18:15:60", "2026-13-07T18:15:32"]),
    st.sampled_from([".123Z", ".123Z", ".123+01:00", ".123456Z", "Z", ".1a3Z", ",123Z"]),
    st.sampled_from([ID, ID, ID, ID.upper(), OTHER_ID, ID[:-1], "\u00e9" * 18]),
    st.sampled_from(["output", "output", "output", "input", "else"]),
    st.sampled_from(
        ["SGVsbG8=", "SGVsbG8=", "SGVsbG9=", "SGVs bG8=", "SGVs\\nbG8=", "SG\\/=", "SGVsbG8", 'S"']
    ),
    st.sampled_from(["5", "5", "05", "4", "5.0", "12345678", '5,"more":1', '5,"data":""']),
    st.sampled_from(["\n", "\n", "\n", " \n", "\r\n", "\n\n", ""]),
).map(str.encode)
scraps = st.sampled_from([b"\n", b"\0" * 30, b"{}\n", b"torn", b'"size":5}\n', b"[" * 200 + b"\n"])
logs = st.lists(plain | plain | plain | typed | events | nearly | scraps, max_size=12).map(b"".join)
cuts = st.lists(st.integers(1, 400), min_size=1, max_size=6)


@given(logs, cuts, st.integers(0, 900), st.none() | st.integers(0, 3000), st.sampled_from([ID, ""]))
def test_it_is_the_same_as_line_by_line(
    data: bytes, sizes: list[int], begin: int, end: int | None, expect: str
) -> None:
    begin = data.rfind(b"\n", 0, begin) + 1
    how = {"begin": begin, "end": end, "expect": expect}
    assert reading(data, sizes, **how) == one_by_one(data, **how)  # type: ignore[arg-type]
    assert reading(data, [1 << 18], **how) == one_by_one(data, **how)  # type: ignore[arg-type]


@given(st.binary(max_size=300), st.lists(plain, max_size=4), st.integers(0, 2000))
def test_the_same_whatever_stands_in_the_middle(
    junk: bytes, lines: list[bytes], place: int
) -> None:
    data = b"".join(lines)
    data = data[: place % (len(data) + 1)] + junk + data[place % (len(data) + 1) :]
    assert reading(data, [1 << 18], expect=ID) == one_by_one(data, expect=ID)


def test_a_flipped_bit_costs_the_line_it_is_in_and_nothing_else() -> None:
    lines = [said(number) for number in range(3)]
    data, start = b"".join(lines), len(lines[0])
    for bit in range(8 * len(lines[1])):
        damaged = bytearray(data)
        damaged[start + bit // 8] ^= 1 << bit % 8
        found = reading(bytes(damaged), [1 << 18], expect=ID)
        assert found == one_by_one(bytes(damaged), expect=ID)
        assert [found.entries[0][1], found.entries[-1][1]] == [
            decode_line(lines[0]),
            decode_line(lines[2]),
        ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**13), st.sampled_from(["output", "input"]), st.binary(max_size=300)
        ),
        min_size=1,
    ),
    st.integers(0, 10),
)
def test_what_our_writer_makes_is_one_stretch(
    what: list[tuple[int, Direction, bytes]], begin: int
) -> None:
    entries = [Entry(at_ms * 1000, ID, direction, data) for at_ms, direction, data in what]
    lines = [encode_line(entry) for entry in entries]
    (stretch,) = cut(3, 1000, b"".join(lines), ID)
    assert isinstance(stretch, Stretch)
    starts = [1000 + len(b"".join(lines[:number])) for number in range(len(lines) + 1)]
    places = [Place(3, start) for start in starts]
    located = list(zip(places[:-1], entries, strict=True))
    assert list(stretch.located()) == located
    assert list(stretch.part(begin).located()) == located[begin:]
    assert [stretch.place(number) for number in range(len(lines) + 1)] == places
    assert [stretch.entry(number) for number in range(len(lines))] == entries
    assert list(stretch.steps()) == [(one.time_us, one.direction, one.data) for one in entries]
    assert stretch.outputs() == [one.data for one in entries if one.direction == "output"]


def test_only_another_line_is_read_singly() -> None:
    lines = [said(number) for number in range(100)]
    resized = {"type": "resize", "cols": 90, "rows": 30}
    lines[40:40] = [encode_line(Entry(BEGINNING_US, ID, "output", b"", resized))]
    data = b"".join(lines)
    parts = list(
        read_stretches(io.BytesIO(data), "log", 1, begin=Place(1, 0), expect=ID, damage=Damage())
    )
    lengths = [len(part.data) if isinstance(part, Stretch) else 1 for part in parts]
    assert lengths == [40, 1, 60]
