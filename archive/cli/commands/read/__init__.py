"""Commands that read an archive."""
