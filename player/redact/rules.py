"""What a secret looks like: one rule for each kind, in our own words.

A rule has literals, one of which stands before or in every such secret, and an expression that is
tried where one does. Expressions are bounded and hold no repetition inside a repetition: what they
cost does not depend on who wrote the text. `player.redact.finder` applies them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SECRET: Final = 16 << 10
"""Bytes; a private key of 8192 bits takes 6.4 KB."""


class Rule(NamedTuple):
    """`pattern` is tried where one of `literals` stands; its group 1 is the secret.

    The expression begins at the literal, or up to `behind` bytes before it. `lower`: case does not
    matter in the literals. `accepts` has the last word on a value. `gate` is an expression for
    `player.redact.gate`: it matches the beginning of whatever `pattern` matches.
    """

    name: str
    literals: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    accepts: Callable[[bytes], bool]
    gate: bytes
    behind: int = 0
    lower: bool = False


def is_masked(value: bytes) -> bool:
    """Whether it is a mask already, ours or another's."""
    return b"**" in value or len(set(value)) < 3 or b"..." in value or b"xxxxx" in value.lower()  # noqa: PLR2004


def entropy_bits(value: bytes) -> float:
    """Shannon's entropy in bits for each byte."""
    count = len(value)
    return -sum(n / count * math.log2(n / count) for n in Counter(value).values())


def looks_random(value: bytes) -> bool:
    """Whether it is no word: letters and digits, or both cases, and few of them repeated."""
    digits = any(0x30 <= c <= 0x39 for c in value)  # noqa: PLR2004
    upper = value.lower() != value
    lower = value.upper() != value
    return (digits and (upper or lower)) or (upper and lower and not value.istitle())


def _any(_value: bytes) -> bool:
    return True


def _random(value: bytes) -> bool:
    return looks_random(value) and entropy_bits(value) > 2.5  # noqa: PLR2004


def _assigned(value: bytes) -> bool:
    """Whether what was assigned to something called a secret is one, not a name or a path."""
    if value[:1] in b"$<{[(%&@/~." or value.endswith((b"{", b"...")) or _CODE.match(value):
        return False
    if value.lower() in _NO_VALUES or re.fullmatch(rb"[A-Za-z_.:-]+|[0-9.:-]+", value):
        return False
    return looks_random(value) and entropy_bits(value) > 2.75  # noqa: PLR2004


def _password(value: bytes) -> bool:
    """Whether what stands where a password must stand is one, not a placeholder."""
    return value[:1] not in b"$<{[%" and value.lower() not in _NO_VALUES


_NO_VALUES: Final = frozenset(
    b"password passwd secret token changeme example undefined redacted required optional "
    b"string null none true false your-api-key your_api_key".split()
)

_GATE_CHARACTERS: Final = 20
_LONG_PREFIX: Final = 6
_BODY: Final = re.compile(rb"(?:\(\?![^)]*\))?(\[[^\]]*\])\{(\d+)")
_BETWEEN_AND: Final = re.compile(rb"\{[01],\d+\}")

# A call, an index, an address: what a program assigns to a name, not what is secret.
_CODE: Final = re.compile(rb"[A-Za-z_][\w.:]*[(\[]|https?://")

# Before a token: nothing that it could go on from. Behind one: nothing that goes on.
_BEFORE = rb"(?<![A-Za-z0-9_-])"
_WORD = rb"[A-Za-z0-9_-]"


def _prefixed(
    name: str,
    prefixes: bytes,
    body: bytes,
    accepts: Callable[[bytes], bool] = _any,
    before: bytes | None = None,
) -> Rule:
    """A token that begins with one of the literals in `prefixes`; `body` is the secret part.

    Before a short prefix there must be nothing that it could go on from. A long one is no part of
    another word: where a token was drawn over an older text, that may stand right before it.
    """
    literals = tuple(prefixes.split())
    if before is None:
        before = _BEFORE if min(map(len, literals)) < _LONG_PREFIX else b""
    heads = _one_of(literals)
    pattern = re.compile(before + heads + b"(" + body + b")")
    gate = (rb"\b" if before is _BEFORE else b"") + heads + _beginning(body)
    return Rule(name, literals, pattern, accepts, gate)


