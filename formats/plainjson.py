"""Single JSON texts, read as orjson reads them, without it: to import that takes 20 ms.

A command that has a few lines to read before it shows something cannot wait for it. What the
standard library would take and orjson refuses, or reads as another value, is left to orjson.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

_LONGEST_INTEGER: Final = 18
"""Characters; from 64 bits on orjson reads a float."""
_DEEPEST: Final = 1024
_INFINITE: Final = (float("inf"), float("-inf"))


class _UnusualError(ValueError):
    """Left to orjson."""


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise _UnusualError
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if number in _INFINITE:
        raise _UnusualError
    return number


def _constant(_: str) -> NoReturn:
    """NaN and the like, which are no JSON."""
    raise _UnusualError


_decode: Final = json.JSONDecoder(
    parse_int=_integer, parse_float=_number, parse_constant=_constant
).decode


_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def loads(text: bytes) -> Any:  # noqa: ANN401  whatever JSON can hold
    """The value of a JSON text. Raises ValueError where it is none."""
    # Half a pair of surrogates is no character, and orjson does not read what is deeper.
    if b"\\u" not in text and text.count(b"[") + text.count(b"{") < _DEEPEST:
        try:
            return _decode(text.decode())
        except (ValueError, RecursionError):
            pass
    import orjson  # noqa: PLC0415

    return orjson.loads(text)


def dumps(value: Any) -> bytes:  # noqa: ANN401
    """As orjson writes it. Raises ValueError for what JSON or UTF-8 cannot hold."""
    return _encode(value).encode()
