"""Which captures gave a version its text, and what is still missing."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.model import Truncation
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.query.versions import Versions


class CaptureOrigin(NamedTuple):
    """A capture that a version has text from. ``captured_at`` is a stamp."""

    capture: int
    source: str
    captured_at: str
    url: str


class HealedText(NamedTuple):
    """Text that the base capture lacked and another one supplied. ``start`` and ``end`` are characters."""

    field: str
    start: int
    end: int
    text: str
    origin: CaptureOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a version's text is from: its ``base`` capture, text healed from others, what is missing."""

    base: CaptureOrigin | None
    healed: tuple[HealedText, ...]
    missing: tuple[Truncation, ...]


def provenance(db: Database, row: VersionRow) -> Provenance:
    """Return which captures gave a version its text."""
    base = db.execute(
        "SELECT c.id, c.source, c.captured_at, c.url FROM versions v JOIN captures c ON c.id = v.capture_id"
        " WHERE v.id = ?",
        [row.id],
    ).fetchone()
    healed = db.execute(
        'SELECT h.field, h.start, h."end", c.id, c.source, c.captured_at, c.url FROM version_repairs h'
        " JOIN captures c ON c.id = h.capture_id WHERE h.version_id = ? ORDER BY h.rowid",
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
    """Return the text of a field; empty for a field that has none."""
    fields = {"title": row.title, "lead": row.lead, "caption": row.caption, "text": row.text}
    return fields.get(field) or ""
