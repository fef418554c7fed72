"""Commands that prove what an archive holds."""
