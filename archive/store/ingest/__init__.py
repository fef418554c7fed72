"""The way of a capture into the archive: record it, then derive articles and versions from it."""
