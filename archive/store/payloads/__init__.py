"""Page bytes: stored once by digest, compressed, and compacted later."""
