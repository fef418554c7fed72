"""SQL expressions that check the rows of captures, certificates and pages, for ``merge`` and ``verify``.

Each expression is for one row and takes the parameter ``:now``, a stamp. Any column may hold a value of any
type: a foreign file's schema does not prove what its writer has stored.
"""

from archive.model import Kind, Outcome
from archive.pagekey import NUMBER_LIMIT
from archive.policy.revisit import MAX_DAYS_UNTIL_DUE, MAX_RETRY_DELAY
from archive.store.frontier.known_pages import INITIAL_PRIORITIES, Priority

_STAMP_FORMAT = "%Y-%m-%dT%H:%M:%fZ"


def _listed(words: type[Kind] | type[Outcome]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


def _is_time(column: str) -> str:
    """Whether a column holds a stamp in our format, without which stamps do not sort as text."""
    return (
        f"ifnull(typeof({column}) = 'text' AND {column} >= '0001'"
        f" AND {column} = strftime('{_STAMP_FORMAT}', {column}), 0)"
    )


def _has_been(column: str) -> str:
    return f"({_is_time(column)} AND {column} <= :now)"


# -- Facts ------------------------------------------------------------------------------------------------


def capture_fault(id_column: str) -> str:
    """Return the expression for the fault of a capture: the predicate of a sentence, or NULL.

    ``id_column`` is its id, whose name other tables of a query may have too.
    """
    return f"""
CASE
  WHEN typeof({id_column}) <> 'integer' THEN 'has an id that is not a number'
  WHEN typeof(source) <> 'text' THEN 'has a source that is not text'
  WHEN typeof(url) <> 'text' THEN 'has a url that is not text'
  WHEN typeof(rendition) NOT IN ('text', 'null') THEN 'has a rendition that is not text'
  WHEN typeof(problem) NOT IN ('text', 'null') THEN 'has a problem that is not text'
  WHEN typeof(payload_id) NOT IN ('integer', 'null') THEN 'names a payload that is not a number'
  WHEN ifnull(outcome NOT IN ({_listed(Outcome)}), 1) THEN 'has an unknown outcome'
  WHEN NOT {_is_time("captured_at")} THEN 'has a time that is not like 2025-04-10T12:00:00.000Z'
  WHEN captured_at > :now THEN 'is from the future: ' || captured_at
  WHEN outcome = 'ok' AND payload_id IS NULL THEN 'has the outcome ok but no payload'
END"""


CAPTURE_FAULT = capture_fault("id")
CERTIFICATE_FAULT = f"""
CASE
  WHEN typeof(host) <> 'text' OR typeof(fingerprint) <> 'text' THEN 'is not text'
  WHEN NOT {_has_been("first_seen")} OR NOT {_has_been("last_seen")}
    THEN 'has a time that is invalid or in the future'
END"""

# -- The frontier -----------------------------------------------------------------------------------------

PAGE_FAULT = f"""
CASE
  WHEN typeof(id) <> 'integer' THEN 'has an id that is not a number'
  WHEN ifnull(kind NOT IN ({_listed(Kind)}), 1) THEN 'has an unknown kind'
  WHEN typeof(number) <> 'integer' OR number NOT BETWEEN 0 AND {NUMBER_LIMIT - 1}
    THEN 'has an invalid number'
  WHEN kind = 'root' AND number <> 0 THEN 'is a root but has a number'
END"""

_MAX_DAYS_BY_KIND = " ".join(f"WHEN '{kind.value}' THEN {days}" for kind, days in MAX_DAYS_UNTIL_DUE.items())
_FIRST_PRIORITY_BY_KIND = " ".join(
    f"WHEN '{kind.value}' THEN {priority:d}" for kind, priority in INITIAL_PRIORITIES.items()
)
_MAX_COUNT = 1_000_000  # fetches, changes or failures of a page: one every minute for two years

_CHECKED = f"iif({_has_been('checked_at')}, checked_at, NULL)"
_DISCOVERED = f"iif({_has_been('discovered_at')}, discovered_at, coalesce({_CHECKED}, :now))"
_WAIT = (
    f"CASE WHEN ifnull(failure_count, 0) > 0 THEN max({MAX_RETRY_DELAY.days + 1},"
    f" CASE kind {_MAX_DAYS_BY_KIND} END)"
    f" ELSE CASE kind {_MAX_DAYS_BY_KIND} END END"
)
_DUE_BY = (
    f"iif({_CHECKED} IS NULL, :now, strftime('{_STAMP_FORMAT}', {_CHECKED}, '+' || ({_WAIT}) || ' days'))"
)


def _count(column: str) -> str:
    return f"iif(typeof({column}) = 'integer' AND {column} BETWEEN 0 AND {_MAX_COUNT}, {column}, 0)"


# A plausible value of each column of the frontier: the stored one, or else one that makes the page due soon.
PLAUSIBLE_VALUES = {
    "checked_at": _CHECKED,
    "priority": f"iif(priority IN ({', '.join(f'{known:d}' for known in Priority)}), priority,"
    f" iif({_CHECKED} IS NULL, CASE kind {_FIRST_PRIORITY_BY_KIND} END, {Priority.REST:d}))",
    "due_at": f"iif({_is_time('due_at')} AND due_at <= {_DUE_BY}, due_at, coalesce({_CHECKED},"
    f" {_DISCOVERED}))",
    "discovered_at": _DISCOVERED,
    "changed_at": f"iif({_has_been('changed_at')}, changed_at, NULL)",
    "failure_count": _count("failure_count"),
    "check_count": _count("check_count"),
    "change_count": _count("change_count"),
    "change_score": f"iif(typeof(change_score) IN ('real', 'integer') AND change_score BETWEEN 0"
    f" AND {_MAX_COUNT}, change_score, 0.0)",
}
# The first column of a page with an implausible value, and the value. NULL: all values are plausible.
_IMPLAUSIBLE_CASES = " ".join(
    f"WHEN {column} IS NOT {plausible} THEN '{column} = ' || ifnull(CAST({column} AS TEXT), 'NULL')"
    for column, plausible in PLAUSIBLE_VALUES.items()
)
IMPLAUSIBLE_VALUE = f"CASE {_IMPLAUSIBLE_CASES} END"
