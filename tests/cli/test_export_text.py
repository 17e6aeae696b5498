"""`cs-export` to text and Markdown: the transcript, without secrets unless they are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("pyghostty")

pytestmark = pytest.mark.usefixtures("utc")

KEY = "ghp_0123456789abcdefABCDEF0123456789abcd"


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(
        home,
        start(title="a talk"),
        Said(1000, b"$ "),
        Said(1500, b"make it", "input"),
        Said(1510, b"make it"),
        Said(2500, b"\r", "input"),
        Said(2510, "\r\n\u256d\u2500\u2500\u2500\u256e\r\n\u2502 a \u2502\r\n".encode()),
        Said(5000, b"made\r\n"),
        ended(9000),
    )


@pytest.fixture
def leak(home: Path) -> str:
    """A key that comes in two pieces, in two places of the stream."""
    return store_log(
        home,
        start(),
        Said(1000, f"\x1b[2;1HGITHUB_TOKEN={KEY[:10]}\x1b[1;1Habove".encode()),
        Said(1500, f"\x1b[2;{14 + 10}H{KEY[10:]}\r\n".encode()),
        Said(4000, b"below\r\n"),
        ended(9000),
    )


def _exported(cs, tmp_path: Path, *arguments: object) -> str:
    done = cs("export", *arguments)
    assert done.returncode == 0, done.stderr
    return (tmp_path / done.stdout.strip()).read_text()


@pytest.mark.parametrize(("ending", "option"), [("txt", []), ("md", ["--markdown"])])
def test_it_is_what_cs_text_prints(cs, talk, tmp_path, ending, option) -> None:
    for redact in ("--redact", "--no-redact"):
        out = tmp_path / f"x{redact}.{ending}"
        assert _exported(cs, tmp_path, talk, redact, "-o", out) == cs("text", talk, *option).stdout
    part = ["--from", "2", "--to", "3"]
    shown = _exported(cs, tmp_path, talk, "-o", tmp_path / f"y.{ending}", *part)
    assert shown == cs("text", talk, *option, *part).stdout


def test_without_what_was_typed_there_are_no_headings(cs, talk, tmp_path) -> None:
    shown = _exported(cs, tmp_path, talk, "-o", tmp_path / "x.md", "--no-input")
    assert "## " not in shown
    assert shown.count("`````") == 2
    assert "$ make it\na\nmade\n" in shown


@pytest.mark.parametrize("ending", ["txt", "md", "txt.gz"])
def test_secrets_are_masked_unless_they_are_wanted(cs, leak, tmp_path, ending) -> None:
    import gzip  # noqa: PLC0415

    out = tmp_path / f"x.{ending}"
    read = gzip.decompress if ending.endswith("gz") else bytes
    done = cs("export", leak, "-o", out)
    assert "masked (best effort); --no-redact leaves all as it is" in done.stderr
    shown = read(out.read_bytes()).decode()
    assert KEY not in shown
    assert KEY[10:] not in shown
    assert f"GITHUB_TOKEN={'*' * len(KEY)}" in shown
    assert "below\n" in shown
    done = cs("export", leak, "-o", out, "--no-redact", "--force")
    assert done.stderr.startswith("cs-export: unredacted: ")
    assert f"GITHUB_TOKEN={KEY}" in read(out.read_bytes()).decode()


def test_to_stdout(cs, talk) -> None:
    assert cs("export", talk, "-f", "text", "-o", "-").stdout == cs("text", talk).stdout


def _long(home: Path, *said: Said) -> str:
    """A session of over 16 MiB, most of it labels."""
    label = {"type": "marker", "label": "some words " * 5000}
    labels = [Said(100_000 + n, label) for n in range(310)]
    return store_log(home, start(), *said, *labels, Said(200_000, b"\r\nthe end"), ended(300_000))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "target"), [("asciicast-v3", "file"), ("asciicast-v3", "-"), ("text", "file")]
)
def test_a_long_session_is_searched_while_it_is_written(cs, home, tmp_path, form, target) -> None:
    """To a file; to stdout not before it is known what there is to be masked."""
    clean = _long(home, Said(0, b"GITHUB_TOKEN=\r\n"))
    order = (*range(1, 40, 2), *range(0, 40, 2))
    pieces = [Said(n, f"\x1b[9;{n + 14}H{KEY[n]}".encode()) for n in order]
    leaky = _long(home, Said(0, b"\x1b[9;1HGITHUB_TOKEN="), *pieces)
    plain = _long(home, Said(0, f"GITHUB_TOKEN={KEY}\r\n".encode()))
    assert cs("index", clean, leaky, plain).returncode == 0
    for session, said in (
        (clean, "no secret found"), (leaky, "1 assignment"), (plain, "1 assignment"),
    ):  # fmt: skip
        path = str(tmp_path / f"{session}.out") if target == "file" else "-"
        done = cs("export", session, "--redact", "-f", form, "-o", path)
        assert said in done.stderr
        assert done.returncode == 0
        written = (tmp_path / f"{session}.out").read_text() if target == "file" else done.stdout
        assert "the end" in written
        as_it_was = cs("export", session, "--no-redact", "-f", form, "-o", "-").stdout
        assert (written == as_it_was) is (session == clean)
        assert len(written) >= len(as_it_was) * 0.9
    assert not list(tmp_path.glob("*.tmp"))
