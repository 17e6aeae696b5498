"""Writing the screen of one moment to stdout. The engine runs in a process that may die."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING

from formats.errors import SessionsError
from player.drawing import rendered
from player.playing.frames import decode
from player.playing.plan import make_plan
from player.playing.serving import drawing
from player.playing.worker import Worker, WorkerError

if TYPE_CHECKING:
    from formats.layout import Home
    from formats.session import Session
    from player.playing.plan import Options
    from player.screen.values import Row


def dump(home: Home, session: Session, options: Options) -> int:
    """Write the screen as it was at `options.dump_at`. Gives the exit code."""
    plan = make_plan(options._replace(at=options.dump_at, start=None, end=None), session)
    serve = drawing(home, session, size=options.size, live=False, end_us=None, width=options.width)
    worker = Worker(serve)
    try:
        worker.ask(do="seek", at_us=plan.at_us, whole=True)
        while (answer := worker.answer()) is None:
            select.select([worker], [], [])
    except WorkerError as died:
        message = f"the screen engine failed ({died}): this screen cannot be drawn"
        raise SessionsError(message) from None
    finally:
        worker.close()
    frame = decode(answer)
    rows: list[Row] = [row for _, row in frame.rows]
    data = rendered(options.dump_as, rows, frame.size)
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    return 0
