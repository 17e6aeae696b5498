"""Screen lines: from the bytes of a log to every line that stood on its screen, and when."""
