"""What docs/privacy.md promises and no other test holds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from formats.layout import Home

PAGE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace here; .ci/run installs it")
def test_no_command_opens_a_connection(home: Path, commands: Path, tmp_path: Path) -> None:
    """Sockets of this machine alone, among our own processes."""
    trace = tmp_path / "trace"
    environ = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}
    lines = ["cs-rec . -- echo hello", "cs-index", "cs-grep all hello", "cs-play last"]
    lines += ["cs-export last -o x.html", "cs-export last -o x.cast", "cs-import x.cast"]
    lines += ["cs-redact last", "cs-verify all", "cs-rm last", "cs-ls"]
    argv = ["strace", "-f", "-e", "trace=%network", "-o", str(trace), "sh", "-ec", ";".join(lines)]
    subprocess.run(argv, env=environ, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    families = set(re.findall(r"socket\((\w+)", trace.read_text()))
    assert families <= {"AF_UNIX"}
    assert "exited with 0" in trace.read_text()


@pytest.mark.skipif(not shutil.which("git"), reason="no git here")
def test_git_sees_nothing_of_a_home_in_a_repository(cs, tmp_path: Path) -> None:
    (ignored,) = re.findall(r"`\.gitignore` it:\n\n```\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / ".gitignore").write_text(ignored)
    home = Home(str(tmp_path / ".claude-sessions"))
    assert cs("rec", "--home", home.path, tmp_path, "--", "echo", "hello").returncode == 0
    for name in ("x.cast", "x.jsonl", "x.jsonl.zst"):
        (tmp_path / name).write_text("{}")
    git = ["git", "-C", str(tmp_path), "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q"], check=True, timeout=30)
    status = [*git, "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(status, check=True, capture_output=True, text=True, timeout=30)
    assert seen.stdout.split() == ["??", ".gitignore"]
