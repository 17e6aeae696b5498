"""Recordings that are made up, with what stood on their screens: a corpus to measure search by.

Programs of several kinds are played without running any: how they paint is written down in
`agents` (interfaces of coding agents), `shells` (plain output) and `screens` (full screen). Each
tells a `Stage` what it writes and a `Truth` which lines stood, when and how often; `making` writes
sessions and whole stores. The same seed gives the same bytes. `benchmarks/search.py` uses it.
"""
