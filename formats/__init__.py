"""The bytes on disk: entries, segments, sessions, meta, config. No terminal, process or clock."""

VERSION = "0.1.0"
