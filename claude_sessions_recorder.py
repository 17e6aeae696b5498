"""The one way into every command: imports our packages safely, runs a command, prints its error.

Each console script is a `Command` here. The packages have plain names (`formats`, `recorder`,
`player`), so a user's `PYTHONPATH=.` in a project with a `formats.py` of its own would shadow
them: our own folder stands first on `sys.path` while they are imported, and only then. Neither
the environment nor, once they are imported, `sys.path` differs from what the user gave, for us
and for what we start.

This module knows no option but `--version`, and `--fix-tty`, of which it does not warn. Errors are
printed here and nowhere else. People who start `cs-rec` wait for their own program: what this
module imports Python has loaded anyway.
"""

from __future__ import annotations

import os
import sys

FAILED = 2
INTERRUPTED = 128 + 2  # SIGINT
HERE = os.path.dirname(os.path.abspath(__file__))


class Command:
    """The command `cs-NAME`: runs `main(argv) -> int` of its module.

    `failure` is the exit code of a fault of ours. A command that passes on the exit code of
    another program needs one that this program is unlikely to use, as env(1) and timeout(1) do.
    """

    def __init__(self, name: str, module: str, failure: int = FAILED) -> None:
        self.name = name
        self.module = module
        self.failure = failure

    def __call__(self, argv: list[str] | None = None) -> int:
        """Run it with `argv`, by default this process's arguments. Gives the exit code."""
        _open_closed_descriptors()
        try:
            code = self._run(sys.argv[1:] if argv is None else argv)
            if sys.stdout is not None:
                sys.stdout.flush()
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            # Whoever read us has seen enough (`cs-ls | head -1`): that is no error.
            _discard_stdout()
            return 0
        except Exception as error:  # noqa: BLE001 - the last place that can turn it into one line
            _discard_stdout()
            return self._failed(error)
        return code

    def _run(self, argv: list[str]) -> int:
        _import_packages("formats")
        ours = argv[: argv.index("--")] if "--" in argv else argv
        if "--version" in ours:
            from formats import VERSION  # noqa: PLC0415 - only now surely our own

            print(f"cs-{self.name} {VERSION}")
            return 0
        if "--fix-tty" not in ours:
            self._warn_of_a_raw_terminal()
        _import_packages(self.module.partition(".")[0])
        _never_fail_on_a_character()
        module = __import__(self.module, fromlist=["main"])
        try:
            code: int = module.main(argv)
        except SystemExit as stop:
            # Only argparse leaves so: 0 after --help, 2 after a wrong option.
            return self.failure if stop.code == FAILED else int(stop.code or 0)
        return code

    def _warn_of_a_raw_terminal(self) -> None:
        """A recorder that was killed leaves its terminal raw: say how to restore it.

        One ioctl where it is not, which is always.
        """
        if sys.stderr is None or not os.isatty(2):
            return
        import termios  # noqa: PLC0415

        try:
            if termios.tcgetattr(2)[3] & termios.ICANON:
                return
            from formats.layout import Home  # noqa: PLC0415
            from formats.run import left_on  # noqa: PLC0415

            left = left_on(Home.of(os.environ), os.ttyname(2))
        except (OSError, termios.error):
            return
        if left is not None:
            shown = left.session_id[:8]
            # A raw terminal goes to the next line, but not to its beginning.
            self._say(f"the recorder of {shown} was killed here; cs-rec --fix-tty restores it\r")

    def _failed(self, error: Exception) -> int:
        """Say in one line what went wrong. Gives the exit code."""
        if os.environ.get("CS_DEBUG") == "1":
            sys.excepthook(type(error), error, error.__traceback__)
        try:
            from formats.errors import SessionsError, printable  # noqa: PLC0415 - see _run
        except ImportError as broken:
            self._say(f"broken installation: {broken}; install claude-sessions-recorder again")
            return self.failure
        if isinstance(error, SessionsError):
            self._say(str(error))
            return self.failure if error.exit_code == FAILED else error.exit_code
        if isinstance(error, OSError) and error.strerror:
            # A full disk or a missing permission is no fault in the program.
            named = isinstance(error.filename, (str, bytes))  # it may be a descriptor
            place = f"{printable(os.fsdecode(error.filename), 300)}: " if named else ""
            self._say(f"{place}{error.strerror}")
            return self.failure
        what = printable(f"{type(error).__name__}: {error}", 300)
        self._say(f"internal error: {what} (CS_DEBUG=1 shows where)")
        return self.failure

    def _say(self, words: str) -> None:
        if sys.stderr is None:
            return
        try:
            print(f"cs-{self.name}: {words}", file=sys.stderr, flush=True)
        except OSError:  # nobody is left to tell, and Python's flush at exit must not fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


rec = Command("rec", "recorder.cli", failure=125)
play = Command("play", "player.cli.play")
grep = Command("grep", "player.cli.grep")
ls = Command("ls", "player.cli.ls")
du = Command("du", "player.cli.du")
export = Command("export", "player.cli.export")
import_ = Command("import", "player.cli.import_")
index = Command("index", "player.cli.index")
info = Command("info", "player.cli.info")
mark = Command("mark", "player.cli.mark")
meta = Command("meta", "player.cli.meta")
pin = Command("pin", "player.cli.pin")
prune = Command("prune", "player.cli.prune")
redact = Command("redact", "player.cli.redact")
restore = Command("restore", "player.cli.restore")
rm = Command("rm", "player.cli.rm")
repair = Command("repair", "player.cli.repair")
text = Command("text", "player.cli.text")
verify = Command("verify", "player.cli.verify")

COMMANDS = {found.name: found for found in tuple(globals().values()) if isinstance(found, Command)}


def main(argv: list[str] | None = None) -> int:
    """`python -m claude_sessions_recorder NAME …` is `cs-NAME …`. Gives the exit code."""
    name, *arguments = (sys.argv[1:] if argv is None else argv) or [""]
    if name in COMMANDS:
        return COMMANDS[name](arguments)
    asked = name in {"-h", "--help"}
    usage = f"usage: python -m claude_sessions_recorder {{{','.join(COMMANDS)}}} ..."
    print(usage, file=sys.stdout if asked else sys.stderr)
    return 0 if asked else FAILED


def _import_packages(*names: str) -> None:
    """Import the packages from beside this file, whatever shadows them.

    Their modules are then found through the packages: nothing need stay on `sys.path`.
    """
    sys.path.insert(0, HERE)
    try:
        for name in names:
            __import__(name)
    finally:
        sys.path.remove(HERE)


def _open_closed_descriptors() -> None:
    """Open what is closed of 0, 1 and 2 on /dev/null.

    Else the next file to be opened, maybe a log, takes the number and what is meant for a screen.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _never_fail_on_a_character() -> None:
    """Escape what stdout's encoding cannot hold: names of files and titles may be any bytes."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # a stdout that is closed has none
    if reconfigure is not None and sys.stdout.errors == "strict":
        reconfigure(errors="backslashreplace")


def _discard_stdout() -> None:
    """Lead what stdout still holds to /dev/null: Python's own flush at exit would fail again."""
    if sys.stdout is None:
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
    except OSError:  # no file can be opened: that is being told
        return
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


if __name__ == "__main__":
    sys.exit(main())
