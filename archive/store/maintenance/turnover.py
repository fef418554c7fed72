"""What became of versions when their captures were read anew."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database


class Wordings(NamedTuple):
    """Which version each capture is of, and what these say."""

    versions: dict[int, int]
    words: dict[int, tuple[object, ...]]


def versions_of(db: Database, captures: Sequence[int]) -> dict[int, int | None]:
    """Which version each of these captures is of."""
    query = "SELECT id, version_id FROM captures WHERE id IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, [json.dumps(captures)]).fetchall())


def wordings(db: Database, of: dict[int, int | None]) -> Wordings:
    """The versions that these captures are said to be of."""
    known = {capture: version for capture, version in of.items() if version is not None}
    rows = db.execute(WORDS, [json.dumps(sorted(set(known.values())))]).fetchall()
    return Wordings(known, {version: tuple(words) for version, *words in rows})


WORDS = """
SELECT id, title, lead, caption, dateline, published, text, truncation_count,
  (SELECT json_group_array(name) FROM
    (SELECT name FROM version_authors JOIN authors a ON a.id = author_id WHERE version_id = v.id
      ORDER BY position))
FROM versions v WHERE id IN (SELECT value FROM json_each(?))
"""


def compare(before: Wordings, after: Wordings) -> Counter[str]:
    """Versions that came, went, fell together, fell apart, or say something else than they did."""
    came = set(after.versions.values())
    went = set(before.versions.values())
    pairs = {
        (version, after.versions[capture])
        for capture, version in before.versions.items()
        if capture in after.versions
    }
    fathers, sons = Counter(new for _, new in pairs), Counter(old for old, _ in pairs)
    return Counter(
        {
            "versions new": len(came - set(fathers)),
            "versions vanished": len(went - set(sons)),
            "versions merged": sum(number - 1 for number in fathers.values()),
            "versions split": sum(number - 1 for number in sons.values()),
            "versions reworded": sum(
                before.words[old] != after.words[new] for old, new in pairs if fathers[new] == sons[old] == 1
            ),
        }
    )
