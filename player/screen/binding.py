"""Finding, loading and checking libghostty-vt, the screen engine's library.

It comes in the wheel of pyghostty, whose own import parses an 80 kB header at each start (130 ms).
We take the library from that wheel and our own part of the header, parsed beforehand (ghostty.h,
ghostty_abi.py): 5 ms. What the library says of its types is compared with what we compiled in, so
that another version is refused instead of misread.

Knows nothing of screens: that is `player.screen._ghostty`.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from formats.errors import SessionsError
from formats.plainjson import loads

LIBRARY_VARIABLE: Final = "PYGHOSTTY_LIB"
"""Names a library to load instead of the wheel's; pyghostty heeds the same variable."""

_INSTALL: Final = "pip install 'pyghostty>=0.1.3,<0.2'"
_UNIONS_THERE: Final = ("GhosttyPointPlace", "GhosttyScrollPlace")
_REVISION: Final = re.compile(r"ghostty ([0-9a-f]+)")
_FILE_NAMES: Final = ("libghostty-vt.so", "libghostty-vt.dylib")


class ScreenEngineError(SessionsError):
    """No screen engine can be had here, or it does not do what it must."""


class Engine(NamedTuple):
    """The loaded library: cffi's `ffi`, its `lib`, where it came from, and which build it is."""

    ffi: Any
    lib: Any
    path: str
    id: str


def checked(result: int) -> None:
    """Raise ScreenEngineError for what a function of the library gives when it fails."""
    if result:
        raise ScreenEngineError(f"the screen engine fails with {result}")


@cache
def load() -> Engine:
    """The library, loaded and checked once per process.

    Raises ScreenEngineError when there is none for this platform, or not the version we know.
    """
    try:
        from player.screen.ghostty_abi import ffi  # noqa: PLC0415  needs cffi, which only wheels bring
    except ImportError:
        raise ScreenEngineError(_missing("cffi is not installed")) from None
    path = _library_path()
    try:
        lib = ffi.dlopen(path)
    except OSError as error:
        reason = str(error).replace("\n", " ")
        raise ScreenEngineError(_missing(f"{path} cannot be loaded: {reason}")) from None
    wrong = _first_difference(ffi, lib)
    if wrong:
        message = f"the screen engine {path} is not a version we know ({wrong}): {_INSTALL}"
        raise ScreenEngineError(message)
    return Engine(ffi, lib, path, _build_of(path))


def _missing(reason: str) -> str:
    return f"no screen engine for this platform ({reason}): {_INSTALL}"


def _library_path() -> str:
    named = os.environ.get(LIBRARY_VARIABLE)
    if named:
        return named
    # find_spec imports nothing of the package. None in sys.modules says: not to be imported.
    spec = find_spec("pyghostty") if sys.modules.get("pyghostty", True) else None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in _FILE_NAMES:
            path = os.path.join(folder, "_lib", name)
            if os.path.exists(path):
                return path
    raise ScreenEngineError(_missing("pyghostty is not installed"))


def _build_of(path: str) -> str:
    """Names the build: two that differ may not read each other's snapshots.

    The library tells no version of its own that would do (all say 0.1.0-dev), so it is that of
    the wheel, ghostty's revision as the wheel's header states it, and the library's size.
    """
    package = os.path.dirname(os.path.dirname(path))
    version = revision = "unknown"
    try:
        for name in os.listdir(os.path.dirname(package)):
            if name.startswith("pyghostty-") and name.endswith(".dist-info"):
                version = name.removeprefix("pyghostty-").removesuffix(".dist-info")
        with open(os.path.join(package, "_cdef.py"), encoding="utf-8") as header:
            found = _REVISION.search(header.readline())
            revision = found[1] if found else revision
    except OSError:  # a library of the user's own: its size and its age must do
        revision = str(os.stat(path).st_mtime_ns)
    return f"pyghostty-{version}-{revision}-{os.stat(path).st_size}"


def _first_difference(ffi: Any, lib: Any) -> str:  # noqa: ANN401  cffi has no types
    """Empty when the library's own account of its types holds all of ours, else what differs."""
    try:
        theirs = loads(ffi.string(lib.ghostty_type_json()))["types"]
        for name in ffi.list_types()[0]:
            difference = _differs(ffi, name, theirs)
            if difference:
                return difference
        for name in dir(lib):
            getattr(lib, name)
    except (ffi.error, KeyError, TypeError, ValueError) as error:
        return str(error).partition(" in library")[0] or type(error).__name__
    return ""


def _differs(ffi: Any, name: str, theirs: dict[str, Any]) -> str:  # noqa: ANN401
    ours, stated = ffi.typeof(name), theirs.get(name)
    if ours.kind == "enum":
        if stated is None:
            return name
        prefix, values = stated["prefix"], stated["values"]
        for value, constant in ours.elements.items():
            if values.get(constant.removeprefix(prefix)) != value:
                return str(constant)
    elif ours.kind == "struct" and name not in _UNIONS_THERE:
        if stated is None or stated["size"] != ffi.sizeof(ours):
            return name
        offsets = {field: place["offset"] for field, place in stated["fields"].items()}
        if offsets != {field: place.offset for field, place in ours.fields}:
            return name
    return ""
