"""`cs-rec`: record a command's session. Puts the parts together and says what happened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.layout import new_session_id
from formats.size import DEFAULT_SIZE, Size
from recorder.child import Child, Ending, find_command
from recorder.clock import Clock
from recorder.errors import RecorderError
from recorder.log import Log
from recorder.notice import Notice
from recorder.options import Options, parse_options, parser
from recorder.presence import Presence
from recorder.sealing import Sealing
from recorder.signals import Signals
from recorder.terminal import RESET_MODES, Terminal

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Recording", "main", "parser"]

SESSION_VARIABLE = "CS_SESSION_ID"
_DEFAULT_TERM = "xterm-256color"


def main(argv: list[str]) -> int:
    """Record a session; the exit code is the command's (see --help)."""
    options = parse_options(argv, os.environ)
    if options.fix_tty:
        from recorder.fixtty import fix_tty  # noqa: PLC0415

        return fix_tty(options.home)
    nested_in = os.environ.get(SESSION_VARIABLE)
    if nested_in and not options.allow_nested:
        raise RecorderError(
            f"already inside the recorded session {nested_in[:8]}: --allow-nested records it again"
        )
    # Before anything is made: a command that is not there leaves nothing behind.
    find_command(options.command[0], options.directory, os.environ)
    if options.sign_key is not None:
        from recorder.signing import check_key  # noqa: PLC0415  for who signs alone

        check_key(options.sign_key)
    options.home.create()
    return Recording(options, Terminal.standard()).run()


