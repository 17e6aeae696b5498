"""A headless Chromium, driven over a pipe: no port, no library.

The Chrome DevTools Protocol is JSON messages that end with a zero byte, on descriptors 3 and 4.
"""

from __future__ import annotations

import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 40


def chromium() -> str | None:
    """The program, if it is here."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One Chromium; `page` opens pages in it."""

    def __init__(self) -> None:
        program = chromium()
        assert program is not None
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        from_us, self._out = os.pipe()
        self._in, to_us = os.pipe()
        argv = [
            program,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--remote-debugging-pipe",
            "--window-size=1200,800",
            f"--user-data-dir={self._folder.name}",
            "about:blank",
        ]
        # The shell puts the pipes where Chromium looks for them.
        line = f'exec "$@" 3<&{from_us} 4>&{to_us}'
        self._process = subprocess.Popen(
            ["bash", "-c", line, "chromium", *argv],
            pass_fds=(from_us, to_us),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"HOME": self._folder.name},
        )
        os.close(from_us)
        os.close(to_us)
        self._numbers = itertools.count(1)
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The result of a command; events that come meanwhile are kept."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            answer = self._message(deadline)
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer)
                return answer["result"]
            self.events.append(answer)

    def _message(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            left = deadline - time.monotonic()
            assert left > 0, "Chromium does not answer"
            if select.select([self._in], [], [], left)[0]:
                data = os.read(self._in, 1 << 20)
                assert data, "Chromium is gone"
                self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def page(self, url: str) -> Page:
        """A new page, loaded."""
        return Page(self, url)

    def close(self) -> None:
        try:
            self.ask("Browser.close")
        finally:
            os.close(self._out)
            os.close(self._in)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._folder.cleanup()


class Page:
    """A page in a browser. `requests`: what it asked for; `complaints`: errors of its console."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.ask("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Page.navigate", url=url)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.ask(method, self._session, **parameters)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str, patience_s: float = _PATIENCE_S) -> Any:
        """The value of an expression as soon as it is true."""
        deadline = time.monotonic() + patience_s
        while not (value := self.run(script)):
            assert time.monotonic() < deadline, script
            time.sleep(0.02)
        return value

    def close(self) -> None:
        self._browser.ask("Target.closeTarget", targetId=self._target)

    def key(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def picture(self) -> bytes:
        """A screenshot as PNG."""
        import base64  # noqa: PLC0415  only where somebody looks

        return base64.b64decode(self.ask("Page.captureScreenshot")["data"])

    def _events(self, method: str) -> Iterator[dict[str, Any]]:
        self.run("0")  # what happened before has arrived when this is answered
        for event in self._browser.events:
            if event.get("sessionId") == self._session and event["method"] == method:
                yield event["params"]

    @property
    def requests(self) -> list[str]:
        """What the page has asked for beside itself."""
        found = [event["request"]["url"] for event in self._events("Network.requestWillBeSent")]
        return [url for url in found if url.partition("#")[0] != self._url.partition("#")[0]]

    @property
    def complaints(self) -> list[str]:
        """Errors that the browser or the page's own script reported."""
        logged = [event["entry"] for event in self._events("Log.entryAdded")]
        thrown = [event["exceptionDetails"] for event in self._events("Runtime.exceptionThrown")]
        return [str(one) for one in (*logged, *thrown)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests of a run: starting it takes a second."""
    if chromium() is None:
        pytest.skip("there is no Chromium here; .ci/run installs it")
    made = Browser()
    yield made
    made.close()
