"""Commands that write an archive for other programs."""
