"""Screen engines that are broken, for the tests of those who must outlive them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from player.screen.binding import load

# An instruction that does not exist: SIGILL, as near to a crash of its own as can be had.
_DIES = {"x86_64": b"\x0f\x0b", "aarch64": b"\x00\x00\x00\x00"}


def dying_engine(folder: Path, machine: str) -> Path:
    """A copy of the engine's library that dies when it is fed; as the real one, up to there."""
    engine = load()
    function = engine.ffi.addressof(engine.lib, "ghostty_terminal_vt_write")
    place = _place_in_file(int(engine.ffi.cast("uintptr_t", function)), engine)
    data = bytearray(Path(engine.path).read_bytes())
    code = _DIES[machine]
    data[place : place + len(code)] = code
    made = folder / Path(engine.path).name
    made.write_bytes(data)
    return made


def _place_in_file(address: int, engine: Any) -> int:
    for line in Path("/proc/self/maps").read_text().splitlines():
        found = re.match(r"(\w+)-(\w+) \S+ (\w+)", line)
        if found and line.endswith(engine.path):
            first, end, offset = (int(number, 16) for number in found.groups())
            if first <= address < end:
                return address - first + offset
    raise AssertionError(f"{engine.path} is not loaded")
