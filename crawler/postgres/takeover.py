"""Take over an archive's frontier: its pages with their schedule and memory, and its change rates."""

from collections import Counter
from datetime import datetime, timedelta

from psycopg import Connection

from archive.errors import FrontierError
from archive.progress import Advance
from archive.store import KnownPage, Reader
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.rows import one_row
from crawler.postgres.schema import create_schema, refuse_unfit
from crawler.postgres.settling import add_to_rates

_COLUMNS = ("kind", "number", *KnownPage._fields[1:])
_COPY = f"COPY pages ({', '.join(_COLUMNS)}) FROM STDIN"
_MICROSECOND = timedelta(microseconds=1)
# The copy of a large archive is one statement, and may wait for the disk of the archive.
_WITHOUT_LIMITS = (
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE pages"
)


def create_frontier(
    database: SharedDatabase, archive: Reader | None = None, advance: Advance = lambda _: None
) -> bool:
    """Create a frontier unless there is one, and take over an archive's. Both are done, or neither.

    Return whether it was created. ``advance`` is called for each page that is taken over.
    """

    def work(connection: Connection) -> bool:
        created = create_schema(connection)
        refuse_unfit(connection, database.name)
        if archive is not None:
            take_over(connection, archive, advance)
        return created

    return database.run(work, is_long=True)


def take_over(connection: Connection, archive: Reader, advance: Advance) -> None:
    """Copy an archive's pages. Raise :exc:`FrontierError` if the frontier has pages already."""
    connection.execute(_WITHOUT_LIMITS)
    if one_row(connection, "SELECT EXISTS (SELECT FROM pages)", [])[0]:
        raise FrontierError("the frontier has pages already: drop it first to take over those of an archive")
    _copy(connection, archive, advance)
    add_to_rates(connection, archive.known_pages.change_rates())
    connection.execute("UPDATE frontier SET newest_article = %s", [archive.known_pages.newest_article()])
    connection.execute("ANALYZE pages")


def _copy(connection: Connection, archive: Reader, advance: Advance) -> None:
    """Copy pages. Those that are due at the same time keep their order: each is due a microsecond later."""
    earlier: Counter[datetime] = Counter()
    with connection.cursor() as cursor, cursor.copy(_COPY.encode()) as copy:
        for page in archive.known_pages.rows():
            due_at = page.due_at + earlier[page.due_at] * _MICROSECOND
            copy.write_row(_row(page._replace(due_at=due_at)))
            earlier[page.due_at] += 1
            advance(1)


def _row(page: KnownPage) -> tuple[object, ...]:
    """Return the values of :data:`_COLUMNS`."""
    kind, number = page.key
    return (kind.value, number, page.priority.value, *page[2:])
