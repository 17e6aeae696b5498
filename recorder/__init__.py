"""The write side: a child under a PTY, the relay, the log, rotation, sealing."""
