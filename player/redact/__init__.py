"""Redaction: finds secrets in a session, as sent, shown and typed, and masks them.

Best effort, and no guarantee: what looks like no secret is none to it. `Redaction` is the whole of
it for a session: what is drawn from its `entries` shows no secret. `redacted_text` masks a line of
text, `Finder.find` lists what the rules find in one.
"""
