"""When the parts of an archive were last found sound, and the history of checks.

It is read with Python's own sqlite3, since idle crawls load nothing else.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

# A time that cannot be right counts as none.
_TIME = "iif({0} = strftime('%Y-%m-%dT%H:%M:%fZ', {0}) AND {0} BETWEEN '0001' AND :now, {0}, NULL)"
_SOUND_AT, _BEGAN_AT = _TIME.format("sound_at"), _TIME.format("began_at")
_LAST_CHECKS = f"""
SELECT kind, part, {_SOUND_AT}, {_BEGAN_AT}, faulty, ifnull(file = :file, 0)
FROM part_checks LEFT JOIN checks ON checks.id = check_id
"""  # noqa: S608 - ours
_HISTORY = """
SELECT id, began_at, finished_at, scope, file, part_count, sound_count, payload_count, article_count,
  section_count, unchanged_count, fault_count
FROM checks ORDER BY id DESC LIMIT ?
"""
_FIRST = f"SELECT min({_BEGAN_AT}) FROM checks WHERE file = :file"  # noqa: S608 - ours
_SOUND = f"""
SELECT count({_SOUND_AT}), min({_SOUND_AT}) FROM part_checks JOIN checks ON checks.id = check_id
WHERE file = :file
"""  # noqa: S608 - ours
_FIRST_CAPTURE = "SELECT min(captured_at) FROM captures"


class CheckRecord(NamedTuple):
    """A run of ``verify``, as the table ``checks`` has it. Times are stamps."""

    id: int
    began: str
    finished: str
    scope: str
    file: str
    parts: int
    sound_parts: int
    payloads: int
    articles: int
    sections: int
    unchanged: int
    faults: int


class PartChecks(NamedTuple):
    """The checks of all parts of this file. Times are stamps.

    ``parts`` is how many there were at the last check of this file, ``never`` how many of them were never
    found sound. ``oldest`` is the time of the part that was found sound longest ago; None if none ever was.
    ``unchecked_since``: since when some part was not found sound; None for an archive without captures.
    ``is_checked``: there was a check of this file; ``last`` may be of another one that was copied.
    """

    parts: int
    never: int
    oldest: str | None
    unchecked_since: str | None
    last: CheckRecord | None
    is_checked: bool


def list_checks(connection: sqlite3.Connection, count: int) -> list[CheckRecord]:
    """Return the last ``count`` checks, newest first; all if it is negative."""
    return [CheckRecord._make(row) for row in connection.execute(_HISTORY, [count])]


def last_checks(connection: sqlite3.Connection, file: str, now: str) -> Sequence[tuple[Any, ...]]:
    """Return for each part: kind, name, when found sound and tried, whether faulty, and in this ``file``."""
    return connection.execute(_LAST_CHECKS, {"file": file, "now": now}).fetchall()


def file_identity(path: Path) -> str:
    """Return a text that is the same as long as a path leads to the same file, and differs for a copy.

    It consists of the id of the file system, which does not change with the number of the device, and the
    inode.
    """
    return f"{os.statvfs(path).f_fsid:x}-{path.stat().st_ino:x}"


def load_part_checks(connection: sqlite3.Connection, path: Path, now: str) -> PartChecks:
    """Return when the parts of an archive were checked in the file at ``path``."""
    file = file_identity(path)
    values = {"file": file, "now": now}
    last = next(iter(list_checks(connection, 1)), None)
    (began,) = connection.execute(_FIRST, values).fetchone()
    if last is None or began is None:
        (first,) = connection.execute(_FIRST_CAPTURE).fetchone()
        return PartChecks(0, 0, None, first, last, is_checked=False)
    sound, oldest = connection.execute(_SOUND, values).fetchone()
    never = max(0, last.parts - sound)
    since = min(began, oldest or began) if never else oldest
    return PartChecks(last.parts, never, oldest, since, last, is_checked=True)
