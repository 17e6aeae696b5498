"""What arrives from the keyboard, as keys. Pure: bytes in, keys out, however they are cut.

A recording whose bytes are passed on can make the terminal answer: positions, versions, colours,
mouse clicks, pasted text. To the player these are no keys, whatever they hold: each is swallowed
as the one sequence that it is. A recording can also make the terminal *send keys* as sequences
(kitty's keyboard protocol, xterm's modifyOtherKeys): these are read as the keys they are.

Sources: ECMA-48 section 5 (sequences); xterm's ctlseqs (X10 mouse, bracketed paste,
modifyOtherKeys); https://sw.kovidgoyal.net/kitty/keyboard-protocol/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    # Sent a byte, it yields the key that the byte completes. A part of it returns the key that
    # ended it and the byte, if any, that did not belong to it and is still to be looked at.
    Machine = Generator[str | None, int, None]
    Part = Generator[None, int, tuple[str | None, int | None]]
    # Which key a whole sequence stands for, as `CSI D`; None if it is none.
    Name = Callable[[bytes], str | None]

BACKSPACE = "backspace"
INTERRUPT = "interrupt"
SUSPEND = "suspend"
ESCAPE = "escape"

# A sequence comes in one piece, or in pieces that follow each other closely. After this long, what
# was begun was none: the person pressed Escape, or the rest was lost.
_PATIENCE_US = 1_000_000
_ESCAPE_PATIENCE_US = 100_000
# Longer than any report's parameters; what exceeds it is swallowed all the same.
_LONGEST_PARAMETERS = 64

_ESC, _BEL, _CAN, _SUB, _DELETE = 0x1B, 0x07, 0x18, 0x1A, 0x7F
_CONTROLS = {0x03: INTERRUPT, 0x1A: SUSPEND, 0x08: BACKSPACE, _DELETE: BACKSPACE}
# What a player needs that has commands to type.
_MORE_CONTROLS = {
    0x0D: "enter",
    0x0A: "enter",
    0x0C: "ctrl-l",
    0x0F: "ctrl-o",
    0x15: "ctrl-u",
    0x17: "ctrl-w",
    0x01: "home",
    0x05: "end",
}
_PRINTED = range(0x20, _DELETE)
_INTERMEDIATES, _PARAMETERS, _FINALS = range(0x20, 0x30), range(0x20, 0x40), range(0x40, 0x7F)
# The 8-bit introducers, which a terminal uses that was told to (ESC SP G); ESC and the byte less
# 0x40 is the 7-bit form of each.
_CSI, _SS3, _ST = 0x9B, 0x8F, 0x9C
_STRINGS = frozenset((0x90, 0x98, 0x9D, 0x9E, 0x9F))
_C1 = range(0x80, 0xA0)
_TO_C1 = 0x40
_CONTINUATIONS = range(0x80, 0xC0)
_LEADS = {
    **dict.fromkeys(range(0xC2, 0xE0), 1),
    **dict.fromkeys(range(0xE0, 0xF0), 2),
    **dict.fromkeys(range(0xF0, 0xF5), 3),
}
_LEAD_OF_C1 = 0xC2
_PASTE_END = b"\x1b[201~"
_MOUSE_COORDINATES = 3

# code[:shifted[:base]] [; modifiers[:event] [; text]] u
_KITTY = re.compile(rb"(\d+)(?::(\d*))?[\d:]*(?:;(\d*)(?::(\d+))?(?:;(\d*)[\d:]*)?)?u")
_MODIFIED = re.compile(rb"27;(\d+);(\d+)~")
# Bits of the modifiers, which are sent plus one; caps lock and num lock (64, 128) do not matter.
_SHIFT, _CONTROL, _ALT_AND_OTHERS = 1, 4, 2 | 8 | 16 | 32
_RELEASED = 3


class KeyParser:
    """Feed it what was read, and when; it gives the keys: one character each, or a name.

    Without `name`, sequences are no keys but those that stand for a character, and neither are
    Enter, Escape and what lies beyond ASCII. With it, they are, and `name` is asked which key a
    sequence is that begins with CSI or SS3 in its 7-bit form.
    """

    __slots__ = ("_fed_us", "_given", "_last", "_machine")

    def __init__(self, name: Name | None = None) -> None:
        self._given = name
        self._machine = _begin(name)
        self._last = 0
        self._fed_us = 0

    def feed(self, data: bytes, now_us: int) -> list[str]:
        """The keys that `data` completes. `now_us` is any clock that never runs backwards."""
        patience_us = _ESCAPE_PATIENCE_US if self._last == _ESC else _PATIENCE_US
        if now_us - self._fed_us > patience_us:
            self._machine = _begin(self._given)
        if data:
            self._fed_us, self._last = now_us, data[-1]
        return [key for byte in data if (key := self._machine.send(byte)) is not None]

    def pending(self, now_us: int) -> int | None:
        """How long until what was begun is the Escape key itself; None if nothing was begun."""
        if self._given is None or self._last != _ESC:
            return None
        return max(0, self._fed_us + _ESCAPE_PATIENCE_US - now_us)

    def expire(self, now_us: int) -> list[str]:
        """The Escape key, if it was pressed and nothing followed."""
        if self.pending(now_us) != 0:
            return []
        self._machine, self._last = _begin(self._given), 0
        return [ESCAPE]


def _begin(name: Name | None) -> Machine:
    machine = _keys(name)
    next(machine)
    return machine


def _keys(name: Name | None) -> Machine:
    controls = _CONTROLS if name is None else _CONTROLS | _MORE_CONTROLS
    key: str | None = None
    left: int | None = None
    while True:
        if left is None:
            byte = yield key
        else:
            byte = left
        key = left = None
        if byte == _ESC:
            key, left = yield from _escape(name)
        elif byte in _PRINTED:
            key = chr(byte)
        elif byte in _C1:
            key, left = yield from _control(byte, name)
        elif byte in _LEADS:
            key, left = yield from _character(byte, name)
        else:
            key = controls.get(byte)


def _escape(name: Name | None) -> Part:
    """After ESC: a sequence in its 7-bit form, or a key pressed with Alt, which is none of ours."""
    byte = yield
    while byte in _INTERMEDIATES:
        byte = yield
    if byte == _ESC or byte > _DELETE:
        return None, byte
    return (yield from _control(byte + _TO_C1, name))


def _control(introducer: int, name: Name | None) -> Part:
    if introducer == _CSI:
        return (yield from _csi(name))
    if introducer == _SS3:
        byte = yield
        if byte == _ESC:
            return None, byte
        return name(b"\x1bO" + bytes((byte,))) if name else None, None
    if introducer in _STRINGS:
        return (yield from _string(name))
    return None, None


def _csi(name: Name | None) -> Part:
    parameters = bytearray()
    while (byte := (yield)) in _PARAMETERS:
        if len(parameters) < _LONGEST_PARAMETERS:
            parameters.append(byte)
    if byte not in _FINALS:  # cut short: by a new sequence, or by a key
        return None, byte
    sequence = bytes((*parameters, byte))
    if sequence == b"M":
        return (yield from _mouse())
    if sequence == b"[":  # the Linux console's F1 to F5
        yield
    if sequence == b"200~":
        return (yield from _paste())
    key = _reported(sequence)
    return name(b"\x1b[" + sequence) if key is None and name else key, None


def _mouse() -> Part:
    """Three characters follow, in the oldest form of mouse report: UTF-8, or a byte each."""
    for _ in range(_MOUSE_COORDINATES):
        byte = yield
        for _ in range(_LEADS.get(byte, 0)):
            yield
    return None, None


def _paste() -> Part:
    tail = b""
    while not tail.endswith(_PASTE_END):
        byte = yield
        tail = (tail + bytes((byte,)))[-len(_PASTE_END) :]
    return None, None


def _string(name: Name | None) -> Part:
    """A report as OSC, DCS, APC, PM or SOS, to its end: ST, BEL, or CAN and SUB, which break off.

    0x9C is ST only where it is no part of a character: titles have some, as in U+2733.
    """
    continuations = 0
    while True:
        byte = yield
        if byte in _CONTINUATIONS and continuations:
            continuations -= 1
            continue
        continuations = _LEADS.get(byte, 0)
        if byte in (_BEL, _CAN, _SUB, _ST):
            return None, None
        if byte == _ESC:
            return (yield from _escape(name))


def _character(lead: int, name: Name | None) -> Part:
    """A character beyond ASCII: something typed; U+0080 to U+009F are the 8-bit introducers."""
    character = bytearray((lead,))
    for _ in range(_LEADS[lead]):
        byte = yield
        if byte not in _CONTINUATIONS:
            return None, byte
        if lead == _LEAD_OF_C1 and byte in _C1:
            return (yield from _control(byte, name))
        character.append(byte)
    typed = character.decode(errors="replace") if name else ""
    return typed if typed.isprintable() and typed else None, None


def _reported(sequence: bytes) -> str | None:
    """The key that a CSI sequence stands for, if it stands for one."""
    if match := _KITTY.fullmatch(sequence):
        code, shifted, modifiers, event, text = (int(group or 0) for group in match.groups())
        if event == _RELEASED:
            return None
        return _key(text or shifted or code, modifiers or 1)
    if match := _MODIFIED.fullmatch(sequence):
        return _key(int(match[2]), int(match[1]))
    return None


def _key(code: int, modifiers: int) -> str | None:
    held = max(0, modifiers - 1)
    if held & _ALT_AND_OTHERS:
        return None
    if held & _CONTROL:
        return {ord("c"): INTERRUPT, ord("z"): SUSPEND}.get(code)
    return chr(code) if code in _PRINTED else _CONTROLS.get(code)
