"""A dataset of captures: written, listed, checked and read."""
