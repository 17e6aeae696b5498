"""Programs that write below what they wrote: a shell, progress bars, an answer that streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.corpus.stage import READ_BYTES, Window, width

if TYPE_CHECKING:
    from benchmarks.corpus.stage import Stage

_REPEATED: Final = ("ok", "  done.", "make: Nothing to be done for 'all'.", "PASSED")
_LEVELS: Final = {"INFO": 32, "WARN": 33, "ERROR": 31, "DEBUG": 36}
_BAR_COLS: Final = 30


class Shell:
    """A prompt, what is typed behind it, and what the commands write."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.window = Window(stage, stage.size.rows - 1)
        self._prompt = f"{stage.text.words(1)[0]}@build:~/project$"

    def command(self) -> None:
        """One is typed and entered."""
        stage, command = self.stage, self.stage.text.command()
        host, _, rest = self._prompt.partition(":")
        stage.write(f"\x1b[01;32m{host}\x1b[00m:\x1b[01;34m{rest[:-1]}\x1b[00m$ ")
        for key in command:
            stage.wait(stage.rng.randint(40, 180))
            stage.typed(key)
            stage.wait(1)
            stage.write(key)
        stage.wait(90)
        stage.typed("\r")
        self.add(f"{self._prompt} {command}")
        stage.write("\r\n")
        stage.wait(stage.rng.randint(5, 400))

    def add(self, line: str) -> None:
        """A line is whole now, wherever it was written."""
        self.window.add(line, max(1, -(-width(line) // self.stage.size.cols)))

    def burst(self, lines: list[str]) -> None:
        """Many lines as fast as they come."""
        stage = self.stage
        waiting = ""
        for number, line in enumerate(lines, 1):
            waiting += _colored(line) + "\r\n"
            if len(waiting) >= READ_BYTES // 2 or number == len(lines):
                stage.wait(stage.rng.choice((0, 1, 1, 2)))
                stage.write(waiting)
                waiting = ""
            self.add(line)

    def end(self) -> None:
        """The last prompt goes."""
        self.stage.wait(1000)
        self.window.clear()


def _colored(line: str) -> str:
    for level, color in _LEVELS.items():
        if level in line:
            return line.replace(level, f"\x1b[{color}m{level}\x1b[0m", 1)
    return line


def plain(stage: Stage, log_bytes: int) -> None:
    """A shell whose commands write a few lines, or thousands."""
    shell, rng, text = Shell(stage), stage.rng, stage.text
    while stage.log_bytes < log_bytes:
        shell.command()
        count = rng.choice((1, 4, 12, 40, 200, 1500))
        lines: list[str] = []
        for _ in range(count):
            kind = rng.random()
            if kind < 0.04:
                lines.append(rng.choice(_REPEATED))
            elif kind < 0.08:  # longer than the window is wide
                lines.append(" ".join(text.words(rng.randint(25, 60))))
            else:
                lines.append(text.log() if kind < 0.6 else text.code())
        shell.burst([line for line in lines if line.strip()])
        stage.wait(rng.randint(500, 9000))
    shell.end()


def bars(stage: Stage, log_bytes: int) -> None:
    """Progress: in one row by carriage returns, in several by going up."""
    shell, rng, text = Shell(stage), stage.rng, stage.text
    while stage.log_bytes < log_bytes:
        shell.command()
        if rng.random() < 0.5:
            _bar(shell, f"Downloading {text.path()}")
        else:
            _layers(shell, [f"{rng.getrandbits(48):012x}: " for _ in range(rng.randint(3, 9))])
        shell.burst([text.log() for _ in range(rng.randint(1, 8))])
        stage.wait(rng.randint(300, 4000))
    shell.end()


def _bar(shell: Shell, name: str) -> None:
    stage, row = shell.stage, ""
    steps = stage.rng.randint(20, 300)
    for step in range(steps + 1):
        full = _BAR_COLS * step // steps
        bar = "#" * full + "." * (_BAR_COLS - full)
        row = f"{name} {100 * step // steps:>3}% [{bar}] {step * 0.7:.1f}/{steps * 0.7:.1f} MB"
        stage.write(f"\r\x1b[K{row}" if step else row)
        stage.wait(stage.rng.randint(30, 110))
    stage.wait(600)
    shell.add(row)
    stage.write("\r\n")


def _layers(shell: Shell, names: list[str]) -> None:
    stage = shell.stage
    done = dict.fromkeys(names, 0)
    stage.write("".join(f"{name}Waiting\r\n" for name in names))
    while any(value < 100 for value in done.values()):
        place = stage.rng.randrange(len(names))
        name = names[place]
        done[name] = min(100, done[name] + stage.rng.randint(1, 9))
        full = 20 * done[name] // 100
        state = f"Downloading [{'=' * full}>{' ' * (20 - full)}] {done[name]:>3}%"
        if done[name] == 100:
            state = "Pull complete"
        up = len(names) - place
        stage.write(f"\x1b[{up}A\x1b[2K\r{name}{state}\r\x1b[{up}B")
        stage.wait(stage.rng.randint(20, 90))
    stage.wait(600)
    for name in names:
        shell.add(f"{name}Pull complete")


def streamed(stage: Stage, log_bytes: int) -> None:
    """An answer that comes by pieces of words; the terminal wraps it."""
    shell, rng, text = Shell(stage), stage.rng, stage.text
    while stage.log_bytes < log_bytes:
        shell.command()
        for _ in range(rng.randint(2, 12)):
            paragraph = text.paragraph()
            place = 0
            while place < len(paragraph):
                step = rng.randint(2, 9)
                stage.write(paragraph[place : place + step])
                place += step
                stage.wait(rng.randint(8, 60))
            shell.add(paragraph)
            stage.write("\r\n")
            stage.wait(30)
            shell.add("")
            stage.write("\r\n")
        stage.wait(rng.randint(1000, 9000))
    shell.end()
