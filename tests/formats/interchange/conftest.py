"""Settings of the property tests, as in tests/formats."""

from __future__ import annotations

from hypothesis import settings

settings.load_profile("formats")
