"""What was typed after `cs-rec`, as values: the parser, its help, and the split at `--`."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from formats.config import load
from formats.errors import printable
from formats.layout import Home
from formats.size import Size, parse_size
from recorder.errors import RecorderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    Value = TypeVar("Value")

_DESCRIPTION = """\
Record a command's terminal session: all that it shows, all that you type, and when.

COMMAND (default: claude) runs in DIR (default: the current folder) as it would without. Every byte
that it writes and every key that you type goes into a log in ~/.claude-sessions/logs/.
"""
_EPILOG = """\
examples:
  cs-rec                              record claude here
  cs-rec ~/project                    record claude in another folder
  cs-rec . -- bash                    record a shell
  cs-rec --title "release" . -- make release
  cs-rec --no-input . -- vim notes    do not record what is typed
  cs-rec --size 100x30 . -- claude -p "summarise" </dev/null >/dev/null

afterwards:
  cs-ls                 what was recorded
  cs-play last          play it
  cs-grep last error    find what was on its screen

files:
  ~/.claude-sessions/config.toml        settings, as sync = "1s"; an option goes before them
  ~/.claude-sessions/logs/<id>.jsonl    the log, which only you can read

exit status: the command's own; 128+N when signal N killed it; 125 when cs-rec itself failed,
126 when COMMAND cannot be executed, 127 when it is not found.
"""


# EACH is 0: no time at all between an entry and its sync.
_SYNC_S = {"none": None, "100ms": 0.1, "1s": 1.0, "each": 0.0}


class HotKeys(NamedTuple):
    """Keys that the recorder keeps for itself: byte values, None where there is none."""

    mark: int | None = None
    pause: int | None = None


class Options(NamedTuple):
    """Everything that decides how a session is recorded."""

    home: Home
    directory: str
    command: list[str]
    title: str | None
    tags: list[str]
    record_input: bool
    size: Size | None
    quiet: bool
    allow_nested: bool
    fix_tty: bool
    rotate_bytes: int
    idle_limit_s: float | None
    hot_keys: HotKeys
    capture_env: tuple[str, ...]
    sync_s: float | None
    strict: bool
    sign_key: str | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise RecorderError(f"{message}; cs-rec --help shows the usage")


def parse_options(argv: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Flags, then the environment, then config.toml, then the defaults.

    Raises RecorderError for wrong usage, ConfigError for a bad value in the configuration.
    """
    arguments = list(argv)
    split = arguments.index("--") if "--" in arguments else len(arguments)
    typed, command = arguments[:split], arguments[split + 1 :]
    if split < len(arguments) and not command:
        raise RecorderError("no command after --: name one, as cs-rec . -- bash")
    flags = parser().parse_args(typed)
    home = Home.of(environ, flags.home)
    config = load(home, environ, _settings(flags))
    return Options(
        home=home,
        directory=_directory(flags.directory),
        command=command or list(config.command),
        title=flags.title,
        tags=flags.tag,
        record_input=config.record_input and not flags.no_input,
        size=flags.size,
        quiet=flags.quiet or config.quiet,
        allow_nested=flags.allow_nested,
        fix_tty=flags.fix_tty,
        rotate_bytes=config.rotate_bytes,
        idle_limit_s=config.idle_limit_s,
        hot_keys=HotKeys(_key(config.mark_key), _key(config.pause_key)),
        capture_env=config.capture_env,
        sync_s=_SYNC_S[config.sync],
        strict=config.strict or flags.strict,
        sign_key=config.sign_key,
    )


def _settings(flags: argparse.Namespace) -> dict[str, str]:
    """The flags that override a setting, as typed."""
    typed = {
        "rotate_bytes": flags.rotate_bytes,
        "idle_limit_s": flags.idle_limit,
        "mark_key": flags.mark_key,
        "pause_key": flags.pause_key,
        "sync": flags.sync,
    }
    return {key: text for key, text in typed.items() if text is not None}


def parser() -> argparse.ArgumentParser:
    """The parser of `cs-rec`, without what follows `--`."""
    made = _Parser(
        prog="cs-rec",
        usage="cs-rec [options] [DIR] [-- COMMAND ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    made.add_argument(
        "directory", metavar="DIR", nargs="?", default=".", help="where to run it (default: .)"
    )
    _add_session(made.add_argument_group("the session").add_argument)
    _add_log(made.add_argument_group("the log").add_argument)
    add = made.add_argument_group("instead of recording").add_argument
    add(
        "--fix-tty",
        action="store_true",
        help="restore this terminal after a cs-rec that was killed",
    )
    add = made.add_argument_group("common options").add_argument
    add("-h", "--help", action="help", help="show this help")
    add(
        "--home",
        metavar="PATH",
        help="where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)",
    )
    add("--version", action="store_true", help="print the version")
    return made


def _add_session(add: Callable[..., object]) -> None:
    add("--title", metavar="TEXT", type=_text, help="a title that cs-ls shows")
    add("--tag", metavar="TAG", type=_text, action="append", default=[], help="a tag; repeatable")
    add("--no-input", action="store_true", help="do not record what is typed")
    add(
        "--size",
        metavar="COLSxROWS",
        type=_checked(parse_size),
        help="the command's window (default: this terminal's, else 80x24)",
    )
    add("-q", "--quiet", action="store_true", help="say nothing at the start and the end")
    add("--allow-nested", action="store_true", help="record inside a recorded session")
    add("--mark-key", metavar="KEY", help="sets a marker, as ^] (default: none)")
    add("--pause-key", metavar="KEY", help="pauses recording (default: none)")
    add(
        "--idle-limit",
        metavar="S",
        help="longest pause that cs-play keeps, in seconds (the log keeps all of it)",
    )


def _add_log(add: Callable[..., object]) -> None:
    add(
        "--rotate-bytes",
        metavar="N",
        help="go on in a new file after N bytes of log, e.g. 16M (default), 1G",
    )
    add(
        "--sync",
        metavar="WHEN",
        help="what a power cut may cost: none (no promise), 100ms, 1s (default), each (nothing)",
    )
    add(
        "--strict",
        action="store_true",
        help="end the session when its log cannot be written (default: it goes on, and the log "
        "states the gap)",
    )


def _checked(convert: Callable[[str], Value]) -> Callable[[str], Value]:
    """`convert`, its ValueError as argparse's own, so that the message reaches the user."""

    def checked(text: str) -> Value:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def _text(text: str) -> str:
    return printable(os.fsencode(text).decode("utf-8", "replace"), 1000)


def _directory(text: str) -> str:
    path = os.path.abspath(text)
    if "\0" in text or not os.path.isdir(path):
        shown = printable(text)
        hint = f"; to record a command: cs-rec . -- {shown}" if "/" not in text else ""
        raise RecorderError(f"{shown} is not a folder{hint}")
    return path


def _key(text: str | None) -> int | None:
    if text is None:
        return None
    from formats.settings import key_byte  # noqa: PLC0415  most set none

    return key_byte(text)
