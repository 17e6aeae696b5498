"""The commands of the reading side: one module a command, and what they share (`console`)."""
