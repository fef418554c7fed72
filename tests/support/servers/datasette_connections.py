"""Close or avoid the SQLite connections that Datasette 0.65 opens and never closes.

Each is a ResourceWarning from Python 3.13 on. One is opened when ``filters`` is imported, one to read
SQLite's version, one for each table page (``detect_json1``). The warning comes with the next garbage
collection and does not say who opened the connection, so a filter of warnings would also hide unclosed
connections of our own. The first two are collected here; the third is not opened.
"""

import gc
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ResourceWarning)
    from datasette import facets, filters  # type: ignore[import-untyped]  # it ships no types
    from datasette.utils.sqlite import sqlite_version  # type: ignore[import-untyped]  # the same

    sqlite_version()
    gc.collect()


def has_json() -> bool:
    """Answer as every SQLite that this project supports does."""
    return True


facets.detect_json1 = filters.detect_json1 = has_json
