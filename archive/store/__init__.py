"""The archive: one SQLite file, opened to read or to write.

Code outside this package imports its names from here and from no module below.

A crawl that has nothing to do needs :func:`record_if_idle` only; all other names are loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from archive.store.frontier.quick_check import record_if_idle as record_if_idle

if TYPE_CHECKING:
    from archive.store.public import *  # noqa: F403 - that module lists what is exported
else:
    # Programs that load the plugins of all packages need these and nothing else.
    _LIGHT = {
        "bound_results": "archive.store.sql_functions",
        "is_archive": "archive.store.db.connection",
        "register_sql_functions": "archive.store.sql_functions",
    }

    def __getattr__(name: str) -> object:
        return getattr(import_module(_LIGHT.get(name, "archive.store.public")), name)
