"""Terminals of libghostty-vt with our limits: new ones, and such as were stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from player.screen.binding import ScreenEngineError, checked

if TYPE_CHECKING:
    from formats.size import Size
    from player.screen.binding import Engine

_KIB: Final = 1 << 10
_APC_BYTES: Final = 64 * _KIB
_UNFINISHED_SEQUENCE_BYTES: Final = 1 << 20
_GRAPHEME_CLUSTERS: Final = 2027


def new_terminal(engine: Engine, size: Size, scrollback: int, width: str) -> Any:  # noqa: ANN401
    """A terminal of a clamped size, freed with its last reference."""
    ffi, lib = engine.ffi, engine.lib
    made = ffi.new("GhosttyTerminal*")
    if lib.ghostty_terminal_new(ffi.NULL, made, *size):
        raise ScreenEngineError(f"no memory for a screen of {size.cols}x{size.rows}")
    terminal = ffi.gc(made[0], lib.ghostty_terminal_free)
    # All before the first byte: some have no effect later.
    keep_history(engine, terminal, scrollback)
    if width == "grapheme":
        clusters = ffi.new("GhosttyTerminalModeConfig*", (_GRAPHEME_CLUSTERS, True))
        option = lib.GHOSTTY_TERMINAL_OPT_MODE_DEFAULT
        checked(lib.ghostty_terminal_set(terminal, option, clusters))
    _limit(engine, terminal)
    return terminal


def keep_history(engine: Engine, terminal: Any, scrollback: int) -> None:  # noqa: ANN401
    """Keep that many rows from now on."""
    ffi, lib = engine.ffi, engine.lib
    option = lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES
    if scrollback:
        # Whichever of bytes and lines is reached first wins: NULL leaves the lines alone.
        checked(lib.ghostty_terminal_set(terminal, option, ffi.NULL))
        _set(engine, terminal, lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_LINES, scrollback)
    else:
        _set(engine, terminal, option, 0)


def _limit(engine: Engine, terminal: Any) -> None:  # noqa: ANN401
    """What no recording needs, and a hostile one would use."""
    lib = engine.lib
    _set(engine, terminal, lib.GHOSTTY_TERMINAL_OPT_KITTY_IMAGE_STORAGE_LIMIT, 0, "uint64_t*")
    _set(engine, terminal, lib.GHOSTTY_TERMINAL_OPT_APC_MAX_BYTES, _APC_BYTES)
    _set(engine, terminal, lib.GHOSTTY_TERMINAL_OPT_CLIPBOARD_WRITE_MAX_BYTES, 0)
    option = lib.GHOSTTY_TERMINAL_OPT_CONTINUATION_MAX_BYTES
    _set(engine, terminal, option, _UNFINISHED_SEQUENCE_BYTES)


def _set(
    engine: Engine,
    terminal: Any,  # noqa: ANN401
    option: int,
    value: int,
    unit: str = "size_t*",
) -> None:
    place = engine.ffi.new(unit, value)
    checked(engine.lib.ghostty_terminal_set(terminal, option, place))


def packed_terminal(engine: Engine, terminal: Any) -> bytes:  # noqa: ANN401
    """The engine's own snapshot. Raises ScreenEngineError where it refuses to make one."""
    try:
        return taken(engine, engine.lib.ghostty_snapshot_encode_alloc, terminal)
    except ScreenEngineError as error:
        raise ScreenEngineError(f"no snapshot can be made of this screen now ({error})") from None


def unpacked_terminal(engine: Engine, packed: bytes) -> Any:  # noqa: ANN401
    """The terminal of a snapshot that this very engine made, with the same limits."""
    ffi, lib = engine.ffi, engine.lib
    made = ffi.new("GhosttySnapshotDecoder*")
    checked(lib.ghostty_snapshot_decoder_new_buf(ffi.NULL, made, packed, len(packed)))
    decoder = ffi.gc(made[0], lib.ghostty_snapshot_decoder_free)
    longest = ffi.new("size_t*", _UNFINISHED_SEQUENCE_BYTES)
    option = lib.GHOSTTY_SNAPSHOT_DECODER_OPT_MAX_CONTINUATION_BYTES
    checked(lib.ghostty_snapshot_decoder_set(decoder, option, longest))
    option = lib.GHOSTTY_SNAPSHOT_DECODER_OPT_RETAIN_CONTINUATION
    checked(lib.ghostty_snapshot_decoder_set(decoder, option, ffi.new("bool*", True)))
    found = ffi.new("GhosttyTerminal*")
    if lib.ghostty_snapshot_decoder_decode(decoder, found):
        raise ScreenEngineError("the snapshot of a screen is damaged")
    terminal = ffi.gc(found[0], lib.ghostty_terminal_free)
    _limit(engine, terminal)
    return terminal


def taken(engine: Engine, function: Any, of: Any) -> bytes:  # noqa: ANN401
    """What a function of the engine allocates: it is called with (of, allocator, place, length).

    Raises ScreenEngineError when the function fails.
    """
    place, length = engine.ffi.new("uint8_t**"), engine.ffi.new("size_t*")
    checked(function(of, engine.ffi.NULL, place, length))
    try:
        return bytes(engine.ffi.buffer(place[0], length[0])) if length[0] else b""
    finally:
        engine.lib.ghostty_free(engine.ffi.NULL, place[0], length[0])
