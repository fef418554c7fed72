"""The menus of the paper: sections, topics and authors, and what they list."""
