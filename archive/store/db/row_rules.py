"""What rows of facts and of the frontier must be, in SQL, so that ``merge`` and ``verify`` ask the same.

Each expression is for one row, and takes the parameter ``:now``, a stamp. SQLite may find any type in any
column: a file's own schema says nothing of what its writer has put there.
"""

from archive.model import Kind, Outcome
from archive.pagekey import NUMBER_LIMIT
from archive.policy.revisit import MAX_INTERVAL, MAX_RETRY_DELAY, MENU_RATES
from archive.store.frontier.known_pages import INITIAL_PRIORITIES, Priority

STAMP = "%Y-%m-%dT%H:%M:%fZ"


def _listed(words: type[Kind] | type[Outcome]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


def _is_time(column: str) -> str:
    """Whether a column holds a time as ours are written, which their order as text needs."""
    return (
        f"ifnull(typeof({column}) = 'text' AND {column} >= '0001'"
        f" AND {column} = strftime('{STAMP}', {column}), 0)"
    )


def _has_been(column: str) -> str:
    return f"({_is_time(column)} AND {column} <= :now)"


# -- Facts ------------------------------------------------------------------------------------------------

# What is wrong with a capture, as the end of a sentence; NULL: nothing.
CAPTURE_FAULT = f"""
CASE
  WHEN typeof(id) <> 'integer' THEN 'has an id that is not a number'
  WHEN typeof(source) <> 'text' THEN 'has a source that is not text'
  WHEN typeof(url) <> 'text' THEN 'has a url that is not text'
  WHEN typeof(rendition) NOT IN ('text', 'null') THEN 'has a rendition that is not text'
  WHEN typeof(problem) NOT IN ('text', 'null') THEN 'has a problem that is not text'
  WHEN typeof(payload_id) NOT IN ('integer', 'null') THEN 'names a payload that is not a number'
  WHEN ifnull(outcome NOT IN ({_listed(Outcome)}), 1) THEN 'has an outcome that there is not'
  WHEN NOT {_is_time("captured_at")} THEN 'has a time that is not written like 2025-04-10T12:00:00.000Z'
  WHEN captured_at > :now THEN 'is from the future: ' || captured_at
  WHEN outcome = 'ok' AND payload_id IS NULL THEN 'came without bytes, and counts as read'
END"""
CERTIFICATE_FAULT = f"""
CASE
  WHEN typeof(host) <> 'text' OR typeof(fingerprint) <> 'text' THEN 'is not text'
  WHEN NOT {_has_been("first_seen")} OR NOT {_has_been("last_seen")}
    THEN 'has a time that is not one, or still to come'
END"""

# -- The frontier -----------------------------------------------------------------------------------------

PAGE_FAULT = f"""
CASE
  WHEN typeof(id) <> 'integer' THEN 'has an id that is not a number'
  WHEN ifnull(kind NOT IN ({_listed(Kind)}), 1) THEN 'is of a kind that there is not'
  WHEN typeof(number) <> 'integer' OR number NOT BETWEEN 0 AND {NUMBER_LIMIT - 1}
    THEN 'has a number that no page has'
  WHEN kind = 'root' AND number <> 0 THEN 'is a root, and has a number'
END"""

# How many days after a look the next one can be due, by the longest wait of `revisit`, and one more.
MOST_PATIENT = 4  # times the longest wait of a menu
DAYS = {kind: (habits.max_interval * MOST_PATIENT).days + 1 for kind, habits in MENU_RATES.items()}
DAYS[Kind.ARTICLE] = MAX_INTERVAL.days + 1
MOST_DAYS = max(DAYS.values())
_MAX_DAYS = " ".join(f"WHEN '{kind.value}' THEN {days}" for kind, days in DAYS.items())
FIRST_BY_KIND = " ".join(
    f"WHEN '{kind.value}' THEN {priority:d}" for kind, priority in INITIAL_PRIORITIES.items()
)
MAX_PAGE_COUNTS = 1_000_000  # looks, changes, failures of a page: one every minute of two years

_CHECKED = f"iif({_has_been('checked_at')}, checked_at, NULL)"
_DISCOVERED = f"iif({_has_been('discovered_at')}, discovered_at, coalesce({_CHECKED}, :now))"
_WAIT = (
    f"CASE WHEN ifnull(failure_count, 0) > 0 THEN max({MAX_RETRY_DELAY.days + 1}, CASE kind {_MAX_DAYS} END)"
    f" ELSE CASE kind {_MAX_DAYS} END END"
)
_DUE_BY = f"iif({_CHECKED} IS NULL, :now, strftime('{STAMP}', {_CHECKED}, '+' || ({_WAIT}) || ' days'))"


def _count(column: str) -> str:
    return f"iif(typeof({column}) = 'integer' AND {column} BETWEEN 0 AND {MAX_PAGE_COUNTS}, {column}, 0)"


# Each column of the frontier as it can be believed: as it is, or else what makes a page be looked at soon.
BELIEVED = {
    "checked_at": _CHECKED,
    "priority": f"iif(priority IN ({', '.join(f'{known:d}' for known in Priority)}), priority,"
    f" iif({_CHECKED} IS NULL, CASE kind {FIRST_BY_KIND} END, {Priority.REST:d}))",
    "due_at": f"iif({_is_time('due_at')} AND due_at <= {_DUE_BY}, due_at, coalesce({_CHECKED},"
    f" {_DISCOVERED}))",
    "discovered_at": _DISCOVERED,
    "changed_at": f"iif({_has_been('changed_at')}, changed_at, NULL)",
    "failure_count": _count("failure_count"),
    "check_count": _count("check_count"),
    "change_count": _count("change_count"),
    "change_score": f"iif(typeof(change_score) IN ('real', 'integer') AND change_score BETWEEN 0"
    f" AND {MAX_PAGE_COUNTS}, change_score, 0.0)",
}
# The first column of a page that cannot be believed, and what it holds; NULL: all can.
_WRONG = " ".join(
    f"WHEN {column} IS NOT {believed} THEN '{column} = ' || ifnull(CAST({column} AS TEXT), 'NULL')"
    for column, believed in BELIEVED.items()
)
UNBELIEVABLE = f"CASE {_WRONG} END"
