"""What the rules take for a secret and what they leave. All values are made up, piece by piece."""

from __future__ import annotations

import base64
import random
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.redact.finder import Finder
from player.redact.gate import Gate
from player.redact.redaction import redacted_text
from player.redact.stream import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

FINDER = Finder()
# It tries every rule on every text, whatever a gate says.
UNGATED = Finder()
UNGATED.in_text = Gate(None)
ALNUM, HEX = string.ascii_letters + string.digits, "0123456789abcdef"
WORD = ALNUM + "_-"
UPPER = string.ascii_uppercase + string.digits


def made(alphabet: str, length: int, seed: int = 0) -> str:
    """Letters and digits in any order, at least one of each kind that there is."""
    source = random.Random(f"{alphabet} {length} {seed}")
    must = [c for c in ("a", "Z", "7") if c in alphabet]
    rest = source.choices(alphabet, k=length - len(must))
    source.shuffle(shuffled := must + rest)
    return "".join(shuffled)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


JWT = ".".join(
    [encoded('{"alg":"HS256"}'), encoded('{"sub":"4711","name":"nobody"}'), made(WORD, 43)]
)
BODY = "\n".join(made(ALNUM + "+/", 64, n) for n in range(5))
PEM = f"-----BEGIN {{0}}PRIVATE KEY-----\n{BODY}\nzz9==\n-----END {{0}}PRIVATE KEY-----"

# A kind, what stands before it (and may be read), the secret.
SHAPES = [
    ("anthropic", "sk-ant-", "api03-" + made(WORD, 95)),
    ("openai", "sk-", made(ALNUM, 48)),
    ("openai", "sk-", "proj-" + made(WORD, 120)),
    ("aws key id", "AKIA", made(UPPER, 16)),
    ("aws key id", "ASIA", made(UPPER, 16)),
    ("assignment", "aws_secret_access_key = ", made(ALNUM + "+", 40)),
    ("assignment", '"SecretAccessKey": "', made(ALNUM + "+", 40)),
    ("github", "ghp_", made(ALNUM, 36)),
    ("github", "gho_", made(ALNUM, 36)),
    ("github", "github_pat_", made(ALNUM, 22) + "_" + made(ALNUM, 59)),
    ("gitlab", "glpat-", made(WORD, 20)),
    ("slack", "xoxb-", "1234567890-" + made(ALNUM, 24)),
    ("slack", "https://hooks.slack.com/services/", "T0000/B0000/" + made(ALNUM, 24)),
    ("stripe", "sk_live_", made(ALNUM, 24)),
    ("stripe", "rk_test_", made(ALNUM, 99)),
    ("google", "AIza", made(WORD, 35)),
    ("google", "GOCSPX-", made(WORD, 28)),
    ("google", "ya29.", made(WORD, 120)),
    ("npm", "npm_", made(ALNUM, 36)),
    ("pypi", "pypi-", "AgEIcHlwaS5vcmc" + made(WORD, 140)),
    ("hugging face", "hf_", made(ALNUM, 34)),
    ("digitalocean", "dop_v1_", made(HEX, 64)),
    ("twilio", "SK", made(HEX, 32)),
    ("sendgrid", "SG.", made(WORD, 22) + "." + made(WORD, 43)),
    ("databricks", "dapi", made(HEX, 32)),
    ("postman", "PMAK-", made(HEX, 24) + "-" + made(HEX, 34)),
    ("telegram", "12345678:AA", made(WORD, 33)),
    ("jwt", "eyJ", JWT[3:]),
    ("authorization", "Authorization: Bearer ", made(ALNUM, 40)),
    ("authorization", "authorization: Basic ", encoded("somebody:something9")),
    ("authorization", "-H 'X-Api-Key: ", made(ALNUM, 32)),
    ("password in a url", "postgres://somebody:", "s3cr3t-W0rd"),
    ("password in a url", "https://git:", made(ALNUM, 20)),
    ("assignment", "API_KEY=", made(ALNUM, 32)),
    ("assignment", 'export DB_PASSWORD="', "hunter2-Is_9old"),
    ("assignment", "SMTP_PASS=", "k9!vQz3#Lm"),
    ("assignment", "password: ", "Tr0ub4dor&3x"),
    ("assignment", '{"client_secret": "', made(ALNUM, 24)),
    ("assignment", "encryption_key => '", made(HEX, 64)),
    ("option", "deploy --token ", made(ALNUM, 20)),
    *[
        ("private key", "", PEM.format(kind).split("-----")[2])
        for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")
    ],
]
AFTER = {"password in a url": "@host/db", "private key": "-----END PRIVATE KEY-----"}
BEFORE = {"private key": "-----BEGIN PRIVATE KEY-----"}


