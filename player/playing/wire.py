"""JSON between the player and its processes: by orjson as soon as that is loaded."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from formats import plainjson

if TYPE_CHECKING:
    from types import ModuleType


def hasten() -> None:
    """Let texts travel in a third of the time: takes 20 ms once, so not before a screen stands."""
    if "orjson" not in sys.modules:
        import_module("orjson")


def dumps(value: Any) -> bytes:  # noqa: ANN401  whatever JSON can hold
    """The value as JSON. Raises ValueError or TypeError for what JSON cannot hold."""
    written: bytes = _json().dumps(value)
    return written


def loads(text: bytes) -> Any:  # noqa: ANN401
    """The value of a JSON text. Raises ValueError where it is none."""
    return _json().loads(text)


def _json() -> ModuleType:
    """What is there to read and write JSON; both do it alike."""
    return sys.modules.get("orjson", plainjson)
