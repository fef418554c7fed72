"""Check payloads, articles and sections, and remember what is sound: the next check skips it if unchanged."""