def _named(
    name: str, words: bytes, between: bytes, body: bytes, accepts: Callable[[bytes], bool]
) -> Rule:
    """A value that follows a name, as in `api_key = "..."`; case does not matter in the name."""
    literals = tuple(words.split())
    name_part = b"(?i:" + _one_of(literals) + b")"
    pattern = re.compile(name_part + between + b"(" + body + b")")
    gate = name_part + _BETWEEN_AND.sub(b"*", between) + _beginning(body)
    return Rule(name, literals, pattern, accepts, gate, lower=True)


def _one_of(literals: tuple[bytes, ...]) -> bytes:
    return b"(?:" + b"|".join(map(re.escape, literals)) + b")"


def _beginning(body: bytes) -> bytes:
    """The first characters of a body that is one class, so many times; nothing of another."""
    match = _BODY.match(body)
    if match is None:
        return b""
    # In a stream there are control characters too, which `[^...]` would take for part of a value.
    allowed = match[1].replace(b"[^", rb"[^\x00-\x1f\x7f")
    return allowed + b"{%d}" % min(int(match[2]), _GATE_CHARACTERS)


_ALNUM = rb"[A-Za-z0-9]"
_HEX = rb"[0-9a-f]"
RULES: Final = (
    _prefixed("anthropic", b"sk-ant-", _WORD + rb"{8,400}"),
    _prefixed("openai", b"sk-", rb"(?!ant-)" + _WORD + rb"{20,400}", _random),
    _prefixed("aws key id", b"AKIA ASIA ABIA ACCA", rb"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _prefixed("github", b"ghp_ gho_ ghu_ ghs_ ghr_", _ALNUM + rb"{30,255}"),
    _prefixed("github", b"github_pat_", rb"[A-Za-z0-9_]{22,255}"),
    _prefixed(
        "gitlab",
        b"glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- glffct- gloas-",
        rb"[A-Za-z0-9_.-]{20,300}",
    ),
    _prefixed(
        "slack", b"xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", rb"[A-Za-z0-9-]{10,300}"
    ),
    _prefixed(
        "slack", b"hooks.slack.com/services/ hooks.slack.com/workflows/", rb"[A-Za-z0-9+/]{20,200}"
    ),
    _prefixed("stripe", b"sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_", _ALNUM + rb"{10,255}"),
    _prefixed("stripe", b"whsec_", rb"[A-Za-z0-9+/=]{24,100}"),
    _prefixed("google", b"AIza", _WORD + rb"{35}"),
    _prefixed("google", b"ya29. GOCSPX- 1//0", _WORD + rb"{20,500}"),
    _prefixed("npm", b"npm_", _ALNUM + rb"{36}"),
    _prefixed("pypi", b"pypi-", _WORD + rb"{32,500}", _random),
    _prefixed("crates.io", b"cio", _ALNUM + rb"{32}(?![A-Za-z0-9])", _random),
    _prefixed("rubygems", b"rubygems_", _HEX + rb"{48}"),
    _prefixed("docker", b"dckr_pat_ dckr_oat_", _WORD + rb"{20,100}"),
    _prefixed("hugging face", b"hf_ api_org_", _ALNUM + rb"{30,100}"),
    _prefixed("sendgrid", b"SG.", rb"[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}"),
    _prefixed("twilio", b"SK", _HEX + rb"{32}(?![0-9a-f])"),
    _prefixed("digitalocean", b"dop_v1_ doo_v1_ dor_v1_", _HEX + rb"{64}"),
    _prefixed("shopify", b"shpat_ shpca_ shppa_ shpss_", rb"[A-Fa-f0-9]{32}"),
    _prefixed("linear", b"lin_api_ lin_oauth_", _ALNUM + rb"{32,100}"),
    _prefixed("notion", b"ntn_ secret_", _ALNUM + rb"{40,60}", _random),
    _prefixed("vault", b"hvs. hvb. hvr.", _WORD + rb"{20,300}"),
    _prefixed("databricks", b"dapi", _HEX + rb"{32}"),
    _prefixed("supabase", b"sbp_ sb_secret_", _WORD + rb"{20,100}"),
    _prefixed("tailscale", b"tskey-", rb"(?:auth|api|client|webhook)-[A-Za-z0-9-]{16,100}"),
    _prefixed("groq", b"gsk_", _ALNUM + rb"{40,100}"),
    _prefixed("xai", b"xai-", _ALNUM + rb"{40,120}"),
    _prefixed("replicate", b"r8_", _ALNUM + rb"{30,60}"),
    _prefixed("perplexity", b"pplx-", _ALNUM + rb"{40,60}"),
    _prefixed("atlassian", b"ATATT3 ATCTT3", rb"[A-Za-z0-9_=-]{30,300}"),
    _prefixed("figma", b"figd_", _WORD + rb"{30,100}"),
    _prefixed("grafana", b"glc_ glsa_", rb"[A-Za-z0-9_+/=]{32,400}"),
    _prefixed("planetscale", b"pscale_tkn_ pscale_pw_ pscale_oauth_", rb"[A-Za-z0-9_.=-]{30,100}"),
    _prefixed("new relic", b"NRAK-", rb"[A-Z0-9]{27}"),
    _prefixed("mailgun", b"key-", _HEX + rb"{32}(?![0-9a-f])"),
    _prefixed("square", b"sq0csp- sq0atp-", _WORD + rb"{22,100}", _random),
    # In base64 of anything with zeros in it EAAA is frequent.
    _prefixed("square", b"EAAA", _WORD + rb"{50,100}", _random, rb"(?<![A-Za-z0-9_+/=-])"),
    _prefixed("fly.io", b"FlyV1 fo1_ fm2_", rb" ?[A-Za-z0-9_+/=,-]{40,1000}", _random),
    _prefixed("postman", b"PMAK-", rb"[a-f0-9]{24}-[a-f0-9]{34}"),
    _prefixed("pulumi", b"pul-", rb"[a-f0-9]{40}(?![a-f0-9])"),
    _prefixed("sentry", b"sntrys_ sntryu_", rb"[A-Za-z0-9+/=_]{40,400}"),
    _prefixed("nvidia", b"nvapi-", _WORD + rb"{60,80}"),
    _prefixed("1password", b"ops_eyJ", rb"[A-Za-z0-9_=-]{200,2000}"),
    _prefixed("doppler", b"dp.pt. dp.st. dp.sa. dp.ct.", rb"[A-Za-z0-9._-]{40,80}"),
    _prefixed("razorpay", b"rzp_live_ rzp_test_", _ALNUM + rb"{14,40}"),
    _prefixed("contentful", b"CFPAT-", _WORD + rb"{43}"),
    _prefixed("docker swarm", b"SWMTKN-1-", rb"[a-z0-9]{40,60}-[a-z0-9]{20,30}"),
    _prefixed("age", b"AGE-SECRET-KEY-1", rb"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    _prefixed(
        "telegram", b":AA", rb"[A-Za-z0-9_-]{32,34}(?![A-Za-z0-9_-])", _random, rb"(?<=[0-9]{8})"
    ),
    _prefixed(
        "jwt",
        b"eyJ",
        rb"[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,2000})?",
    ),
    Rule(
        "private key",
        (b"PRIVATE KEY",),
        re.compile(
            rb"-----BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
            rb"([^-]{16,12000}(?=-----END)|[A-Za-z0-9+/=\s\\]{16,12000})"
        ),
        _any,
        b"PRIVATE KEY",
        behind=32,
    ),
    Rule(
        "password in a url",
        (b"://",),
        re.compile(rb"://[^\s/:@\"'<>]{0,100}:([^\s/@\"'<>*]{3,200})@(?=[A-Za-z0-9\[])"),
        _password,
        rb"://[^\x00-\x20/:@\"'<>]*:[^\x00-\x20/@\"'<>*]+@",
        lower=True,
    ),
    _named("azure key", b"accountkey=", b"", rb"[A-Za-z0-9+/]{40,100}={0,2}", _any),
    _named(
        "authorization",
        b"authorization x-api-key",
        rb"[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:(?i:bearer|basic|token|digest)\s{1,3})?",
        rb"[A-Za-z0-9._~+/=-]{8,4000}",
        _random,
    ),
    _named("authorization", b"bearer", rb"\s{1,3}", rb"[A-Za-z0-9._~+/=-]{20,4000}", _random),
    _named(
        "assignment",
        b"api_key apikey api-key secret token passwd password passphrase credential "
        b"private_key access_key accesskey pwd _pass auth_key encryption_key signing_key",
        rb"[A-Za-z0-9_.-]{0,24}[\"'\]]{0,2}\s{0,3}(?::=|=>|[=:])\s{0,3}[\"'`]?",
        rb"[^\s\"'`,;|<>*]{8,400}",
        _assigned,
    ),
    _named(
        "option",
        b"--password --token --secret --api-key --apikey --passphrase",
        rb"[= ][\"']?",
        rb"[^\s\"'`;|<>*]{6,400}",
        _assigned,
    ),
)
