"""The HTML page in a real browser: it plays, seeks, finds, and asks for nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.marks import add_mark
from formats.session import Session
from player.replay.replay import Replay
from tests.support.browser import Browser, Page, browser
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log
from tests.support.recordings import each_recording

if TYPE_CHECKING:
    from pathlib import Path


pytest.importorskip("pyghostty")

__all__ = ["browser"]

HOSTILE = "</script><img src=http://127.0.0.1:9/x><script>document.title='owned'</script>"
LINK = "\x1b]8;;{}\x1b\\{}\x1b]8;;\x1b\\"
KEY = "ghp_0123456789abcdefABCDEF0123456789abcd"


def _opened(browser: Browser, cs, session: object, tmp_path: Path, *options: str) -> Page:
    out = tmp_path / "page.html"
    done = cs("export", session, "-o", out, *options)
    assert done.returncode == 0, done.stderr
    page = browser.page(out.as_uri())
    page.until("document.getElementById('stage')?.dataset.ready")
    return page


def _seek(page: Page, ms: int) -> None:
    """And see it there, before a page that is playing goes on."""
    at = page.run(f"""(() => {{ const bar = document.getElementById('seek'); bar.value = {ms};
        bar.dispatchEvent(new Event('input'));
        return document.getElementById('screen').dataset.at; }})()""")
    assert at == str(ms)


def _text(page: Page) -> list[str]:
    rows = "[...document.getElementById('screen').children].map((row) => row.textContent)"
    return [row.rstrip() for row in page.run(rows)]


def _as_seen(replay: Replay, ms: int) -> list[str]:
    return [row.rstrip() for row in replay.seek(ms * 1000).text()]


@each_recording
def test_it_shows_at_any_time_what_our_screen_shows(browser, cs, recording, home, tmp_path) -> None:
    page = _opened(browser, cs, recording, tmp_path, "--no-redact")
    replay = Replay(Session.at(str(recording)), index=False)
    length = replay.duration_us // 1000
    # Backwards and forwards, so that no moment leans on the one before.
    for part in (0.6, 0.2, 0.97, 0.45, 0.71, 1):
        ms = int(length * part)
        _seek(page, ms)
        assert _text(page) == _as_seen(replay, ms), ms
    assert not page.requests
    assert not page.complaints


@pytest.fixture
def talk(home: Path) -> str:
    session_id = store_log(
        home,
        start(40, 10, title=f"a talk {HOSTILE}"),
        Said(0, b"first\r\n"),
        Said(1000, b"\x1b[1;31mred\x1b[0m \xe6\x97\xa5\xe6\x9c\xac| \x1b[44;4mblue\x1b[0m\r\n"),
        Said(1500, f"{HOSTILE}\r\n".encode()),
        Said(1800, (LINK.format("javascript:alert(1)", "bad") + " ").encode()),
        Said(1900, (LINK.format("https://example.org/?a=1&b=2", "good") + "\r\n").encode()),
        Said(2000, {"type": "resize", "cols": 50, "rows": 12}),
        Said(2500, {"type": "marker", "label": f"built {HOSTILE}"}),
        Said(60_000, b"\x1b[?25lwhere words go on in\r\nthe next line\r\n"),
        Said(61_000, f"token={KEY}\r\n".encode()),
        ended(62_000, 3),
    )
    add_mark(Home(str(home)), session_id, BEGINNING_US + 5_000_000, "mine")
    return session_id


@pytest.fixture
def page(browser: Browser, cs, talk: str, tmp_path: Path) -> Page:
    return _opened(browser, cs, talk, tmp_path)


def test_before_anything_is_drawn_it_is_an_empty_screen_of_its_size(
    browser, cs, home, tmp_path
) -> None:
    late = store_log(home, start(40, 10), Said(5000, b"late"), ended(6000))
    page = _opened(browser, cs, late, tmp_path)
    assert page.run("document.getElementById('screen').children.length") == 10
    assert page.run("document.getElementById('screen').innerText.trim()") == ""
    # All of it is to be seen without scrolling.
    bottom = "document.getElementById('bar').getBoundingClientRect().top"
    assert page.run(f"document.getElementById('stage').getBoundingClientRect().bottom <= {bottom}")


def test_it_plays_pauses_and_skips_what_is_idle(page) -> None:
    at = "Number(document.getElementById('screen').dataset.at)"
    assert page.run(at) == 0
    page.key(" ")
    assert page.run("document.getElementById('stage').dataset.state") == "playing"
    page.until(f"{at} > 100 && {at} < 20000")
    page.key(" ")
    assert page.run("document.getElementById('stage').dataset.state") == "paused"
    stands = page.run(at)
    assert page.run(f"new Promise((done) => setTimeout(() => done({at}), 60))") == stands
    # The minute without a change: two seconds of it are played.
    _seek(page, 4100)
    page.key(" ")
    page.until(f"{at} >= 60000", 5)
    page.key("i")
    _seek(page, 10_000)
    assert page.run(f"new Promise((done) => setTimeout(() => done({at}), 200))") < 12_000
    for _ in range(5):
        page.key(">")
    assert page.run("document.getElementById('speed').value") == "16"
    _seek(page, 59_000)
    page.until("document.getElementById('stage').dataset.state === 'paused'", 5)
    assert page.run(at) == 62_000


def test_keys_and_marks_go_through_it(page) -> None:
    at = "Number(document.getElementById('screen').dataset.at)"
    for key, wanted in [
        ("End", 62_000),
        ("ArrowLeft", 57_000),
        ("[", 5000),
        ("[", 2500),
        ("]", 5000),
        ("5", 31_000),
        ("Home", 0),
        (".", 1000),
        (".", 1500),
        (",", 1000),
        ("ArrowRight", 6000),
    ]:
        page.key(key)
        assert page.run(at) == wanted, key
    marks = page.run("[...document.querySelectorAll('#marks b')].map((mark) => mark.title)")
    assert marks == [f"0:02 built {HOSTILE}", "0:05 mine"]
    page.key("?")
    assert "speed" not in page.run("document.getElementById('help').hidden ? 'speed' : 'shown'")


def test_lines_are_found_and_jumped_to(page) -> None:
    page.key("/")
    page.type("WORDS go on in the next")  # upper case: no such words
    assert page.run("document.getElementById('count').textContent") == "0 lines"
    page.key("Escape")
    page.key("/")
    page.type("words go on in the next")
    assert page.run("document.getElementById('count').textContent") == "1 line"
    page.key("Enter")
    assert page.run("document.getElementById('screen').dataset.at") == "60000"
    assert "where words go on in" in _text(page)
    page.run("document.querySelector('#results button').click()")
    assert page.run("document.getElementById('screen').dataset.at") == "60000"


def test_colours_widths_sizes_and_the_cursor(page) -> None:
    _seek(page, 1400)
    spans = "[...document.querySelectorAll('#screen span')]"
    style = f"getComputedStyle({spans}.find((one) => one.textContent === '{{}}'))"
    red = style.format("red")
    assert page.run(f"{red}.color") == "rgb(240, 138, 147)"  # bright, as it is bold
    assert page.run(f"{red}.fontWeight") == "700"
    blue = style.format("blue")
    assert page.run(f"{blue}.backgroundColor") == "rgb(97, 175, 239)"
    assert page.run(f"{blue}.textDecorationLine") == "underline"
    # Columns are where they are, whatever the fonts: a bar behind two wide characters.
    left = """(() => { const row = document.getElementById('screen').children[1];
        const range = document.createRange(), walker = document.createTreeWalker(row, 4);
        while (walker.nextNode()) if (walker.currentNode.data.includes('|')) break;
        const place = walker.currentNode.data.indexOf('|');
        range.setStart(walker.currentNode, place); range.setEnd(walker.currentNode, place + 1);
        const box = range.getBoundingClientRect(), left = row.getBoundingClientRect().left;
        return (box.left - left) / box.width; })()"""
    assert abs(page.run(left) - 8) < 0.05
    assert len(_text(page)) == 10
    assert page.run("document.getElementById('cursor').hidden") is False
    _seek(page, 60_500)
    assert len(_text(page)) == 12
    assert page.run("document.getElementById('cursor').hidden") is True


def test_nothing_of_a_recording_acts_on_the_page(page, tmp_path) -> None:
    _seek(page, 3000)
    assert HOSTILE[:20] in "".join(_text(page))
    assert page.run("document.title") == f"a talk {HOSTILE}"
    assert page.run("document.getElementById('title').textContent") == f"a talk {HOSTILE}"
    links = page.run("[...document.links].map((one) => [one.href, one.rel, one.textContent])")
    rel = "noopener noreferrer nofollow"
    assert links == [["https://example.org/?a=1&b=2", rel, "good"]]
    assert page.run("document.images.length") == 0
    assert not page.requests
    assert not page.complaints
    # Whatever else might come of a recording is refused by the page's own policy.
    tried = """new Promise((done) => { document.addEventListener('securitypolicyviolation',
        (event) => done(event.effectiveDirective)); new Image().src = 'http://127.0.0.1:9/x'; })"""
    assert page.run(tried) == "img-src"
    made = (tmp_path / "page.html").read_text()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', made)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]


def test_secrets_are_masked_and_the_page_says_so(browser, cs, page, talk, tmp_path) -> None:
    about = "document.getElementById('about').textContent"
    assert "masked (best effort)" in page.run(about)
    _seek(page, 62_000)
    assert f"token={'*' * len(KEY)}" in _text(page)
    page = _opened(browser, cs, talk, tmp_path, "--no-redact", "--force")
    assert "unredacted" in page.run(about)
    _seek(page, 62_000)
    assert f"token={KEY}" in _text(page)


def test_a_part_of_it_begins_with_the_screen_as_it_was(browser, cs, talk, tmp_path) -> None:
    page = _opened(
        browser, cs, talk, tmp_path, "--from", "1.2", "--to", "60.5", "-s", "2", "-i", "1"
    )
    assert "first" in _text(page)
    length = page.run("Number(document.getElementById('seek').max)")
    assert 1400 < length < 3000
    _seek(page, length)
    assert "the next line" in _text(page)
