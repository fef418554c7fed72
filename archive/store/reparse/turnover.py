"""Compare the versions of an article before and after a reparse."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database


class Wordings(NamedTuple):
    """The version of each capture, and the content of each version."""

    versions: dict[int, int]
    words: dict[int, tuple[object, ...]]


def versions_of(db: Database, captures: Sequence[int]) -> dict[int, int | None]:
    """Return the version of each of these captures."""
    query = "SELECT id, version_id FROM captures WHERE id IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, [json.dumps(captures)]).fetchall())


def wordings(db: Database, of: dict[int, int | None]) -> Wordings:
    """Return the content of the versions of these captures."""
    known = {capture: version for capture, version in of.items() if version is not None}
    rows = db.execute(_WORDINGS, [json.dumps(sorted(set(known.values())))]).fetchall()
    return Wordings(known, {version: tuple(words) for version, *words in rows})


_WORDINGS = """
SELECT id, title, lead, caption, dateline, published, text, truncation_count,
  (SELECT json_group_array(name) FROM
    (SELECT name FROM version_authors JOIN authors a ON a.id = author_id WHERE version_id = v.id
      ORDER BY position))
FROM versions v WHERE id IN (SELECT value FROM json_each(?))
"""


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
