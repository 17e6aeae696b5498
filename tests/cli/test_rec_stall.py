"""A terminal that is stopped, and memory that does not grow."""

from __future__ import annotations

import base64
import json
import os
import resource
import signal
import time

import pytest

from recorder.relay import READ_BYTES
from tests.support.child import numbers
from tests.support.recording import COMMAND, cpu_s, rss_kib, state

pytestmark = pytest.mark.usefixtures("linux")
# What an interpreter's allocator may keep of one pass or another.
SLACK_KIB = 1024


def stalled(cs_rec, tmp_path, seconds):
    """Nobody reads the screen for a while: how memory, output and keys fare."""
    typed = tmp_path / "typed"
    terminal = cs_rec.start(".", *cs_rec.child("keys", typed))
    terminal.wait_for(b"READY")
    terminal.until(lambda: len(terminal.screen) > 2_000_000)
    before_kib = rss_kib(terminal.pid)

    end = time.monotonic() + seconds
    keys = b""
    while time.monotonic() < end:
        key = b"%c" % (ord("A") + len(keys) % 26)
        terminal.type(key, read=False)
        keys += key
        terminal.until(lambda: typed.read_bytes() == keys, read=False, limit_s=2)  # noqa: B023
        assert rss_kib(terminal.pid) - before_kib < SLACK_KIB
    assert len(keys) > 20 * seconds

    terminal.type(b"q", read=False)
    terminal.until(lambda: typed.read_bytes() == keys + b"q", read=False)
    assert terminal.wait(60) == 0
    log = cs_rec.log
    shown = bytes(terminal.screen)
    assert shown == log.output()
    output, _, size = shown.removeprefix(b"READY").partition(b"END")
    assert len(output) == int(size)
    assert output[:1200] * (len(output) // 1200) != output
    place = 0
    for first in range(0, len(output) // 12, 10_000):
        expected = numbers(first, min(10_000, len(output) // 12 - first))
        assert output[place : place + len(expected)] == expected
        place += len(expected)
    assert log.input() == keys + b"q"


def last_output(path):
    """What the last line of a log holds; nothing while it has no end.

    The whole log is not read: half a line may be cut back in the middle of that.
    """
    with path.open("rb") as file:
        file.seek(-2 * READ_BYTES, os.SEEK_END)
        *_, line, rest = file.read().split(b"\n")
    return b"" if rest else base64.b64decode(json.loads(line)["data"])


class TestTheTerminalIsStopped:
    def test_memory_is_flat_nothing_is_lost_and_keys_go_through(self, cs_rec, tmp_path):
        stalled(cs_rec, tmp_path, 1)

    @pytest.mark.slow
    @pytest.mark.timeout(300)
    def test_for_half_a_minute(self, cs_rec, tmp_path):
        stalled(cs_rec, tmp_path, 30)

    def test_the_recorder_sleeps_meanwhile(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("count", 0))
        terminal.until(lambda: len(terminal.screen) > 100_000)
        used = [cpu_s(terminal.pid)]

        def is_blocked():
            used.append(cpu_s(terminal.pid))
            return len(used) > 50 and used[-1] == used[-30]

        terminal.until(is_blocked, read=False)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_still_ends_the_session(self, cs_rec, number):
        terminal = cs_rec.start(".", *cs_rec.child("count", 0))
        terminal.until(lambda: len(terminal.screen) > 100_000)
        self.block(terminal)
        terminal.signal(number)
        terminal.until(lambda: terminal.process.poll() is not None, read=False, limit_s=8)
        assert terminal.process.returncode == 128 + number
        assert terminal.mode() == terminal.found_mode
        terminal.read_to_end()
        assert cs_rec.log.event("exit")["reason"].endswith(number.name)
        assert cs_rec.log.output().startswith(bytes(terminal.screen).partition(b"\x1b")[0])

    def test_so_it_does_when_the_command_does_not_listen(self, cs_rec):
        line = "trap '' TERM HUP INT; exec yes"
        terminal = cs_rec.start(".", "--", "sh", "-c", line)
        terminal.until(lambda: len(terminal.screen) > 100_000)
        self.block(terminal)
        terminal.signal(signal.SIGTERM)
        terminal.until(lambda: terminal.process.poll() is not None, read=False, limit_s=9)
        assert terminal.process.returncode == 128 + signal.SIGTERM
        assert terminal.mode() == terminal.found_mode
        assert cs_rec.log.event("exit")["signal"] == signal.SIGKILL

    def test_so_it_does_when_it_would_say_how_to_play(self, cs_rec):
        """Without --quiet: the last line must not wait for a terminal that nobody reads."""
        command = [*COMMAND, ".", *cs_rec.child("count", 0)]
        terminal = cs_rec.start(command=command)
        terminal.until(lambda: len(terminal.screen) > 100_000)
        self.block(terminal)
        terminal.signal(signal.SIGTERM)
        terminal.until(lambda: terminal.process.poll() is not None, read=False, limit_s=8)
        assert terminal.process.returncode == 128 + signal.SIGTERM
        assert terminal.mode() == terminal.found_mode

    def test_so_it_does_when_another_process_made_the_terminal_non_blocking(self, cs_rec):
        script = 'python3 -c "import os; os.set_blocking(1, False)"; exec "$@"'
        command = [*COMMAND, "-q", ".", *cs_rec.child("count", 0)]
        terminal = cs_rec.start(command=["sh", "-c", script, "-", *command])
        terminal.until(lambda: len(terminal.screen) > 100_000)
        terminal.signal(signal.SIGTERM)
        terminal.until(lambda: terminal.process.poll() is not None, read=False, limit_s=8)
        assert terminal.process.returncode == 128 + signal.SIGTERM
        assert terminal.mode() == terminal.found_mode
        assert cs_rec.log.event("exit")["reason"].endswith("SIGTERM")

    def block(self, terminal):
        """Wait, without reading, until the recorder does nothing any more."""
        used = []

        def is_blocked():
            used.append(cpu_s(terminal.pid))
            asleep = state(terminal.pid) == "S"
            return asleep and len(used) > 30 and used[-1] == used[-20]

        terminal.until(is_blocked, read=False)


class TestMemory:
    def grown(self, cs_rec, first, second):
        terminal = cs_rec.start(".", *cs_rec.child("stages", first, second))
        terminal.wait_for(b"READY")
        found = []
        for _ in range(2):
            del terminal.screen[:]
            terminal.type(b"x")
            while not terminal.screen.endswith(b"DONE"):
                del terminal.screen[:-8]
                assert terminal.look(5)
            found.append(rss_kib(terminal.pid))
        terminal.type(b"x")
        assert terminal.wait() == 0
        assert cs_rec.log.meta()["output_bytes"] > first + second
        return found[1] - found[0]

    def test_it_is_the_same_after_5_and_after_60_megabytes(self, cs_rec):
        assert self.grown(cs_rec, 5_000_000, 60_000_000) < SLACK_KIB

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_and_after_a_gigabyte(self, cs_rec):
        assert self.grown(cs_rec, 5_000_000, 1_000_000_000) < SLACK_KIB

    def test_it_is_the_same_through_a_flood_while_the_disk_comes_and_goes(self, cs_rec):
        """What waits for the disk is a megabyte; it is there after the first fault, and stays."""
        stages = [4_000_000] * 6
        terminal = cs_rec.start(".", *cs_rec.child("stages", *stages))
        terminal.wait_for(b"READY")
        path = cs_rec.log.files()[0]
        found = []
        for _ in stages:
            limit = os.stat(path).st_size + 300_000  # in the middle of the next stage
            resource.prlimit(terminal.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            del terminal.screen[:]
            terminal.type(b"x")
            while not terminal.screen.endswith(b"DONE"):
                del terminal.screen[:-8]
                assert terminal.look(5)
            found.append(rss_kib(terminal.pid))
            resource.prlimit(terminal.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            terminal.until(lambda: last_output(path).endswith(b"DONE"))
        terminal.type(b"x")
        assert terminal.wait() == 0
        assert max(found) - found[0] < SLACK_KIB
        gaps = cs_rec.log.events("gap")
        assert len(gaps) >= len(stages)
        kept = len(cs_rec.log.output()) + len(cs_rec.log.input())
        written = len(b"READY") + sum(stages) + len(stages) * len(b"DONEx") + 1
        assert kept + sum(gap["bytes"] for gap in gaps) == written
