"""Secrets are in no byte and on no screen any more, however they came there."""

from __future__ import annotations

import random
import re
import string
from typing import TYPE_CHECKING

import pytest

from formats.config import Config
from formats.entry import Entry
from formats.errors import ConfigError
from formats.size import Size
from player.redact import writers
from player.redact.finder import Finder
from player.redact.redaction import Redaction, redacted_text
from player.redact.search import Search
from player.screen import Screen, ScreenEngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formats.stretch import Stretch

SESSION_ID = "12345678-1234-4234-8234-123456789abc"
SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
PREFIX = "sk-ant-api03-"
# So much of a secret together would be a part of it.
PART = 8
USUAL = Size(80, 24)
CHARACTERS = string.ascii_letters + string.digits


def key(number: int = 0, length: int = 40) -> str:
    source = random.Random(number)
    return PREFIX + "".join(source.choice(CHARACTERS) for _ in range(length))


KEY = key()
CODES = [bytes([code]) for code in KEY.encode()]
SHUFFLED = random.Random(1).sample(range(len(KEY)), len(KEY))


@pytest.fixture(autouse=True, params=["seldom", "after each entry"])
def stored(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How often the screen is stored from which the writers of cells are followed."""
    if request.param != "seldom":
        monkeypatch.setattr(writers, "_STORED_EVERY_BYTES", 1)


def entries_of(output: Sequence[bytes], typed: Sequence[bytes] = ()) -> list[Entry]:
    said = [Entry(n * 1000, SESSION_ID, "output", data) for n, data in enumerate(output)]
    return said + [Entry(10**9 + n, SESSION_ID, "input", data) for n, data in enumerate(typed)]


def redact(output: Sequence[bytes], typed: Sequence[bytes] = (), size: Size = USUAL) -> list[Entry]:
    made = entries_of(output, typed)
    redaction = Redaction(lambda: made, Finder(), size)
    redacted = list(redaction.entries())
    assert [len(entry.data) for entry in redacted] == [len(entry.data) for entry in made]
    assert not redaction.report.left
    assert bool(redaction.report.secrets) == (redacted != made)
    return redacted


def parts_in(text: str, secret: str) -> list[str]:
    body = secret.removeprefix(PREFIX)
    return [body[n : n + PART] for n in range(len(body) - PART + 1) if body[n : n + PART] in text]


def assert_gone(redacted: Sequence[Entry], secrets: Sequence[str], size: Size = USUAL):
    """No secret, nor a part of one, in the bytes, in their text, or on any screen."""
    for direction in ("output", "input"):
        raw = b"".join(e.data for e in redacted if e.direction == direction).decode()
        for text in (raw, re.sub(r"[│\s]", "", SEQUENCE.sub("", raw))):
            assert not [secret for secret in secrets if parts_in(text, secret)]
    screen = Screen(size)
    for entry in redacted:
        if entry.direction == "output":
            screen.feed(entry.data)
            text = re.sub(r"[│\s]", "", "".join(screen.text()))
            assert not [secret for secret in secrets if parts_in(text, secret)]


@pytest.mark.parametrize(
    "output",
    [
        pytest.param([b"key is " + KEY.encode() + b" ok\r\n"], id="in one piece"),
        pytest.param([b"key is ", *CODES, b" ok\r\n"], id="typed"),
        pytest.param(
            [b"".join(b"\x1b[3%dm%b" % (n % 8, c) for n, c in enumerate(CODES))], id="coloured"
        ),
        pytest.param(
            [b"\x1b[5;%dH%b" % (n + 10, c) for n, c in enumerate(CODES)], id="placed one by one"
        ),
        pytest.param(
            [b"\x1b[5;%dH%b" % (n + 10, CODES[n]) for n in SHUFFLED], id="placed in any order"
        ),
        pytest.param([b"y" * 60 + b" " + KEY.encode()], id="wrapped by the terminal"),
        pytest.param(
            [("\r\x1b[K> " + KEY[:n]).encode() for n in range(len(KEY) + 1)], id="painted again"
        ),
        pytest.param(
            [("\r\x1b[K> " + KEY[max(0, n - 20) : n]).encode() for n in range(len(KEY) + 1)]
            + [b"\x1b[2J", KEY.encode()],
            id="scrolled sideways",
        ),
        pytest.param(
            [b"old text that stays\r", KEY[3:].encode(), b"\x1b[1;1Hsk-"], id="over another text"
        ),
        pytest.param(
            [b"plain words here\r", *(b"\x1b[1;%dH%b" % (n + 9, CODES[n]) for n in SHUFFLED)],
            id="right behind what is left of a word",
        ),
        pytest.param([b"\x1b]0;run " + KEY.encode() + b"\x07"], id="in a title"),
        pytest.param([b"\x1b[?1049h" + KEY.encode() + b"\x1b[?1049l"], id="for no moment"),
    ],
)
def test_it_is_gone(output) -> None:
    assert_gone(redact(output), [KEY])


@pytest.mark.parametrize("frame", ["{}", "│ {} │", "  │ {} │  "])
def test_it_is_gone_where_a_program_wrapped_it(frame) -> None:
    rows = [frame.format(KEY[n : n + 30].ljust(30)) for n in (0, 30)]
    size = Size(len(rows[0]), 24)
    assert_gone(redact(["\r\n".join(rows).encode()], size=size), [KEY], size)


def test_it_is_gone_from_what_was_typed() -> None:
    """With the echo, and with a mistake that was taken back."""
    typed = [*CODES[:20], b"Z", b"\x7f", *CODES[20:], b"\r"]
    assert_gone(redact([b"> ", *CODES], typed), [KEY])
    assert_gone(redact([b"."], [b"\x1b[200~" + KEY.encode() + b"\x1b[201~"]), [KEY])


def test_it_is_gone_and_said_where_two_rules_find_it_and_a_command_follows_what_was_typed() -> None:
    """As in vim: Escape is no part of the text, so what was typed behind it seems to go on."""
    output = [b"\x1b[1;1Hexport API_KEY=\x1b[1;1H", b"\x1b[15C" + KEY.encode(), b"\x1b[23;1H:wq"]
    made = [*entries_of(output), *entries_of([], [b"jA" + KEY.encode(), b"\x1b", b"wq\r"])]
    redaction = Redaction(lambda: made, Finder(), USUAL)
    assert_gone(list(redaction.entries()), [KEY])
    assert {hit.rule for hit in redaction.report.secrets} == {"anthropic", "assignment"}


@pytest.mark.parametrize("end", [b"", b"\x1b[?1049l", b"\r\n", b" and more"])
def test_it_is_gone_where_nobody_can_look_at_the_screen(end: bytes) -> None:
    """Also where it is the last that was sent."""
    made = entries_of([b"a key: " + KEY.encode() + end])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Screen, "loaded_engine_id", _no_engine)
        redaction = Redaction(lambda: made, Finder(), USUAL)
        redacted = list(redaction.entries())
    assert_gone(redacted, [KEY])
    assert not redaction.report.rendered


def _no_engine() -> str:
    raise ScreenEngineError("none here")


def test_what_is_typed_into_a_program_with_a_screen_of_its_own() -> None:
    """It shows bullets: a token is known by its form, a password like a word is not."""
    bullets = ["\u2022".encode()] * len(CODES)
    assert_gone(redact([b"\x1b[?1049hkey: ", *bullets], CODES), [KEY])
    typed = [bytes([code]) for code in b"correct horse\r"]
    redacted = redact([b"\x1b[?1049hpassword: ", *bullets], typed)
    assert [entry.data for entry in redacted if entry.direction == "input"] == typed


def cell_differ(secrets: Sequence[str], cols: int, rows: int) -> list[bytes]:
    """Frames of a program that writes only the cells that differ from the frame before."""
    source = random.Random(7)
    words = ["the", "quick", "brown", "fox", "takes", "its", "api", "key", "along"]
    shown = [" " * cols] * rows
    lines: list[str] = []
    chunks: list[bytes] = []
    for number, secret in enumerate(secrets):
        before = " ".join(source.choices(words, k=source.randint(2, 20)))
        text = f"{before} {secret} {' '.join(source.choices(words, k=4))}"
        width = cols - 6
        lines += [f"│  {text[n : n + width]:{width}}  │" for n in range(0, len(text), width)]
        view = [*lines[1 - rows :], *[" " * cols] * (rows - 1 - len(lines[1 - rows :]))]
        view.append(f"step {number}".ljust(cols))
        frame = ["\x1b[?2026h"]
        for row, (old, new) in enumerate(zip(shown, view, strict=True)):
            for match in re.finditer(
                "1+", "".join("01"[a != b] for a, b in zip(old, new, strict=True))
            ):
                start, end = match.span()
                frame.append(f"\x1b[{row + 1};{start + 1}H\x1b[3{row % 8}m{new[start:end]}\x1b[m")
        shown = view
        chunks.append("".join([*frame, "\x1b[?2026l"]).encode())
    return chunks


def test_sixty_keys_of_a_program_that_draws_differences() -> None:
    secrets = [key(n, 20 + n) for n in range(60)]
    size = Size(100, 30)
    chunks = cell_differ(secrets, *size)
    text = SEQUENCE.sub("", b"".join(chunks).decode())
    assert sum(secret in text for secret in secrets) < 50  # else it would be no test
    redacted = redact(chunks, size=size)
    assert_gone(redacted, secrets, size)


def test_it_is_gone_from_a_session_too_long_to_be_looked_at_all_the_time() -> None:
    """Some 20 hours of a spinner; a key is drawn in pieces, stands, and is drawn over."""
    spinner = [b"\x1b[1;%dH%c" % (n % 60 + 1, b"|/-"[n % 3]) for n in range(7000)]
    drawn = [b"\x1b[5;%dH%b" % (n + 10, CODES[n]) for n in SHUFFLED]
    over = [b"\x1b[5;%dH " % (n + 10) for n in SHUFFLED]
    output = [*spinner, *drawn, *spinner[:300], *over, *spinner]
    assert_gone(redact(output), [KEY])


def test_it_is_gone_where_most_of_it_was_drawn_long_before_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While each second character was missing nothing showed that it was one."""
    late: list[bool] = []

    class Watched(Search):
        def read(self, parts: Iterable[Entry | Stretch]) -> Search:
            super().read(parts)
            late.append(self.late)
            return self

    monkeypatch.setattr("player.redact.redaction.Search", Watched)
    cells = [b"\x1b[5;%dH%b" % (n + 10, code) for n, code in enumerate(CODES)]
    filler = [b"\x1b[1;1H" + b"%03d " % (n % 1000) * 19 for n in range(4000)]
    assert_gone(redact([*cells[::2], *filler, *cells[1::2], b"\x1b[1;1H"]), [KEY])
    assert True in late  # else it would be no test


def test_what_is_no_secret_stays() -> None:
    said = [
        b"commit 3f2504e04f8941d39a0c0305e82c3301aabbccdd\r\n",
        b"tokens: 1234, max_tokens=4096",
    ]
    assert [entry.data for entry in redact(said)] == said


def test_events_are_redacted_too() -> None:
    start = {"type": "start", "cols": 80, "rows": 24, "command": ["deploy", f"--token={KEY}"]}
    made = [Entry(0, SESSION_ID, "output", b"", start, {"note": KEY})]
    (entry,) = Redaction(lambda: made, Finder(), Size(80, 24)).entries()
    assert KEY not in str(entry)
    assert entry.event is not None
    assert entry.event["command"][0] == "deploy"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("AKIA" + "ABCDEFGH23456789", "ABCDEFGH23456789"),
        ("ghp_" + "aB3" * 12, "aB3" * 12),
        ("glpat-" + "x1Y2" * 6, "x1Y2" * 6),
        ("xoxb-" + "1234-abcd-9Z8y7X", "abcd-9Z8y7X"),
        ("sk_live_" + "a1B2c3D4e5F6", "a1B2c3D4e5F6"),
        ("AIza" + "aB3-_" * 7, "aB3-_aB3"),
        ("npm_" + "aB3x" * 9, "aB3xaB3x"),
        ("pypi-AgEIcHlwaS5vcmc" + "aB3x" * 9, "aB3xaB3x"),
        ("postgres://bob:s3cr3t@host/x", "s3cr3t"),
        ("Authorization: Bearer abcDEF123456xyz", "abcDEF123456xyz"),
        ('"api_key": "q8Zr7Lw2Np4T"', "q8Zr7Lw2Np4T"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "c2lnbmF0dXJl"),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIEabc123+/aaBB\nzz12\n-----END PRIVATE KEY-----",
            "MIIEabc123",
        ),
    ],
)
def test_rules(text, secret) -> None:
    redacted = redacted_text(f"see {text} there", Finder())
    assert secret not in redacted
    assert redacted.startswith("see ")
    assert redacted.endswith(" there")
    assert len(redacted) == len(f"see {text} there")


def test_words_and_patterns_of_your_own() -> None:
    finder = Finder.of(Config(redact=("ACME-[0-9]{6}",), redact_words=("Müller & Söhne",)))
    text = redacted_text("ACME-123456 of Müller & Söhne; ACME-12", finder)
    assert text == f"{'*' * 11} of {'*' * 14}; ACME-12"


def test_a_pattern_that_is_none_is_said_so() -> None:
    with pytest.raises(ConfigError, match="is no pattern"):
        Finder(["(unclosed"])
