"""The read side: playback, the screen engine, search, listing; `open` is its door for programs."""

TYPE_CHECKING = False  # what typing's is: every command imports this, and typing takes a while

if TYPE_CHECKING:
    from player.opened import OpenedSession

__all__ = ["open"]


def open(session: str, home: str | None = None) -> "OpenedSession":  # noqa: A001  player.open
    """The session that `session` names: id, first 4 or more characters, `last`, `last~N`, path.

    `home` is where sessions lie, by default as for the commands. Raises a
    `formats.errors.SessionsError` whose text is one line for a person.
    """
    from player.opened import OpenedSession  # noqa: PLC0415  importing player costs nothing

    return OpenedSession.named(session, home)
