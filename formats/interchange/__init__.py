"""Recordings in the formats of other tools: bytes in, entries out, and back.

A reader takes a binary file and gives the entries of a session, the first of them its `start`
event; what it had to skip it counts in a `Damage`. A writer takes such entries, the first a
`start` event with the size, and gives pieces of bytes; what its format cannot hold it counts in a
`LeftOut`. No reader holds more than one record of a file, and none allocates what a length field
claims.

None of these formats holds all that a session does: most hold text, where terminals see bytes.
"""
