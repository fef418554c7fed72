"""Commands that collect captures."""
