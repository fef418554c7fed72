"""``changes --post``: its options, and what it posts and prints."""
