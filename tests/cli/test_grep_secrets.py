"""`cs-grep --secrets`: which secrets were to be seen, without telling them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("utc")

GITHUB = "ghp_" + "a8Bx3kQ9zR7mWt2LpY5vC1nJ6dHs" + "F4eGuXoi"
KEY_LINES = [
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA",
    "q7zR7mWt2LpY5vC1nJ6dHsF4eGuXoi8Bx3kQ9==",
]
PRIVATE_KEY = [
    "-----BEGIN PRIVATE KEY-----", *KEY_LINES, "-----END PRIVATE KEY-----",
]  # fmt: skip


@pytest.fixture
def leak(home: Path) -> str:
    """A token placed word by word, as interfaces do, a key over lines, and nothing secret."""
    placed = f"\x1b[3;1Htoken\x1b[3;7H{GITHUB[:10]}\x1b[3;17H{GITHUB[10:]} end"
    return store_log(
        home,
        start(cols=100, rows=24),
        Said(1000, b"all is well\r\n"),
        Said(2000, placed.encode()),
        Said(4000, ("\r\n" + "\r\n".join(PRIVATE_KEY) + "\r\n").encode()),
        ended(9000),
    )


def test_secrets_are_listed_masked_with_rule_and_time(cs, leak) -> None:
    done = cs("grep", "--secrets", "last")
    assert (done.returncode, done.stderr) == (0, "")
    first, *rest = done.stdout.splitlines()
    assert first == "0:00:02.000 18:15:34  github: token ghp_a8Bx**** end"
    assert len(rest) == 1
    assert "private key" in rest[0].lower()
    for secret in (GITHUB[8:], *KEY_LINES):
        assert secret not in done.stdout


def test_json_counts_and_ids(cs, leak) -> None:
    lines = [json.loads(line) for line in cs("grep", "--secrets", "--json").stdout.splitlines()]
    match = next(one["data"] for one in lines if one["type"] == "match")
    assert (match["rule"], match["session_id"], match["at_s"]) == ("github", leak, 2.0)
    assert match["lines"]["text"] == "token ghp_a8Bx**** end\n"
    assert match["submatches"] == [{"match": {"text": "ghp_a8Bx****"}, "start": 6, "end": 18}]
    assert cs("grep", "--secrets", "-c", "last").stdout == "2\n"
    assert cs("grep", "--secrets", "-l", "all").stdout == f"{leak}\n"
    assert cs("grep", "--secrets", "-o", "-m1").stdout.endswith("  github: ghp_a8Bx****\n")


def test_none_is_1(cs, home: Path) -> None:
    store_log(home, start(), Said(1000, b"all is well\r\n"), ended(2000))
    assert (cs("grep", "--secrets").returncode, cs("grep", "--secrets").stdout) == (1, "")


def test_the_rules_of_the_config_count(cs, home: Path) -> None:
    store_log(home, start(), Said(1000, b"the word is xyzzyplugh\r\n"), ended(2000))
    (home / "config.toml").write_text('redact_words = ["xyzzyplugh"]\n')
    assert cs("grep", "--secrets").stdout.endswith("  your own: the word is xy****\n")


@pytest.mark.parametrize("option", [["-e", "x"], ["-v"], ["--raw"], ["--play"], ["--flow"]])
def test_what_cannot_be_with_it(cs, leak, option: list[str]) -> None:
    done = cs("grep", "--secrets", *option, "last")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
