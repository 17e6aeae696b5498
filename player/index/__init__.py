"""What is kept of a session so that it need not be made again: its screen lines and markers."""
