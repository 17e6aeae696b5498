"""Our own modules as processes of their own."""

from __future__ import annotations

import os
import signal

from recorder.background import start_module


def test_it_can_be_ended_whatever_thread_started_it():
    """The threads of a recorder take no signals; what they start does."""
    waits, holds = os.pipe()
    found = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    try:
        pid = start_module("code", (), (waits,))  # reads what to do from a pipe that says nothing
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, found)
        os.close(waits)
    os.kill(pid, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM
    os.close(holds)
