"""Bulk work: facts in parts, what follows from a part, and an archive made of parts."""
