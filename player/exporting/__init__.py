"""Sessions in other forms: entries are prepared (cut, sped up), then a writer takes them."""
