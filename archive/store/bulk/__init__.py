"""Captures as facts in parts, and what follows from a part."""
