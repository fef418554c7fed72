"""Lease pages of a shared frontier, in the order in which an archive leases those of its own.

A page is fetched by the crawler that had it last, its *home*, as long as that one lives, so that the history
of an article stays in one archive. Others fetch it once it was ready for ``MAX_WAIT_FOR_HOME``.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from psycopg import Connection

from archive.model import Kind, PageKey
from archive.store import ALL_PRIORITIES, Priority, leasing_order
from crawler.fetch import Lease
from crawler.postgres.rows import columns_of, one_row

MAX_WAIT_FOR_HOME = timedelta(hours=1)
_SPARE = 20  # candidates beyond those wanted: other crawlers may be leasing some at this moment


class Leased(NamedTuple):
    """Leased pages, most urgent first. ``others``: another run holds leases, so more pages may come."""

    leases: Sequence[Lease]
    others: bool


class LeaseRequest(NamedTuple):
    """What a run asks for: see :meth:`crawler.frontier.interface.Frontier.lease`."""

    run: int
    name: str
    limit: int
    duration: timedelta
    of: Sequence[Priority] = ALL_PRIORITIES
    unchecked_for: timedelta | None = None


# Each priority and each home with pages, found by one step through the index for each: there are few.
# ``wait`` is for how long their pages must have been ready. Pages that the user named (0) wait for no home.
_HOMES = """
homes (priority, home) AS (
  (SELECT priority, home FROM pages ORDER BY priority, home LIMIT 1)
  UNION ALL
  SELECT next.* FROM homes CROSS JOIN LATERAL (
    SELECT priority, home FROM pages WHERE (pages.priority, pages.home) > (homes.priority, homes.home)
    ORDER BY priority, home LIMIT 1) next
),
waits AS (
  SELECT priority, home, CASE WHEN priority <> 0 AND home IN (
    SELECT name FROM crawlers WHERE ended_at IS NULL AND lives_until > now() AND name <> %(name)s
  ) THEN %(home_wait)s ELSE interval '0' END AS wait
  FROM homes
)
"""
_DUE = f"""
WITH RECURSIVE {_HOMES}
SELECT array(
  SELECT DISTINCT priority FROM waits WHERE EXISTS (
    SELECT FROM pages p WHERE p.priority = waits.priority AND p.home = waits.home
      AND p.ready_at <= now() - waits.wait))
"""  # noqa: S608 - ours
_NEXT_NUMBER = "SELECT nextval('lease_numbers')"
_OTHERS = """
SELECT EXISTS (SELECT FROM crawlers c WHERE c.ended_at IS NULL AND c.id <> %(run)s AND EXISTS (
  SELECT FROM pages p WHERE p.lessee = c.id AND p.leased_until > now()))
"""

# Candidates are chosen without locks, and then locked in their order: each condition is checked for both.
_FREE = "(p.leased_until IS NULL OR p.leased_until <= now())"
# A call arrives late, and must not count what this run has checked meanwhile as unchecked.
_SINCE = "least(now() - %(unchecked_for)s, (SELECT started_at FROM crawlers WHERE id = %(run)s))"
_UNCHECKED = f"{_FREE} AND (p.checked_at IS NULL OR p.checked_at < {_SINCE})"


def _by_home(order: str, ready: str, limit: str = "") -> str:
    """Return a query for the first candidates in an order, from those of each home."""
    return f"""
WITH RECURSIVE {_HOMES}, candidates AS (
  SELECT c.kind, c.number, row_number() OVER (ORDER BY {order}) AS position
  FROM waits CROSS JOIN LATERAL (
    SELECT p.kind, p.number, p.ready_at, p.change_score FROM pages p
    WHERE p.priority = %(priority)s AND p.home = waits.home AND {ready}
    ORDER BY p.ready_at {limit}) c
  WHERE waits.priority = %(priority)s
  ORDER BY position LIMIT %(candidates)s
)
"""  # noqa: S608 - ours


def _by_number(ready: str) -> str:
    """Return a query for the candidates with the highest numbers, most of which were never fetched."""
    return f"""
