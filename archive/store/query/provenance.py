"""Where the text of a version came from, which capture healed what, and what is still missing of it."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.model import Truncation
from archive.store.query.versions import VersionRow, Versions


class CaptureOrigin(NamedTuple):
    """A capture that gave some of a version. ``captured_at`` is a stamp."""

    capture: int
    source: str
    captured_at: str
    url: str


class HealedText(NamedTuple):
    """Words of a field that the version's own capture had cut. Places are in characters from 0."""

    field: str
    start: int
    end: int
    text: str
    origin: CaptureOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """``base`` is the capture whose page the version is, None if an earlier release did not note it."""

    base: CaptureOrigin | None
    healed: tuple[HealedText, ...]
    missing: tuple[Truncation, ...]


def provenance(db: Database, row: VersionRow) -> Provenance:
    """What gave a version its text."""
    base = db.execute(
        "SELECT c.id, c.source, c.captured_at, c.url FROM versions v JOIN captures c ON c.id = v.capture"
        " WHERE v.id = ?",
        [row.id],
    ).fetchone()
    healed = db.execute(
        'SELECT h.field, h.start, h."end", c.id, c.source, c.captured_at, c.url FROM version_healed h'
        " JOIN captures c ON c.id = h.capture WHERE h.version = ? ORDER BY h.rowid",
        [row.id],
    )
    return Provenance(
        base=_origin(*base) if base else None,
        healed=tuple(
            HealedText(field, start, end, text_of(row, field)[start:end], _origin(*origin))
            for field, start, end, *origin in healed
        ),
        missing=Versions(db).truncations(row),
    )


def _origin(capture: int, source: str, captured_at: str, url: str) -> CaptureOrigin:
    return CaptureOrigin(capture, clean(source), captured_at, clean(url))


def text_of(row: VersionRow, field: str) -> str:
    """A field of the wording; nothing of what is none."""
    fields = {"title": row.title, "lead": row.lead, "caption": row.caption, "text": row.text}
    return fields.get(field) or ""