class Recording:
    """One session from its first line to its last."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        self._options = options
        self._terminal = terminal
        self._id = new_session_id()
        self._size: Size = options.size or terminal.size() or DEFAULT_SIZE
        self._clock = Clock()
        self._sealing = Sealing(options.home, self._id)
        self._presence = Presence(options.home, self._id)
        self._signals = Signals()
        self._notice = Notice(self._signals.wake)
        self._log = Log(
            home=options.home,
            session_id=self._id,
            clock=self._clock,
            rotate_bytes=options.rotate_bytes,
            on_rotated=self._sealing.start,
            on_fault=self._notice.fault,
            sync_s=options.sync_s,
            sign_key=options.sign_key,
        )

    def run(self) -> int:
        """Record until the command ends; the exit code to end with."""
        self._log.start(self._size, self._start_fields())
        with self._signals as signals:
            self._presence.begin(self._terminal, self._log.start_us)
            try:
                child = Child(
                    self._options.command, self._options.directory, self._environ(), self._size
                )
            except BaseException:
                self._presence.end()
                self._log.discard()
                raise
            self._announce()
            self._write_meta(None)
            self._log.watch()
            self._sealing.keep_house()
            try:
                ending = self._relay(child, signals)
            finally:
                self._presence.end()
            code = self._close(ending, signals.ending)
        if signals.ending is None or _takes_writing(2):
            self._conclude()
        if self._failed_strictly():
            raise RecorderError(
                f"the log could not be written ({self._log.fault}) and --strict ends the session"
            )
        return code

    def _failed_strictly(self) -> bool:
        return self._options.strict and self._log.fault is not None

    def _relay(self, child: Child, signals: Signals) -> Ending:
        # The command starts meanwhile.
        from recorder.keyboard import Keyboard  # noqa: PLC0415
        from recorder.relay import Relay  # noqa: PLC0415

        options, log = self._options, self._log
        keyboard = Keyboard(
            child=child,
            terminal=self._terminal,
            log=log,
            clock=self._clock,
            hot_keys=options.hot_keys,
            record=options.record_input,
        )
        relay = Relay(
            child=child,
            terminal=self._terminal,
            log=log,
            keyboard=keyboard,
            signals=signals,
            sealing=self._sealing,
            presence=self._presence,
            notice=self._notice,
            size=self._size,
            fixed_size=options.size is not None,
            strict=options.strict,
        )
        self._terminal.make_raw()
        try:
            return relay.run()
        finally:
            self._terminal.restore(drain=signals.ending is None)

    def _start_fields(self) -> dict[str, Any]:
        options = self._options
        environ = os.environ
        fields: dict[str, Any] = {
            "command": options.command,
            "cwd": options.directory,
            "term": environ.get("TERM") or _DEFAULT_TERM,
        }
        if options.title is not None:
            fields["title"] = options.title
        if options.tags:
            fields["tags"] = options.tags
        if options.idle_limit_s is not None:
            fields["idle_limit_s"] = options.idle_limit_s
        env = {name: environ[name] for name in options.capture_env if name in environ}
        return fields | ({"env": env} if env else {})

    def _environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "TERM": os.environ.get("TERM") or _DEFAULT_TERM,
            SESSION_VARIABLE: self._id,
        }

    def _close(self, ending: Ending, ended_by: int | None) -> int:
        """Write the last line and the summary."""
        event: dict[str, Any] = {"type": "exit"}
        if ending.signal is not None:
            event |= {"signal": ending.signal, "reason": f"killed by {_name(ending.signal)}"}
        else:
            event |= {"status": ending.status, "reason": "exited"}
        if ended_by is not None:
            event["reason"] = f"cs-rec received {_name(ended_by)}"
        elif self._failed_strictly():
            event["reason"] = "the log could not be written"
        self._log.event(event)
        self._log.close()
        self._sealing.finish(self._log.log_bytes)
        self._write_meta(event)
        if (ending.signal is not None or ended_by is not None) and self._terminal.is_tty:
            self._reset_modes()
        return 128 + ended_by if ended_by is not None else ending.exit_code

    def _reset_modes(self) -> None:
        """A killed program cannot put back what it had switched on."""
        fd = self._terminal.output_fd
        if fd is None or not os.isatty(fd):
            return
        if _takes_writing(fd):
            try:
                os.write(fd, RESET_MODES)
            except OSError:
                return

    def _write_meta(self, exit_event: dict[str, Any] | None) -> None:
        from formats.meta import Meta, write_meta  # noqa: PLC0415  the command runs by now

        options, log = self._options, self._log
        meta = Meta(
            session_id=self._id,
            state="recording" if exit_event is None else "ended",
            command=options.command,
            cwd=options.directory,
            title=options.title,
            tags=options.tags,
            term=os.environ.get("TERM") or _DEFAULT_TERM,
            cols=self._size.cols,
            rows=self._size.rows,
            idle_limit_s=options.idle_limit_s,
            start_us=log.start_us,
            end_us=None if exit_event is None else log.last_us,
            entries=log.entries,
            input_bytes=log.input_bytes,
            output_bytes=log.output_bytes,
            log_bytes=log.log_bytes,
            open_bytes=log.open_bytes,
            segments=log.segment,
            markers=log.markers,
            exit_status=exit_event.get("status") if exit_event else None,
            exit_signal=exit_event.get("signal") if exit_event else None,
            exit_reason=exit_event.get("reason") if exit_event else None,
        )
        try:
            write_meta(options.home.meta(self._id), meta)
        except OSError:  # it can be rebuilt from the log at any time
            return

    def _announce(self) -> None:
        if not self._options.quiet:
            _say(f"recording {self._id[:8]} to {self._log.path}")
            if not self._terminal.is_ours:
                _say("in the background: bring it to the front (fg) to type")
            if os.isatty(2):
                from formats.notices import take_notice  # noqa: PLC0415  the command runs by now

                for line in take_notice(self._options.home, self._log.start_us):
                    _say(line)

    def _conclude(self) -> None:
        log = self._log
        if log.fault is not None and not self._options.strict:
            if log.has_gaps:
                _say(f"the log could not always be written ({log.fault}): gaps are marked in it")
            elif not self._notice.said:
                _say(f"the log could not be written at times ({log.fault}): nothing is lost")
        if not self._options.quiet:
            seconds = (log.last_us - log.start_us) / 1e6
            size = (log.input_bytes + log.output_bytes) / 1000
            played = f"cs-play {self._id[:8]}"
            _say(f"recorded {seconds:.1f} s, {size:.1f} kB in {log.path}; play it: {played}")


def _name(number: int) -> str:
    import signal  # noqa: PLC0415

    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _takes_writing(fd: int) -> bool:
    """Whether a line can be written at once: a terminal that somebody stopped would stop us."""
    import select  # noqa: PLC0415

    writable = select.poll()
    writable.register(fd, select.POLLOUT)
    return bool(writable.poll(0))


def _say(words: str) -> None:
    """One line for the user, only while the terminal is not raw.

    Past Python's buffer: what is left in it when nobody reads would change the exit code to 120.
    """
    try:
        os.write(2, os.fsencode(f"cs-rec: {words}\n"))
    except OSError:
        return
