"""Which of these are in the archive."""

import json
from collections.abc import Iterable

from sqlite_utils import Database


def held(db: Database, numbers: Iterable[int]) -> frozenset[int]:
    """Those of the articles that the archive holds."""
    rows = db.execute(
        "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(list(numbers))]
    )
    return frozenset(number for (number,) in rows)
