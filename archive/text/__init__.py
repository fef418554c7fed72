"""Comparing and normalizing text, without knowledge of the newspaper."""
