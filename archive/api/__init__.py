"""An archive as Python objects: ``from archive import open_archive``. Described in ``docs/python.md``."""
