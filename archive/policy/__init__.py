"""Pure decisions: when to fetch again, whether a source changed its layout, whether an archive is healthy."""
