"""The run history, and how each source and the whole archive are doing."""
