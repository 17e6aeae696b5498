"""Make player/screen/ghostty_abi.py from the ghostty.h beside it: run after every change.

    python scripts/make_ghostty_abi.py

cffi needs 25 ms to parse the part of the header that we use, and 100 ms for pyghostty's whole
one; what it makes of it loads in less than one. The result is plain data, the same on every
platform (cffi's ABI mode: sizes and offsets are computed when it is loaded).
"""

from __future__ import annotations

from pathlib import Path

from cffi import FFI  # type: ignore[import-untyped]

SCREEN = Path(__file__).resolve().parent.parent / "player" / "screen"
HEAD = '''"""The C interface of libghostty-vt. Made by scripts/make_ghostty_abi.py: do not edit."""

# ruff: noqa: E501, Q000
# fmt: off
# mypy: ignore-errors
# pyright: basic
'''


def main() -> None:
    """Write the module."""
    ffi = FFI()
    ffi.cdef((SCREEN / "ghostty.h").read_text())
    ffi.set_source("player.screen.ghostty_abi", None)
    target = SCREEN / "ghostty_abi.py"
    ffi.emit_python_code(str(target))
    target.write_text(HEAD + target.read_text())
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
