"""What the player shows, as values: rows of a screen in, bytes for a terminal out. Pure."""
