"""The gate that several crawlers share: the table ``hosts`` of a PostgreSQL database.

All times come from the clock of the server. Rows are locked in the order of their names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from psycopg import Connection
from psycopg.rows import class_row

from crawler.gate.interface import MIN_BUSY_WAIT, Closed, KnownRobots, Turn
from crawler.postgres.connection import SharedDatabase

_NO_TIME = timedelta(0)
# A host whose row is locked is not missing: to insert it would be to wait for the crawler that changes it.
_NEW_HOSTS = """
INSERT INTO hosts (host)
SELECT name FROM unnest(%s::text[]) AS name WHERE NOT EXISTS (SELECT FROM hosts WHERE host = name) ORDER BY 1
ON CONFLICT DO NOTHING
"""
# A row that another crawler is changing is skipped: its host counts as busy.
_STATES = """
SELECT host, pause, ban_count, coalesce(problem, '') AS problem,
  coalesce(busy_until > clock_timestamp(), false) AS is_busy,
  CASE WHEN backoff_until > clock_timestamp() THEN backoff_until - clock_timestamp() END AS backoff,
  CASE WHEN free_at > clock_timestamp() THEN free_at - clock_timestamp() END AS rest
FROM hosts WHERE host = ANY(%s) ORDER BY host FOR UPDATE SKIP LOCKED
"""
_ENTER = """
UPDATE hosts SET holder = %s, token = token + 1, busy_until = clock_timestamp() + %s
WHERE host = ANY(%s) RETURNING host, token
"""
_FREE = "UPDATE hosts SET holder = NULL, busy_until = NULL WHERE host = %s AND token = %s"
_PAUSE = """
UPDATE hosts SET holder = NULL, busy_until = NULL, pause = %(pause)s,
  free_at = greatest(free_at, clock_timestamp() + %(pause)s)
WHERE host = %(host)s AND token = %(token)s
"""
_BACK_OFF = """
INSERT INTO hosts (host, backoff_until, problem) VALUES (%s, clock_timestamp() + %s, %s)
ON CONFLICT (host) DO UPDATE SET backoff_until = excluded.backoff_until, problem = excluded.problem
WHERE hosts.backoff_until IS NULL OR hosts.backoff_until < excluded.backoff_until
"""
_COUNT_BAN = """
INSERT INTO hosts (host, ban_count) VALUES (%(host)s, %(is_ban)s::int)
ON CONFLICT (host) DO UPDATE SET ban_count = CASE WHEN %(is_ban)s THEN hosts.ban_count + 1 ELSE 0 END
RETURNING ban_count
"""
_ROBOTS = """
SELECT left(coalesce(robots, ''), 500000), robots_until - clock_timestamp(), robots_problem,
  CASE WHEN robots_retry_at IS NOT NULL THEN greatest(robots_retry_at - clock_timestamp(), '0') END
FROM hosts WHERE host = %s AND robots_until > clock_timestamp()
"""
_CLAIM_ROBOTS = """
INSERT INTO hosts (host, robots_claimed_until) VALUES (%s, clock_timestamp() + %s)
ON CONFLICT (host) DO UPDATE SET robots_claimed_until = excluded.robots_claimed_until
WHERE coalesce(hosts.robots_claimed_until <= clock_timestamp(), true)
  AND (coalesce(hosts.robots_until <= clock_timestamp(), true) OR hosts.robots_problem IS NOT NULL)
RETURNING true
"""
_STORE_ROBOTS = """
INSERT INTO hosts (host, robots, robots_until, robots_problem, robots_retry_at)
VALUES (%s, %s, clock_timestamp() + %s, %s, clock_timestamp() + %s)
ON CONFLICT (host) DO UPDATE SET robots = excluded.robots, robots_until = excluded.robots_until,
  robots_problem = excluded.robots_problem, robots_retry_at = excluded.robots_retry_at,
  robots_claimed_until = NULL