WITH candidates AS (
  SELECT p.kind, p.number, row_number() OVER (ORDER BY p.number DESC) AS position
  FROM pages p WHERE p.priority = 4 AND {ready} ORDER BY p.number DESC LIMIT %(candidates)s
)
"""  # noqa: S608 - ours


def _lease_of(candidates: str, ready: str) -> str:
    """Return a statement that leases candidates that no other run leases at this moment."""
    return f"""
{candidates}, chosen AS MATERIALIZED (
  SELECT p.kind, p.number, c.position FROM candidates c JOIN pages p USING (kind, number)
  WHERE p.priority = %(priority)s AND {ready} ORDER BY c.position LIMIT %(count)s FOR UPDATE OF p SKIP LOCKED
)
UPDATE pages p SET leased_until = now() + %(duration)s, lessee = %(run)s, lease_token = p.lease_token + 1
FROM chosen c WHERE p.kind = c.kind AND p.number = c.number
RETURNING c.position, p.kind, p.number, p.lease_token, p.is_present
"""  # noqa: S608 - ours


def _lease_by_priority(ready: str, *, ready_for_us: str) -> Mapping[Priority, str]:
    """Return the statement for each priority. Pages of a home are candidates once ``ready_for_us``."""
    by_time = _by_home("c.ready_at", ready_for_us, "LIMIT %(candidates)s")
    by_score = _by_home("c.change_score DESC, c.ready_at", ready_for_us)
    special = {Priority.MENU: by_score, Priority.PAST: _by_number(ready)}
    return {priority: _lease_of(special.get(priority, by_time), ready) for priority in ALL_PRIORITIES}


_LEASE_DUE = _lease_by_priority("p.ready_at <= now()", ready_for_us="p.ready_at <= now() - waits.wait")
_LEASE_UNCHECKED = _lease_by_priority(_UNCHECKED, ready_for_us=_UNCHECKED)


def due_priorities(connection: Connection, name: str) -> list[Priority]:
    """Return the priorities of the pages that a crawler may lease now."""
    found = one_row(connection, _DUE, {"name": name, "home_wait": MAX_WAIT_FOR_HOME})[0]
    return [Priority(number) for number in found if number in ALL_PRIORITIES]


def lease(connection: Connection, request: LeaseRequest) -> Leased:
    """Lease pages, in the order of :func:`archive.store.frontier.leasing.lease`."""
    values = {
        "run": request.run,
        "name": request.name,
        "duration": request.duration,
        "home_wait": MAX_WAIT_FOR_HOME,
        "unchecked_for": request.unchecked_for,
    }
    found: list[tuple[Priority, Lease]] = []
    for priority in _leasing_order(connection, request):
        if (count := request.limit - len(found)) > 0:
            chosen = {**values, "priority": priority, "count": count, "candidates": count + _SPARE}
            found += [(priority, one) for one in _lease_some(connection, priority, chosen)]
    found.sort(key=lambda one: one[0])
    return Leased([one for _, one in found], others_lease(connection, request.run))


def others_lease(connection: Connection, run: int) -> bool:
    """Return whether other runs hold leases, whose pages may lead to new ones."""
    return bool(one_row(connection, _OTHERS, {"run": run})[0])


def _leasing_order(connection: Connection, request: LeaseRequest) -> list[Priority]:
    """Return the priorities that may be due, in the order in which they are leased now."""
    due = due_priorities(connection, request.name) if request.unchecked_for is None else request.of
    number = one_row(connection, _NEXT_NUMBER, [])[0]
    return leasing_order(set(due) & set(request.of), number)


def _lease_some(connection: Connection, priority: Priority, values: Mapping[str, object]) -> list[Lease]:
    statements = _LEASE_DUE if values["unchecked_for"] is None else _LEASE_UNCHECKED
    rows = connection.execute(statements[priority].encode(), values).fetchall()
    return [_lease(*row) for _, *row in sorted(rows)]


def _lease(kind: str, number: int, token: int, is_present: bool) -> Lease:  # noqa: FBT001 - a column
    return Lease(PageKey(Kind(kind), number), token, is_present)


_LEASE_PARTIAL = f"""
WITH chosen AS MATERIALIZED (
  SELECT p.kind, p.number FROM pages p JOIN unnest(%(kinds)s::text[], %(numbers)s::bigint[])
    AS named (kind, number) USING (kind, number)
  WHERE p.is_partial AND {_FREE} ORDER BY p.kind, p.number FOR UPDATE OF p SKIP LOCKED
)
UPDATE pages p SET leased_until = now() + %(duration)s, lessee = %(run)s, lease_token = p.lease_token + 1
FROM chosen c WHERE p.kind = c.kind AND p.number = c.number
RETURNING p.kind, p.number, p.lease_token, p.is_present
"""  # noqa: S608 - ours


def lease_partial(
    connection: Connection, run: int, keys: Sequence[PageKey], duration: timedelta
) -> list[Lease]:
    """Lease those of some articles of which no machine has the whole text, in their order."""
    values = {**columns_of(keys), "run": run, "duration": duration}
    leases = [_lease(*row) for row in connection.execute(_LEASE_PARTIAL.encode(), values).fetchall()]
    order = {key: position for position, key in enumerate(keys)}
    return sorted(leases, key=lambda one: order[one.key])


# A lease that was committed although its connection broke is not known to its run, and is given back.
_RENEW = """
WITH mine AS MATERIALIZED (
  SELECT p.kind, p.number, known.token IS NOT NULL AS is_known FROM pages p
  LEFT JOIN unnest(%(kinds)s::text[], %(numbers)s::bigint[], %(tokens)s::bigint[])
    AS known (kind, number, token)
    ON known.kind = p.kind AND known.number = p.number AND known.token = p.lease_token
  WHERE p.lessee = %(run)s AND p.leased_until IS NOT NULL ORDER BY p.kind, p.number FOR UPDATE OF p
)
UPDATE pages p SET leased_until = CASE WHEN is_known THEN now() + %(duration)s END
FROM mine WHERE p.kind = mine.kind AND p.number = mine.number
RETURNING p.kind, p.number, p.lease_token, is_known
"""


def renew(
    connection: Connection, run: int, held: Mapping[PageKey, int], duration: timedelta
) -> dict[PageKey, int]:
    """Renew the leases of a run that it still holds. Return them, by page, with their tokens."""
    values = {**columns_of(held), "tokens": list(held.values()), "run": run, "duration": duration}
    rows = connection.execute(_RENEW, values).fetchall()
    return {PageKey(Kind(kind), number): token for kind, number, token, is_known in rows if is_known}


_GIVE_UP = """
UPDATE pages SET leased_until = NULL
WHERE kind = %s AND number = %s AND lessee = %s AND lease_token = %s AND leased_until IS NOT NULL
"""


def give_up(connection: Connection, run: int, lease: Lease) -> None:
    """Give back one page, unless its lease has passed to another run."""
    connection.execute(_GIVE_UP, [lease.key.kind.value, lease.key.number, run, lease.token])


_RELEASE = """
WITH mine AS MATERIALIZED (
  SELECT kind, number FROM pages WHERE lessee = %s AND leased_until IS NOT NULL
  ORDER BY kind, number FOR UPDATE
)
UPDATE pages p SET leased_until = NULL FROM mine WHERE p.kind = mine.kind AND p.number = mine.number
"""


def release(connection: Connection, run: int) -> None:
    """Give back all pages that a run has leased."""
    connection.execute(_RELEASE, [run])
