"""Any moment of a session: its entries in time, keyframes to begin from, the screen as it was."""
