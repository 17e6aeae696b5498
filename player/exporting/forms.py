"""The forms a session can be exported in, and which one a file's name means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from formats.errors import SessionsError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from player.exporting.clearance import Clearance


class ExportError(SessionsError):
    """What was asked for cannot be exported so."""


class Form(NamedTuple):
    """A form: its name, the endings of files that mean it, whether secrets are masked by default.

    `stream`: its bytes come one after another, so that it can go to stdout and be compressed.
    `drawn`: it shows what stood on the screen, so that a screen engine is needed.
    `lined`: it is made of the screen lines that the index keeps.
    """

    name: str
    endings: tuple[str, ...]
    masked: bool = False
    stream: bool = True
    drawn: bool = False
    lined: bool = False


FORMS: Final = (
    Form("asciicast-v3", (".cast",), masked=True),
    Form("asciicast-v2", (".v2.cast",), masked=True),
    Form("asciicast-v1", (".v1.cast",), masked=True),
    Form("text", (".txt",), masked=True, drawn=True, lined=True),
    Form("markdown", (".md",), masked=True, drawn=True, lined=True),
    Form("html", (".html", ".htm"), masked=True, drawn=True),
    Form("svg", (".svg",), masked=True, drawn=True),
    Form("png", (".png",), masked=True, drawn=True),
    Form("gif", (".gif",), masked=True, drawn=True),
    Form("mp4", (".mp4",), masked=True, drawn=True),
    Form("webm", (".webm",), masked=True, drawn=True),
    Form("ttyrec", (".ttyrec", ".tty")),
    Form("typescript", (".typescript", ".script"), stream=False),
    Form("typescript-classic", (), stream=False),
    Form("raw", (".raw",)),
    Form("jsonl", (".jsonl",)),
    Form("tar.gz", (".tar.gz", ".tgz")),
    Form("tar.zst", (".tar.zst",)),
)
NAMES: Final = tuple(form.name for form in FORMS)
COMPRESSIONS: Final = (".gz", ".zst", ".xz")


class Target(NamedTuple):
    """A form, and what its bytes are compressed with: an ending, empty for none."""

    form: Form
    compression: str = ""


class Destination(NamedTuple):
    """Where to and in what form; `replace` says whether a file that exists may go.

    What was written can be seen only with the `clearance` (`player.exporting.output`).
    """

    path: str
    target: Target
    replace: bool = False
    clearance: Clearance | None = None


def form_named(name: str) -> Form:
    """The form of that name, or of files with that ending. ExportError when there is none."""
    found = next((form for form in FORMS if name == form.name or f".{name}" in form.endings), None)
    if found is None:
        message = f"there is no form {printable(name)!r}; there are {', '.join(NAMES)}"
        raise ExportError(message)
    return found


def target_of(path: str, asked: str | None) -> Target:
    """What a file's name means, unless a form was asked for by name.

    Raises ExportError when neither tells it.
    """
    by_ending = sorted(_endings(), key=lambda one: -len(one[0]))
    name = path.lower()
    compression = next((ending for ending in COMPRESSIONS if name.endswith(ending)), "")
    if asked is not None:
        form = form_named(asked)
        whole = any(name.endswith(ending) for ending in form.endings)
        return Target(form, compression if form.stream and not whole else "")
    for ending, form in by_ending:
        if name.endswith(ending):
            return Target(form)
        if compression and form.stream and name.endswith(ending + compression):
            return Target(form, compression)
    known = ", ".join(form.endings[0] for form in FORMS if form.endings)
    message = f"{printable(path, 200)!r} has no ending that says its form ({known}): give --format"
    raise ExportError(message)


def _endings() -> Iterator[tuple[str, Form]]:
    return ((ending, form) for form in FORMS for ending in form.endings)
