"""Sessions and whole stores of them, written as the recorder writes, with the truth beside."""

from __future__ import annotations

import json
import math
import os
import random
import uuid
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.corpus import agents, screens, shells
from benchmarks.corpus.stage import Stage, Stood
from benchmarks.corpus.text import Text
from formats.layout import Home
from formats.meta import rebuild, write_meta
from formats.session import Session
from formats.size import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Style(NamedTuple):
    """A kind of session: how it is played, its share in a store of 500, its text."""

    play: Callable[[Stage, int], None]
    share: int
    wide: bool = False


STYLES: Final[dict[str, Style]] = {
    "reprinted": Style(agents.reprinted, 150),
    "difference": Style(agents.difference, 100),
    "alternate": Style(agents.alternate, 110),
    "inserted": Style(agents.inserted, 10),
    "redrawn": Style(agents.redrawn, 15),
    "wide": Style(agents.reprinted, 15, wide=True),
    "plain": Style(shells.plain, 50),
    "bars": Style(shells.bars, 15),
    "streamed": Style(shells.streamed, 15),
    "pages": Style(screens.pages, 12),
    "table": Style(screens.table, 8),
}
"""Shares as in facts about real use: most sessions are agents', one in ten a shell."""

STORE_BYTES: Final = 2_000_000_000
_MEDIAN_BYTES: Final = 1_800_000
_SIGMA: Final = 1.25
_LARGEST_BYTES: Final = 76_000_000
_SMALLEST_BYTES: Final = 40_000
_TRUTH: Final = "truth"
_SIZE: Final = Size(120, 40)


class Made(NamedTuple):
    """A session that was written."""

    session_id: str
    style: str
    log_bytes: int
    payload_bytes: int


def make_session(
    folder: Path, style: str, log_bytes: int, seed: int, size: Size = _SIZE
) -> tuple[Made, list[Stood]]:
    """Write `<id>.jsonl` of about that size to `folder`; what stood on its screen."""
    chosen = STYLES[style]
    rng = random.Random(f"{style} {seed}")
    session_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"{session_id}.jsonl").open("wb") as out:
        stage = Stage(out, session_id, size, rng, Text(rng, wide=chosen.wide))
        chosen.play(stage, log_bytes)
        stage.close()
    made = Made(session_id, style, stage.log_bytes, stage.payload_bytes)
    return made, stage.truth.lines()


class Planned(NamedTuple):
    """A session to be made."""

    style: str
    log_bytes: int
    seed: int


def plan(sessions: int, total_bytes: int, seed: int = 1) -> list[Planned]:
    """A store's sessions: styles by their shares, sizes as of real ones, so many bytes in all."""
    rng = random.Random(seed)
    whole = sum(style.share for style in STYLES.values())
    names = [
        name for name, style in STYLES.items() for _ in range(-(-style.share * sessions // whole))
    ]
    rng.shuffle(names)
    sizes = [rng.lognormvariate(math.log(_MEDIAN_BYTES), _SIGMA) for _ in range(sessions)]
    scale = total_bytes / sum(sizes)
    for _ in range(4):  # what is cut off at the top goes to the others
        sizes = [min(_LARGEST_BYTES, max(_SMALLEST_BYTES, size * scale)) for size in sizes]
        scale = total_bytes / sum(sizes)
    return [
        Planned(name, int(size), number)
        for number, (name, size) in enumerate(zip(names, sizes, strict=False))
    ]


def make_store(home: Path, planned: list[Planned], processes: int | None = None) -> list[Made]:
    """Write all of them to a home, the truth to `<home>/truth/<id>.jsonl`; what was made."""
    Home(str(home)).create()
    (home / _TRUTH).mkdir(exist_ok=True, mode=0o700)
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        made = list(pool.map(_make_stored, [home] * len(planned), planned, chunksize=4))
    (home / _TRUTH / "made.json").write_text(json.dumps(made))
    return made


def _make_stored(home: Path, planned: Planned) -> Made:
    made, stood = make_session(home / "logs", planned.style, planned.log_bytes, planned.seed)
    summarise(home, made.session_id)
    with (home / _TRUTH / f"{made.session_id}.jsonl").open("w") as out:
        out.writelines(json.dumps(line) + "\n" for line in stood)
    return made


def summarise(home: Path, session_id: str) -> None:
    """Write the summary beside a log, as the recorder does when the session ends."""
    store = Home(str(home))
    write_meta(store.meta(session_id), rebuild(Session(session_id, store.logs)))


def made_in(home: Path) -> list[Made]:
    """What `make_store` made there."""
    return [Made(*fields) for fields in json.loads((home / _TRUTH / "made.json").read_text())]


def truth_of(home: Path, session_id: str) -> Iterator[Stood]:
    """The lines that stood in a session of such a store."""
    with (home / _TRUTH / f"{session_id}.jsonl").open() as lines:
        yield from (Stood(*json.loads(line)) for line in lines)
