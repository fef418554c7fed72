"""A plugin of Datasette's and of sqlite-utils': both know the archive's SQL functions once it is installed.

Both find it by its entry point, and neither is needed for it: their hooks are pluggy's, told by name.
"""

from typing import Any

from pluggy import HookimplMarker

from archive.store import register_sql_functions


@HookimplMarker("datasette")
@HookimplMarker("sqlite_utils")
def prepare_connection(conn: Any) -> None:
    # A sqlite3.Connection, of which only the store knows.
    register_sql_functions(conn)
