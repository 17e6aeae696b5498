"""The text of a session as a person would read it, and the forms it is written in."""
