"""The Merkle tree over all captures: its root, kept up to date, and proofs that a capture is in it."""
