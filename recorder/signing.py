"""Signing closed segments, where `sign_key` names a key. Never in the recorder's own process.

The process that hashes its log does it, and whoever closes the log of one that was killed: the
library costs 50 ms and 10 MiB.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.errors import ConfigError
from formats.layout import FILE_MODE
from formats.signatures import encode, message, public_half, signatures_path

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from formats.layout import Home
    from formats.signatures import Signature


def check_key(path: str) -> None:
    """Say at the start what would else be found at the end, when nobody can be told any more.

    Raises ConfigError for a key that cannot sign, and where the library is missing.
    """
    from importlib.util import find_spec  # noqa: PLC0415  who signs a segment needs it not

    public_half(path)
    if find_spec("cryptography") is None:
        raise ConfigError(
            "sign_key needs the package cryptography: pip install 'claude-sessions-recorder[sign]'"
        )


def sign(home: Home, session_id: str, key_path: str, said: Signature) -> bool:
    """State the signature of a segment that is complete, which `said` lacks; whether it could be.

    Never fails: what cannot be signed stays without, and `cs-verify` says so.
    """
    key = _key(key_path)
    if key is None:
        return False
    said = said._replace(key=key.public_key().public_bytes_raw())
    said = said._replace(signature=key.sign(message(session_id, said)))
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(signatures_path(home, session_id), flags, FILE_MODE)
        try:
            os.fchmod(fd, FILE_MODE)
            os.write(fd, encode(said))
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError:  # a full disk
        return False
    return True


def _key(path: str) -> Ed25519PrivateKey | None:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            load_ssh_private_key,
        )

        with open(path, "rb") as file:
            key = load_ssh_private_key(file.read(), None)
    except (ImportError, OSError, ValueError, TypeError):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None
