"""Amounts as people write them: `5GB`, `16M`, `30d`."""

from __future__ import annotations

from typing import Final

US_PER_S: Final = 1_000_000
_S_PER_DAY: Final = 86_400
# As GNU's tools read them (numfmt --from=auto, and a bare letter as head -c does): 1 GB is 1000³
# bytes, 1 G and 1 GiB are 1024³.
_POWERS: Final = {"K": 1, "M": 2, "G": 3, "T": 4}
_AGES_S: Final = {
    "h": 3600,
    "d": _S_PER_DAY,
    "w": 7 * _S_PER_DAY,
    "m": 30 * _S_PER_DAY,
    "y": 365 * _S_PER_DAY,
}
_LARGEST: Final = 1 << 60


def parse_bytes(written: str) -> int:
    """Bytes in `5GB`, `1.5 GiB`, `16M`, `700000`. ValueError for anything else."""
    text = written.replace(" ", "").upper()
    digits = text.rstrip("KMGTIB")
    unit = text[len(digits) :]
    power = _POWERS.get(unit[:1], 0) if unit else 0
    base = 1000 if unit.endswith("B") and not unit.endswith("IB") else 1024
    if unit not in ("", "B") and (not power or unit[1:] not in ("", "B", "IB")):
        raise ValueError(f"{written!r} is no size, as 5GB or 700M")
    return int(_number(digits, written, "size, as 5GB or 700M") * base**power)


def parse_age_us(written: str) -> int:
    """Microseconds in `30d`, `12h`, `2w`, `6m` (of 30 days), `1y`; a bare number counts days."""
    text = written.strip().lower()
    unit_s = _AGES_S.get(text[-1:], _S_PER_DAY)
    digits = text[:-1] if text[-1:] in _AGES_S else text
    return int(_number(digits, written, "age, as 30d or 12h") * unit_s * US_PER_S)


def _number(digits: str, written: str, what: str) -> float:
    try:
        value = float(digits) if digits.isascii() and digits[:1].isdigit() else -1.0
    except ValueError:
        value = -1.0
    if not 0 <= value <= _LARGEST:
        raise ValueError(f"{written!r} is no {what}")
    return value
