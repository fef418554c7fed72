"""The tables of a shared frontier: schema ``taz_archive`` of a PostgreSQL database.

Times are those of the server's clock. ``pages`` has the columns of the archive's table of that name, and what
all crawlers remember of a page. A page has no column for its state: it is leased while ``leased_until`` is in
the future, due if ``ready_at`` is past, and waiting otherwise.
"""

from psycopg import Connection

from archive.errors import FrontierError
from crawler.postgres.connection import SharedDatabase, missing_frontier

SCHEMA_VERSION = 1
_LOCK = 0x74617A61  # of those who create or drop the schema

_TABLES = """
CREATE SCHEMA taz_archive;

-- One row. ``newest_article`` is the highest number of an article that any crawler has archived.
CREATE TABLE frontier (schema_version integer NOT NULL, newest_article bigint NOT NULL DEFAULT 0);

-- One row per run. ``name`` is the machine and the archive; the run is alive until ``lives_until``.
CREATE TABLE crawlers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL, pid integer NOT NULL,
  sources text NOT NULL, started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(), lives_until timestamptz NOT NULL, ended_at timestamptz,
  done_count bigint NOT NULL DEFAULT 0
);
CREATE INDEX crawlers_running ON crawlers (lives_until) WHERE ended_at IS NULL;

-- ``home`` is the name of the crawler that fetched the page last, empty before the first fetch. ``lessee`` is
-- the id of the run that leased it last. ``digest`` identifies the last wording that was read whole.
-- ``first_seen`` is the first good capture of an article. It ``is_present`` unless it was found gone since.
CREATE TABLE pages (
  kind text NOT NULL CHECK (kind IN ('root', 'section', 'topic', 'author', 'article')),
  number bigint NOT NULL CHECK (number >= 0 AND (kind <> 'root' OR number = 0)),
  priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 5),
  due_at timestamptz NOT NULL, leased_until timestamptz,
  ready_at timestamptz NOT NULL GENERATED ALWAYS AS (greatest(due_at, leased_until)) STORED,
  lessee bigint, lease_token bigint NOT NULL DEFAULT 0, home text COLLATE "C" NOT NULL DEFAULT '',
  discovered_at timestamptz NOT NULL, checked_at timestamptz, changed_at timestamptz,
  first_seen timestamptz, published date, digest bytea,
  check_count integer NOT NULL DEFAULT 0 CHECK (check_count >= 0),
  change_count integer NOT NULL DEFAULT 0 CHECK (change_count >= 0),
  failure_count integer NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
  change_score double precision NOT NULL DEFAULT 0 CHECK (change_score >= 0 AND change_score < 'infinity'),
  is_present boolean NOT NULL DEFAULT false, is_partial boolean NOT NULL DEFAULT false,
  PRIMARY KEY (kind, number)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX pages_ready ON pages (priority, home, ready_at);
CREATE INDEX pages_past ON pages (number DESC) WHERE priority = 4;
CREATE INDEX pages_leased ON pages (lessee) WHERE leased_until IS NOT NULL;

-- How often articles change, by age; all crawlers add to it.
CREATE TABLE change_rates (
  age_hours double precision PRIMARY KEY, change_count double precision NOT NULL,
  observed_hours double precision NOT NULL
) WITH (fillfactor = 50);

-- Counts leases, so that each priority comes first at times.
CREATE SEQUENCE lease_numbers MINVALUE 0 START 0;

-- The gate. ``token`` tells the turns of a host apart; a turn ends at ``busy_until`` at the latest.
CREATE TABLE hosts (
  host text PRIMARY KEY, free_at timestamptz NOT NULL DEFAULT '-infinity', busy_until timestamptz,
  holder text, token bigint NOT NULL DEFAULT 0, pause interval NOT NULL DEFAULT '0',
  ban_count integer NOT NULL DEFAULT 0, backoff_until timestamptz, problem text,
  robots text, robots_until timestamptz, robots_problem text, robots_retry_at timestamptz,
  robots_claimed_until timestamptz
) WITH (fillfactor = 50);
"""


def open_shared(url: str) -> SharedDatabase:
    """Connect to a shared frontier. Raise :exc:`FrontierError` if it is missing, or of a later release."""
    database = SharedDatabase(url)
    try:
        database.run(lambda connection: refuse_unfit(connection, database.name))
    except BaseException:
        database.close()
        raise
    return database


def refuse_unfit(connection: Connection, name: str) -> None:
    """Raise :exc:`FrontierError` unless the database of that name has the schema of this release."""
    version = schema_version(connection)
    if version is None:
        raise missing_frontier(name)
    if version > SCHEMA_VERSION:
        raise FrontierError(
            f"frontier {name}: a later release of taz-archive created it: upgrade this one"
            f" (schema {version}, expected {SCHEMA_VERSION})"
        )


def schema_version(connection: Connection) -> int | None:
    """Return the version of the schema, None without one."""
    found = connection.execute("SELECT to_regclass('taz_archive.frontier')").fetchone()
    if found is None or found[0] is None:
        return None
    row = connection.execute("SELECT schema_version FROM frontier").fetchone()
    return int(row[0]) if row else None


def create_schema(connection: Connection) -> bool:
    """Create the schema unless it is there. Return whether it was created."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if schema_version(connection) is not None:
        return False
    connection.execute(_TABLES)
    connection.execute("INSERT INTO frontier (schema_version) VALUES (%s)", [SCHEMA_VERSION])
    return True


def drop_schema(connection: Connection) -> None:
    """Drop the schema and all that is in it."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    connection.execute("DROP SCHEMA IF EXISTS taz_archive CASCADE")
