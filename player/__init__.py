"""The read side: playback, the screen engine, search, listing."""
