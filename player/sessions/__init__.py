"""Sessions as a list and one by one: what is said of them and how it is laid out."""
