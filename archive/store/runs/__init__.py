"""The run history, the health of sources, and totals of the archive."""
