"""Makes docs/cli.md, the man pages and the completions from the commands' own parsers.

`commands` reads the parsers into values; each other module turns these into one kind of page.
"""
