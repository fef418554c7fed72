"""Writing XML: Atom feeds and XHTML."""
