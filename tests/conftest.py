"""What tests share: a home of their own, the installed commands, the golden logs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.support.forked import Forked

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent

# What is ignored here is ignored by everything that the tests start: nohup ignores a hang-up, and a
# shell's `&` an interrupt.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Compile all that is ours before any test: once, not in each worker.

    What a full disk meets in its first import is else cut by it, and Python believes what it has
    compiled: CPython issue 126606. Each later import fails then.
    """
    if not hasattr(config, "workerinput"):
        import compileall  # noqa: PLC0415  not in each worker

        for package in ("formats", "recorder", "player"):
            compileall.compile_dir(TESTS.parent / package, quiet=1)


class Cs(Protocol):
    """Runs an installed command to its end: `cs("ls", "--json")`."""

    def __call__(
        self, name: str, *arguments: str | Path, **options: Any
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session", autouse=True)
def _environment_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test meets the user's sessions or settings, not even one that asks for no `home`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CS_SESSION_ID", "CS_DEBUG", "COLUMNS", "LINES", "PYTHONPATH"):
            patch.delenv(name, raising=False)
        patch.setenv("CLAUDE_SESSIONS_HOME", str(tmp_path_factory.mktemp("nobody") / "home"))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, 0700, that CLAUDE_SESSIONS_HOME names."""
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    monkeypatch.setenv("CLAUDE_SESSIONS_HOME", str(path))
    return path


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks on the wall show UTC, here and in the commands."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def commands() -> Path:
    """The folder that holds the installed `cs-…` scripts."""
    folder = Path(sys.executable).parent
    assert (folder / "cs-rec").exists(), f"not installed: {sys.executable} -m pip install -e ."
    return folder


@pytest.fixture(scope="session")
def forked() -> Iterator[Forked]:
    """A process that has the commands loaded, and forks for each that is to be run."""
    loaded = Forked()
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def cs(commands: Path, forked: Forked) -> Cs:
    """Runs `cs-NAME` with nothing on stdin. Text is UTF-8; bytes that are not come as surrogates.

    Keywords are those of subprocess.run; `env` is added to the environment. With any but `cwd` the
    installed script is started; without, the same command is forked, which is a tenth of a second
    of processor time less.
    """

    def run(name: str, *arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        if options.keys() <= {"cwd"}:
            done = forked.run([name, *map(str, arguments)], **options)
            if done is not None:
                return done
        options["env"] = {**os.environ, **options.get("env", {})}
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        if "stdout" not in options and "stderr" not in options:
            options.setdefault("capture_output", True)
        return subprocess.run(
            [commands / f"cs-{name}", *arguments],
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
            **{"timeout": 30, **options},
        )

    return run


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of the golden logs. They belong to the tests: a clean clone has all of them."""
    return TESTS / "data"
