"""The thread that looks after the log: that it is durable, in its place, and written again soon.

It sleeps for as long as nothing is written: an idle session costs nothing.
"""

from __future__ import annotations

import time
from _thread import allocate_lock, start_new_thread
from typing import TYPE_CHECKING

from recorder.signals import leave_signals_to_the_main_thread

if TYPE_CHECKING:
    from recorder.log import Log

_LOOK_S = 0.1
"""The longest that a log which was removed or cut goes unseen, and a disk that has space again."""
_JOIN_S = 2.0


class Watch:
    """Runs beside the relay. `wake` is called with the log's lock held, and costs next to nothing.

    `sync_s` is the time between two syncs; None where nothing is synced here.
    """

    def __init__(self, log: Log, sync_s: float | None) -> None:
        self._log = log
        self._sync_s = sync_s
        self._asleep = allocate_lock()
        self._asleep.acquire()
        self._stop = allocate_lock()
        self._stop.acquire()
        self._running = allocate_lock()
        self._started = False

    def start(self) -> None:
        """Begin. Not before the command was started: threads and fork do not mix."""
        self._started = True
        self._running.acquire()
        start_new_thread(self._run, ())

    def wake(self) -> None:
        """Something was written, after a time in which nothing was."""
        try:
            self._asleep.release()
        except RuntimeError:  # it is awake already
            return

    def stop(self) -> None:
        """End, when a sync that is at work is done."""
        if not self._started:
            return
        self._started = False
        self._stop.release()
        self.wake()
        self._running.acquire(timeout=_JOIN_S)

    def _run(self) -> None:
        leave_signals_to_the_main_thread()
        try:
            while True:
                self._asleep.acquire()
                if self._attend():
                    return
        finally:
            self._running.release()

    def _attend(self) -> bool:
        """Until nothing is written any more; true when the session ends."""
        look_s = _LOOK_S if self._sync_s is None else min(_LOOK_S, self._sync_s)
        synced_at = time.monotonic()
        while not self._stop.acquire(timeout=look_s):
            due_s = None if self._sync_s is None else self._sync_s * self._log.sync_backoff
            is_due = due_s is not None and time.monotonic() >= synced_at + due_s
            if is_due:
                synced_at = time.monotonic()
            try:
                if not self._log.attend(sync=is_due):
                    return False
            except OSError:  # whatever it is, the session goes on, and so do we
                continue
        return True
