"""The page about the session."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from player.times import date_and_clock, elapsed

if TYPE_CHECKING:
    from player.playing.controller import Controller
    from player.playing.plan import Plan

_MOST_MARKERS = 200


def info_lines(plan: Plan, controller: Controller) -> list[str]:
    """What is known of the session, a line each."""
    first, frame = plan.first, controller.frame
    event = first.event or {}
    title = frame.title if frame else ""
    command = event.get("command")
    size = frame.size if frame else plan.size
    facts = {
        "session": plan.session.id,
        "log": plan.session.path,
        "recorded": f"{date_and_clock(first.time_us)}, {elapsed(controller.length_us)} long",
        "command": shlex.join(command) if command else "",
        "directory": event.get("cwd") or "",
        "terminal": event.get("term") or "",
        "screen": f"{size.cols}x{size.rows}" if size else "",
        "title": title,
        "state": "being recorded" if frame and frame.live else "",
    }
    lines = ["About this session"]
    lines += [f"  {name:<11}{value}" for name, value in facts.items() if value]
    markers = [one for one in controller.places.moments if one.kind != "title"]
    if markers:
        lines += ["", f"Markers ({len(markers)})"]
        lines += [
            f"  {elapsed(one.at_us):<16}{one.kind:<14}{one.label}"
            for one in markers[:_MOST_MARKERS]
        ]
    return lines
