"""Posts about edits: their text and picture, the services that publish them, and what was posted."""
