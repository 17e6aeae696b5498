"""Signatures of segments: who held a key said that a segment was just this when it was closed.

`<uuid>.sig` beside the log holds a line for each segment, appended when it is closed:

    {"segment":1,"bytes":16777301,"sha256":"2c26…","last":false,"key":"…","signature":"…"}

`bytes` and `sha256` are of the segment's lines, uncompressed, so sealing changes nothing. `last`
says that the session ended with it. `key` is the public half of the Ed25519 key and `signature`
(RFC 8032) is over `message`, both in base64.

Checking needs the package `cryptography` (the extra `sign`), which is loaded when there is
something to check; without it signatures are told and not judged. Keys are those of `ssh-keygen
-t ed25519`, without a passphrase: they are used when nobody is there to type one.
"""

from __future__ import annotations

import binascii
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.errors import ConfigError, printable
from formats.layout import is_session_id

if TYPE_CHECKING:
    from formats.layout import Home

SIGNATURES = ".sig"
_KEY_BYTES, _SIGNATURE_BYTES, _HEX_DIGITS = 32, 64, 64
_LONGEST_LINE_BYTES = 1 << 10
_MOST_BYTES = 8 << 20
_LARGEST_KEY_FILE_BYTES = 1 << 14
_BEGIN, _END = b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----END OPENSSH PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"
_TYPE = b"ssh-ed25519"
_HOW = "make one with ssh-keygen -t ed25519 -N ''"


class Signature(NamedTuple):
    """What is said of one segment, and by which key. `sha256` in hexadecimal."""

    segment: int
    size: int
    sha256: str
    last: bool
    key: bytes
    signature: bytes


class Signed(NamedTuple):
    """What became of it: `key` as `fingerprint` gives it; None for `valid`: it was not checked."""

    key: str
    valid: bool | None


def signatures_path(home: Home, session_id: str) -> str:
    """The side file of a session."""
    return os.path.join(home.logs, session_id + SIGNATURES)


def message(session_id: str, said: Signature) -> bytes:
    """What is signed."""
    number, size, last = said.segment, said.size, int(said.last)
    text = f"claude-sessions segment 1\n{session_id}\n{number}\n{size}\n{said.sha256}\n{last}\n"
    return text.encode("ascii")


def fingerprint(key: bytes) -> str:
    """A public key in short, as `ssh-keygen -l` shows it: `SHA256:…`."""
    digest = sha256(_packed(_TYPE) + _packed(key)).digest()
    return "SHA256:" + _base64(digest).rstrip("=")


def encode(said: Signature) -> bytes:
    """The line of a signature, newline included. To be appended with one write(2)."""
    import json  # noqa: PLC0415  who only asks whether there is one needs it not

    fields = {
        "segment": said.segment,
        "bytes": said.size,
        "sha256": said.sha256,
        "last": said.last,
        "key": _base64(said.key),
        "signature": _base64(said.signature),
    }
    return json.dumps(fields, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Signature | None:
    """The signature of a line; None when it is none."""
    import orjson  # noqa: PLC0415  the recorder only writes

    try:
        fields: Any = orjson.loads(line)
        key, signature = (binascii.a2b_base64(fields[name]) for name in ("key", "signature"))
        said = Signature(
            fields["segment"], fields["bytes"], fields["sha256"], fields["last"], key, signature
        )
    except (orjson.JSONDecodeError, binascii.Error, KeyError, TypeError, ValueError):
        return None
    numbers = type(said.segment) is int and type(said.size) is int and type(said.last) is bool
    if not numbers or said.segment < 1 or type(said.sha256) is not str:
        return None
    lengths = (len(said.sha256), len(key), len(signature))
    if lengths != (_HEX_DIGITS, _KEY_BYTES, _SIGNATURE_BYTES) or not said.sha256.isascii():
        return None
    return said


def read_signatures(folder: str, session_id: str) -> dict[int, Signature]:
    """The signatures of a session whose log lies in `folder`, by segment; the newest of each.

    What is no signature is passed over: the segment counts as not signed.
    """
    if not is_session_id(session_id):
        return {}
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        fd = os.open(os.path.join(folder, session_id + SIGNATURES), flags)
    except OSError:
        return {}
    found: dict[int, Signature] = {}
    with open(fd, "rb") as file:
        left = _MOST_BYTES
        while left > 0 and (line := file.readline(_LONGEST_LINE_BYTES)):
            left -= len(line)
            said = decode(line)
            if said is not None:
                found[said.segment] = said
    return found


def is_valid(session_id: str, said: Signature) -> bool | None:
    """Whether the holder of the key said it; None where `cryptography` is not installed."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  30 ms
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    except ImportError:
        return None
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(said.key)
        key.verify(said.signature, message(session_id, said))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_half(path: str) -> bytes:
    """The public half of a private key file of OpenSSH, read without any library.

    Raises ConfigError when it is none that can sign: another kind, or one with a passphrase.
    """
    shown = printable(path, 200)
    data = key_file(path)
    begin, end = data.find(_BEGIN), data.find(_END)
    if begin < 0 or end < begin:
        raise ConfigError(f"{shown} is no private key of OpenSSH: {_HOW}")
    try:
        blob = binascii.a2b_base64(data[begin + len(_BEGIN) : end])
        if not blob.startswith(_MAGIC):
            raise ValueError  # noqa: TRY301
        cipher, rest = _unpacked(blob[len(_MAGIC) :])
        _, rest = _unpacked(rest)
        _, rest = _unpacked(rest)
        public, _ = _unpacked(rest[4:])
        kind, rest = _unpacked(public)
        key, _ = _unpacked(rest)
    except (binascii.Error, ValueError):
        raise ConfigError(f"{shown} is damaged: {_HOW}") from None
    if cipher != b"none":
        raise ConfigError(f"{shown} has a passphrase, and nobody is there to type it: {_HOW}")
    if kind != _TYPE or len(key) != _KEY_BYTES:
        raise ConfigError(f"{shown} is no Ed25519 key: {_HOW}")
    return key


def fingerprint_of(text: str) -> str:
    """`SHA256:…` of what a person names: that itself, or a file with a public key of OpenSSH.

    Raises ConfigError when it is neither.
    """
    if text.startswith("SHA256:"):
        return text.rstrip("=")
    shown = printable(text, 200)
    for line in key_file(text).splitlines():
        words = line.split()
        if words[:1] == [_TYPE] and len(words) > 1:
            try:
                kind, rest = _unpacked(binascii.a2b_base64(words[1]))
                key, _ = _unpacked(rest)
            except (binascii.Error, ValueError):
                continue
            if kind == _TYPE and len(key) == _KEY_BYTES:
                return fingerprint(key)
    raise ConfigError(f"{shown} holds no public Ed25519 key: name a .pub file, or SHA256:…")


def key_file(path: str) -> bytes:
    """The content of a file that holds a key. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST_KEY_FILE_BYTES)
    except OSError as error:
        raise ConfigError(f"cannot read {printable(path, 200)}: {error.strerror}") from None


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _packed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _unpacked(data: bytes) -> tuple[bytes, bytes]:
    """A string of SSH's wire format, and what follows it. Raises ValueError."""
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 + length:
        raise ValueError
    return data[4 : 4 + length], data[4 + length :]
