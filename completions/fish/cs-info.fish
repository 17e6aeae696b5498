# Made by scripts/cli-docs; do not edit.
source (path dirname (status filename))/claude-sessions.fish
