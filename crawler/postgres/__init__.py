"""A frontier and a gate that several crawlers share, in a PostgreSQL database.

A *crawler* is an archive on a machine, and both are its name. A *run* of it is one crawl, from its beginning
to its end. A run *leases* pages of the frontier, and takes *turns* at the hosts of the gate. The *home* of a
page is the crawler that fetched it last.

Imported only by crawls that share a frontier, since it needs psycopg.
"""

from archive.errors import FrontierError

try:
    import psycopg as psycopg
except ImportError as error:  # psycopg or libpq, which it loads
    raise FrontierError(
        "a shared frontier needs psycopg, which is not installed: pip install 'taz-archive[postgres]'"
    ) from error
