"""Proofs that a capture was in an archive, made and checked with the standard library."""
