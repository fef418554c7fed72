"""A plugin for Datasette and sqlite-utils that registers the archive's SQL functions.

Both load it by its entry point. It imports neither: pluggy finds the hook by the project's name.
"""

from typing import Any

from pluggy import HookimplMarker

from archive.store import register_sql_functions


@HookimplMarker("datasette")
@HookimplMarker("sqlite_utils")
def prepare_connection(conn: Any) -> None:
    register_sql_functions(conn)
