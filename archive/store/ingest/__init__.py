"""Record captures, and derive articles and versions from them."""
