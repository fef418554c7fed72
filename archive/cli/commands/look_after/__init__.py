"""Commands that look after an archive."""
