"""Parse all captures again with the parser of today, and derive what changed."""