def shown(kind: str, before: str, secret: str) -> str:
    return f"see {BEFORE.get(kind, '')}{before}{secret}{AFTER.get(kind, '')} there"


@pytest.mark.parametrize(("kind", "before", "secret"), SHAPES)
def test_a_secret_is_masked_and_what_is_around_it_stays(kind, before, secret) -> None:
    text = shown(kind, before, secret)
    assert kind in {found.rule for found in FINDER.find(text.encode())}
    redacted = redacted_text(text, FINDER)
    assert len(redacted) == len(text)
    assert not [secret[n : n + 8] for n in range(len(secret) - 8) if secret[n : n + 8] in redacted]
    begin = text.index(secret)
    assert redacted[: begin - 1] == text[: begin - 1]
    assert redacted.endswith(AFTER.get(kind, "") + " there")


IMAGE = base64.b64encode(random.Random(3).randbytes(3000) + bytes(200)).decode()
HARMLESS = [
    "commit 3f2504e04f8941d39a0c0305e82c3301aabbccdd (HEAD -> main)",
    "session 3f2504e0-4f89-41d3-9a0c-0305e82c3301 ended",
    f"![logo](data:image/png;base64,{IMAGE})",
    f'"integrity": "sha512-{base64.b64encode(random.Random(4).randbytes(64)).decode()}",',
    f"--hash=sha256:{made(HEX, 64)}",
    f"image: registry.example.org/app@sha256:{made(HEX, 64)}",
    f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{made(ALNUM + '+/', 43)} somebody@host",
    "-----BEGIN PUBLIC KEY-----\n" + made(ALNUM, 64) + "\n-----END PUBLIC KEY-----",
    "↑ 1.2k tokens · max_tokens=4096, token_count: 12345678",
    "password: ********  token=xxxxxxxxxxxx  secret=<your-secret>  api_key=your_api_key",
    "token = ${{ secrets.GITHUB_TOKEN }}  PASSWORD=$DB_PASSWORD_2",
    "const token = fetchToken1(url); password = hash2[user]",
    "password_reset_url: https://example.org/reset/12345678",
    "http://localhost:3000/path http://user@host/ mailto:somebody1@example.org",
    "task-manager-with-a-long-name-2024-11 risk-assessment-of-something-1",
    "/usr/lib/python3.11/site-packages/secrets.py: token_urlsafe(32)",
]


@pytest.mark.parametrize("text", HARMLESS, ids=lambda text: text[:30])
def test_what_only_looks_like_one_stays(text) -> None:
    assert FINDER.find(text.encode()) == []


def texts() -> Iterator[st.SearchStrategy[str]]:
    yield st.sampled_from([shown(*shape) for shape in SHAPES])
    yield st.sampled_from(HARMLESS)
    yield st.text(alphabet=ALNUM + " \n=:_-/.@+\"'", max_size=30)


@given(parts=st.lists(st.one_of(*texts()), max_size=4), source=st.randoms(use_true_random=False))
def test_no_gate_is_shut_before_a_secret(parts, source) -> None:
    """Neither as text, nor in a stream with colours between any of its characters."""
    text = "".join(parts).encode()
    found = UNGATED.find(text)
    if found:
        assert 0 <= FINDER.in_text.first(text) <= found[0].start
    colours = [b"", b"", b"\x1b[m", b"\x1b[38;5;12m", b"\x1b[K", b"\x1b[?25l", b"\r", b"\0"]
    stream = b"".join(bytes([code]) + source.choice(colours) for code in text)
    if UNGATED.find(Text(stream).text):
        assert FINDER.in_stream.first(stream) >= 0
