"""Compare the versions of an article before and after a reparse."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from sqlite_utils import Database

from archive.store.ingest.derived_rows import DerivedRows


class Wordings(NamedTuple):
    """The version of each capture, and the content of each version."""

    versions: dict[int, int]
    words: dict[int, tuple[object, ...]]


NO_WORDINGS = Wordings({}, {})


def versions_of(db: Database, captures: Sequence[int]) -> dict[int, int | None]:
    """Return the version of each of these captures."""
    query = "SELECT id, version_id FROM captures WHERE id IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, [json.dumps(captures)]).fetchall())


def wordings(db: Database, of: dict[int, int | None]) -> Wordings:
    """Return the content of the versions of these captures."""
    known = {capture: version for capture, version in of.items() if version is not None}
    if not known:
        return NO_WORDINGS
    rows = db.execute(_WORDINGS, [json.dumps(sorted(set(known.values())))]).fetchall()
    words = {version: tuple(said) for version, *said in rows}
    return Wordings({capture: version for capture, version in known.items() if version in words}, words)


_WORDING_COLUMNS = ("title", "lead", "caption", "dateline", "published", "text", "truncation_count")
_words = attrgetter(*_WORDING_COLUMNS)
_WORDINGS = f"""
SELECT id, {", ".join(_WORDING_COLUMNS)},
  (SELECT group_concat(name, char(10)) FROM
    (SELECT name FROM version_authors JOIN authors a ON a.id = author_id WHERE version_id = v.id
      ORDER BY position))
FROM versions v WHERE id IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - ours


def derived_wordings(rows: DerivedRows) -> Wordings:
    """Return the versions of an article that are to be written."""
    authors = defaultdict[int, list[str]](list)
    for version, name, _ in rows.rows.authors:
        authors[version].append(name)
    return Wordings(
        {capture: version for version, capture in rows.rows.captures},
        {row.id: (*_words(row), "\n".join(authors[row.id]) or None) for row in rows.rows.versions},
    )


def compare(before: Wordings, after: Wordings) -> Counter[str]:
    """Count versions that are new, vanished, merged, split or reworded."""
    came = set(after.versions.values())
    went = set(before.versions.values())
    pairs = {
        (version, after.versions[capture])
        for capture, version in before.versions.items()
        if capture in after.versions
    }
    predecessors, successors = Counter(new for _, new in pairs), Counter(old for old, _ in pairs)
    return Counter(
        {
            "versions new": len(came - set(predecessors)),
            "versions vanished": len(went - set(successors)),
            "versions merged": sum(number - 1 for number in predecessors.values()),
            "versions split": sum(number - 1 for number in successors.values()),
            "versions reworded": sum(
                before.words[old] != after.words[new]
                for old, new in pairs
                if predecessors[new] == successors[old] == 1
            ),
        }
    )
