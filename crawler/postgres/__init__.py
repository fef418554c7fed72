"""A frontier and a gate that several crawlers share, in a PostgreSQL database.

Imported only by crawls that share one, since it needs psycopg.
"""

from archive.errors import FrontierError

try:
    import psycopg as psycopg
except ImportError as error:  # psycopg or libpq, which it loads
    raise FrontierError(
        "a shared frontier needs psycopg, which is not installed: pip install 'taz-archive[postgres]'"
    ) from error
