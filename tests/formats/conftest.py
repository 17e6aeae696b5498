"""Settings of the property tests: files are written in them, so no deadline for one example."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("formats", deadline=None)
settings.load_profile("formats")
