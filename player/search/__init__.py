"""Finding lines: patterns, a sieve for many lines at once, and hits."""
