"""Long sessions are skimmed for secrets: what is found so, and what is searched all the same."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.layout import Home
from formats.session import Session
from formats.size import Size
from formats.stretch import Stretch, cut
from player.exporting.job import Job
from player.lines.columns import BlockError
from player.lines.extractor import screen_lines
from player.lines.lineblock import LineBlock, ScreenLine, pack, settled_of, unpack
from player.lines.sizing import initial_size
from player.progress import Progress
from player.redact import redaction, skim
from player.redact.finder import Finder
from player.redact.known import Known
from player.redact.marks import Marks
from player.redact.redaction import Redaction
from player.redact.wanted import Wanted
from tests.player.test_redact import CODES, KEY, SHUFFLED, assert_gone, key
from tests.support.logs import Said, ended, lines, start, store_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from formats.entry import Entry
    from formats.line import Direction

pytest.importorskip("pyghostty")

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
PEM = "".join(
    ["-----BEGIN RSA PRIVATE KEY-----\n"]
    + ["".join(random.Random(n).choices(string.ascii_letters, k=64)) + "\n" for n in range(50)]
    + ["-----END RSA PRIVATE KEY-----\n"]
)
FLASHED = [
    *(Said(n * 10, b"\x1b[1;%dH%c" % (n % 60 + 1, b"|/-"[n % 3])) for n in range(7000)),
    *(Said(70_000, b"\x1b[5;%dH%b" % (n + 10, CODES[n])) for n in SHUFFLED),
    *(Said(70_000 + n * 10, b"\x1b[1;%dH%c" % (n % 60 + 1, b"|/-"[n % 3])) for n in range(45)),
    *(Said(70_450, b"\x1b[5;%dH " % (n + 10)) for n in SHUFFLED),
    *(Said(70_460 + n * 10, b"\x1b[1;%dH%c" % (n % 60 + 1, b"|/-"[n % 3])) for n in range(7000)),
]
"""A key that is drawn in pieces and stands for half a second, within hours of a spinner."""


@pytest.fixture(autouse=True)
def all_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_LONG_BYTES", 0)


def session_of(home: Path, *said: Said) -> Session:
    return Session(store_log(home, start(), *said, ended(10**6)), Home(str(home)).logs)


def block_of(lines: Iterable[ScreenLine]) -> LineBlock:
    lines = list(lines)
    return unpack(*pack(settled_of(lines)), len(lines))


def texts(text: bytes) -> LineBlock:
    return LineBlock(
        text, pack(settled_of([ScreenLine("", 0, 0, 1)] * text.count(b"\n")))[1], text.count(b"\n")
    )


def skimmed(session: Session) -> Redaction:
    """By its lines as the index holds them."""
    size = initial_size(session.entries())
    block = block_of(screen_lines(session.entries(), size, transient=True))
    return Redaction.of(session, Finder(), blocks=lambda: [block])


def is_gone(made: Redaction, session: Session) -> list[Entry]:
    redacted = list(made.entries())
    assert [len(one.data) for one in redacted] == [len(one.data) for one in session.entries()]
    assert_gone(redacted, [KEY])
    return redacted


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([Said(0, b"key is " + KEY.encode() + b" ok\r\n")], id="in one piece"),
        pytest.param([Said(n, code, "input") for n, code in enumerate(CODES)], id="typed"),
        pytest.param([Said(n * 50, code) for n, code in enumerate(CODES)], id="growing"),
        pytest.param(
            [Said(0, b"\x1b[5;%dH%b" % (n + 10, CODES[n])) for n in SHUFFLED], id="in any order"
        ),
        pytest.param([Said(0, b"y" * 60 + b" " + KEY.encode())], id="wrapped by the terminal"),
        pytest.param(
            [Said(0, f"  \u2502 {KEY[:30]} \u2502\r\n  \u2502 {KEY[30:]:30} \u2502\r\n".encode())],
            id="wrapped by a program",
        ),
        pytest.param([Said(0, b"\x1b]0;run " + KEY.encode() + b"\x07")], id="in a title"),
        pytest.param([Said(0, b"\x1b[?1049h" + KEY.encode() + b"\x1b[?1049l")], id="for no moment"),
        pytest.param([Said(0, {"type": "marker", "label": f"got {KEY}"})], id="in a label"),
        pytest.param(FLASHED, id="for a moment, in pieces"),
    ],
)
def test_it_is_gone(tmp_path: Path, said: Sequence[Said]) -> None:
    session = session_of(tmp_path, *said)
    assert not skimmed(session).is_clean()
    made = skimmed(session)
    is_gone(made, session)
    assert KEY not in str([entry.event for entry in made.entries()])
    assert [hit.rule for hit in made.report.secrets] == ["anthropic"]
    assert not made.report.left


@given(
    said=st.lists(
        st.tuples(st.binary(min_size=1, max_size=4), st.sampled_from(("output", "input"))),
        min_size=1,
        max_size=30,
    ),
    marked=st.sets(st.integers(0, 60)),
    typed=st.sets(st.integers(0, 60)),
)
def test_stretches_are_masked_as_their_entries(
    said: list[tuple[bytes, Direction]], marked: set[int], typed: set[int]
) -> None:
    log = b"".join(lines([Said(n, *one) for n, one in enumerate(said)], ID))
    parts = [part for part in cut(1, 0, log, ID) if isinstance(part, Stretch)]
    marks = Marks()
    marks.output, marks.input = marked, typed
    one_by_one = list(marks.applied(entry for part in parts for entry in part.entries()))
    masked = list(marks.applied([parts[0].part(0, 1), *(part.part(1) for part in parts)]))
    together = [one for part in masked if isinstance(part, Stretch) for one in part.entries()]
    assert together == one_by_one
    assert len(together) == len(said)


def test_a_flash_is_what_only_lines_tell(tmp_path: Path) -> None:
    """Else the last case above would test nothing."""
    session = session_of(tmp_path, *FLASHED)
    assert not Redaction.of(session, Finder()).report.secrets


def test_what_holds_no_secret_is_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(redaction, "Search")
    session = session_of(tmp_path, *(Said(n, b"line %d\r\n" % n) for n in range(1000)))
    made = skimmed(session)
    assert made.is_clean()
    assert list(made.entries()) == list(session.entries())
    assert made.report.in_words() == "no secret found (best effort)"


def test_one_secret_is_enough(tmp_path: Path) -> None:
    """Whether there is any is told when the first is seen: the rest is not read for it."""
    read: list[int] = []

    def parts() -> Iterator[Entry]:
        for number, entry in enumerate(session.entries()):
            read.append(number)
            yield entry

    rest = [Said(n, b"x" * 8000) for n in range(200)]
    session = session_of(tmp_path, Said(0, KEY.encode() + b"\r\n"), *rest)
    made = Redaction(parts, Finder(), Size(80, 24), skim.Skim(parts, list, 80))
    assert not made.is_clean()
    assert len(read) < 100
    is_gone(made, session)


def test_lines_that_will_be_wanted_are_made_first(tmp_path: Path) -> None:
    session = session_of(tmp_path, *(Said(n, b"line %d\r\n" % n) for n in range(1000)))
    job = Job(Home(str(tmp_path)), session)
    job.redact({})
    assert job.redaction is not None
    assert not job.redaction.can_be_skimmed
    with Progress("x", 1) as progress:
        job.redact({}, progress)
    assert job.redaction.can_be_skimmed
    assert job.redaction.is_clean()


def test_a_short_one_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    session = session_of(tmp_path, Said(0, b"key is " + KEY.encode()))
    made = Redaction.of(session, Finder(), blocks=lambda: [texts(b"nothing\n")])
    assert not made.can_be_skimmed
    is_gone(made, session)


def test_lines_that_cannot_be_read_are_done_without(tmp_path: Path) -> None:
    session = session_of(
        tmp_path, *(Said(0, b"\x1b[5;%dH%b" % (n + 9, CODES[n])) for n in SHUFFLED)
    )

    def torn() -> Iterator[LineBlock]:
        yield texts(b"some line\n")
        raise BlockError("checksum")

    assert not Redaction.of(session, Finder(), blocks=torn).is_clean()
    is_gone(Redaction.of(session, Finder(), blocks=torn), session)
    whole = texts(KEY.encode() + b"\n")
    readings = [torn(), iter([whole])]
    is_gone(Redaction.of(session, Finder(), blocks=readings.pop), session)


@given(
    before=st.integers(0, 3000),
    after=st.integers(0, 3000),
    cut=st.none() | st.integers(15, 45),
    box=st.sampled_from(["", "\u2502", "|"]),
    piece_bytes=st.sampled_from([2048, 3000, 1 << 18]),
)
def test_wherever_it_stands_in_the_lines(
    before: int, after: int, cut: int | None, box: str, piece_bytes: int
) -> None:
    """At the edges of what is searched at once, and wrapped by a program."""
    secret = key(3, 40)
    rows = [secret] if cut is None else [secret[:cut], secret[cut:]]
    text = "x y\n" * before + "".join(f"{box} {row} {box}\n" for row in rows) + "x y\n" * after
    wanted = Wanted(Finder(), Known(), parts=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skim, "_PIECE_BYTES", piece_bytes)
        patch.setattr(skim, "_OVERLAP_BYTES", 1000)
        cols = len(f"{box} {rows[0]} {box}")
        skim.search_lines([texts(text.encode())], wanted, cols)
    body = secret.removeprefix("sk-ant-").encode()
    assert any(body in value for value in wanted.hits)


@pytest.mark.parametrize("before", [0, 900, 3000, 4000])
def test_a_private_key_is_found_whole(before: int) -> None:
    wanted = Wanted(Finder(), Known(), parts=False)
    text = ("some words of a line\n" * before + PEM + "more\n").encode()
    skim.search_lines([texts(text)], wanted, 80)
    assert max(value.count(b"\n") for value in wanted.hits) >= 50


def test_many_places_where_nothing_is_are_no_secret() -> None:
    """A secret may begin in each line, by its name, and does in none."""
    text = b"password: see the note below\ntoken=$TOKEN api_key: none\n" * 2000
    wanted = Wanted(Finder(), Known(), parts=False)
    some = [text, b"", b"\n\n", b"\xff\xfe\n"]
    assert not skim.search_lines(map(texts, some), wanted, Size(80, 24).cols)
    assert not wanted.hits