"""


@dataclass(frozen=True, slots=True)
class _State:
    """A row of ``hosts``. ``backoff`` and ``rest`` are the times until it ends, None if that is over."""

    host: str
    pause: timedelta
    ban_count: int
    problem: str
    is_busy: bool
    backoff: timedelta | None
    rest: timedelta | None

    @property
    def wait(self) -> timedelta | None:
        """The time until the host may be free; None if it is."""
        if self.is_busy:
            return max(MIN_BUSY_WAIT, self.pause)
        return None if self.rest is None else max(self.rest, _NO_TIME)


class PostgresGate:
    """A gate in a database, for one thread at a time. ``holder`` names this crawler to people."""

    def __init__(self, database: SharedDatabase, holder: str) -> None:
        self._database = database
        self._holder = holder

    def enter(self, hosts: Sequence[str], *, longest: timedelta) -> Turn | Closed:
        """Enter for all hosts or for none."""

        def work(connection: Connection) -> Turn | Closed:
            states = _states(connection, hosts)
            if closed := _closed(states, hosts):
                return closed
            rows = connection.execute(_ENTER, [self._holder, longest, list(hosts)])
            return Turn(dict(rows), states[hosts[0]].pause, states[hosts[0]].ban_count)

        return self._database.run(work)

    def leave(self, turn: Turn, pauses: Mapping[str, timedelta]) -> None:
        """Leave, unless the turn has passed to another crawler; each host may be asked after its pause."""

        def work(connection: Connection) -> None:
            for host, token in sorted(turn.tokens.items()):
                if host in pauses:
                    connection.execute(_PAUSE, {"host": host, "token": token, "pause": pauses[host]})
                else:
                    connection.execute(_FREE, [host, token])

        self._database.run(work)

    def back_off(self, host: str, *, wait: timedelta, problem: str) -> None:
        """Let no crawler ask a host for a time. A longer back-off stays."""
        self._database.run(lambda connection: connection.execute(_BACK_OFF, [host, wait, problem]))

    def count_ban(self, host: str, *, is_ban: bool) -> int:
        """Count an answer that looks like a ban; any other sets the count to zero. Return the count."""
        given = {"host": host, "is_ban": is_ban}
        row = self._database.run(lambda connection: connection.execute(_COUNT_BAN, given).fetchone())
        return int(row[0]) if row else 0

    def robots(self, server: str) -> KnownRobots | None:
        """Return the robots.txt of a server, unless it has expired."""
        row = self._database.run(lambda connection: connection.execute(_ROBOTS, [server]).fetchone())
        return KnownRobots(*row) if row else None

    def claim_robots(self, server: str, *, longest: timedelta) -> bool:
        """Return whether to fetch a robots.txt: no valid one is known, and no crawler fetches it."""
        given = [server, longest]
        row = self._database.run(lambda connection: connection.execute(_CLAIM_ROBOTS, given).fetchone())
        return row is not None

    def store_robots(self, server: str, robots: KnownRobots) -> None:
        """Store the robots.txt of a server, or the problem with it; this ends the claim to fetch it."""
        given = [server, robots.text, robots.valid_for, robots.problem, robots.retry_in]
        self._database.run(lambda connection: connection.execute(_STORE_ROBOTS, given))


def _states(connection: Connection, hosts: Sequence[str]) -> dict[str, _State]:
    """Lock and return the rows of hosts that no other crawler is changing; add those that are missing."""
    found = _locked(connection, hosts)
    if len(found) == len(hosts):
        return found
    connection.execute(_NEW_HOSTS, [[host for host in hosts if host not in found]])
    return _locked(connection, hosts)


def _locked(connection: Connection, hosts: Sequence[str]) -> dict[str, _State]:
    with connection.cursor(row_factory=class_row(_State)) as cursor:
        return {state.host: state for state in cursor.execute(_STATES, [list(hosts)])}


def _closed(states: Mapping[str, _State], hosts: Sequence[str]) -> Closed | None:
    """Return why the hosts cannot be entered; None if they can."""
    for state in states.values():
        if state.backoff is not None:
            return Closed(max(state.backoff, _NO_TIME), state.problem)
    waits = [state.wait for state in states.values() if state.wait is not None]
    if len(states) < len(hosts):
        waits.append(MIN_BUSY_WAIT)
    return Closed(max(waits)) if waits else None
