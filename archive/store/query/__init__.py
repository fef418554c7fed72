"""Questions that readers ask of an archive."""
