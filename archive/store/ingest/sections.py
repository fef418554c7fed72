"""Write sections and placements, which follow from the captures of the front page and of section pages.

A capture later than all others of its page extends the placements. After any other capture, all captures of
the page are read again. Both write the same rows; the first is faster. Sections are named by the number of
their page, the front page by 0.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from sqlite_utils import Database

from archive.model import Capture, Kind, Menu, PageKey
from archive.pagekey import ROOT
from archive.reading.placements import (
    MenuReading,
    Placement,
    derive_placements,
    menu_name,
    one_per_instant,
    place,
    read_menu,
)
from archive.renditions.read_capture import read_capture
from archive.store.frontier import known_pages
from archive.store.ingest.deriving import Form, form_of, stored_time
from archive.store.payloads import payloads

SECTION_KINDS = (Kind.ROOT, Kind.SECTION)
KNOWN_SECTIONS = """
SELECT number FROM pages WHERE kind IN ('root', 'section') UNION SELECT number FROM sections
"""
FRONT_PAGE_NAME = "front page"  # its own title is only the paper's host


def section_numbers(db: Database) -> list[int]:
    """Return the numbers of all sections, and of all pages that may be one."""
    return [number for (number,) in db.execute(KNOWN_SECTIONS)]


def add_readings(db: Database, number: int, readings: Iterable[MenuReading]) -> None:
    """Update a section with readings of captures that were just stored."""
    if not all(extend(db, number, reading) for reading in sorted(readings, key=attrgetter("captured_at"))):
        derive_section(db, number)


def extend(db: Database, number: int, reading: MenuReading) -> bool:
    """Add a reading later than all others of its section. Return False, and write nothing, for any other."""
    section, name = _section(db, number)
    (last,) = db.execute("SELECT max(last_seen) FROM placements WHERE section_id = ?", [section]).fetchone()
    if last and last >= reading.captured_at:
        return False
    rows = _current(db, section, last, len(reading.articles))
    current = {placed.position: placed for placed in rows.values()}
    now = place(current, reading)
    kept = [row for row, placed in rows.items() if _is_continued(placed, now)]
    db.execute(_CONTINUE, [reading.captured_at, json.dumps(kept)])
    _insert(db, section, [placed for placed in now.values() if placed.first_seen == reading.captured_at])
    if (title := menu_name(name, [reading])) != name:
        db.execute("UPDATE sections SET name = ? WHERE id = ?", [title, section])
    return True


def _is_continued(placed: Placement, now: Mapping[int, Placement]) -> bool:
    return placed.position in now and now[placed.position].first_seen == placed.first_seen


_CONTINUE = "UPDATE placements SET last_seen = ? WHERE rowid IN (SELECT value FROM json_each(?))"


def _current(db: Database, section: int, last: str | None, places: int) -> dict[int, Placement]:
    """Return the last placement of each place by its rowid, at least for the first ``places`` places.

    All places of the section's last capture, at ``last``, are together in an index. Any further places were
    shown by an earlier capture, if at all.
    """
    rows = db.execute(f"{_PLACEMENTS} AND last_seen = ?", [section, last]).fetchall()
    for position in range(len(rows) + 1, places + 1):
        older = f"{_PLACEMENTS} AND position = ? ORDER BY last_seen DESC LIMIT 1"
        rows += db.execute(older, [section, position]).fetchall()
    return {row: Placement._make(placed) for row, *placed in rows}


_PLACEMENTS = """
SELECT rowid, position, article_number, first_seen, last_seen FROM placements WHERE section_id = ?
"""


def derive_section(db: Database, number: int) -> None:
    """Derive a section from all captures of its page. Raise :exc:`DamagedArchive` before any change."""
    write_section(db, number, section_readings(db, number))


def write_section(db: Database, number: int, readings: Sequence[MenuReading]) -> None:
    """Replace the rows of a section by those that follow from all its ``readings``, ordered by time."""
    db.execute(
        "DELETE FROM placements WHERE section_id = (SELECT id FROM sections WHERE number = ?)", [number]
    )
    if not readings:
        db.execute("DELETE FROM sections WHERE number = ?", [number])
        return
    section, _ = _section(db, number)
    name, placements = derived_section(number, readings)
    db.execute("UPDATE sections SET name = ? WHERE id = ?", [name, section])
    _insert(db, section, placements)


def derived_section(number: int, readings: Iterable[MenuReading]) -> tuple[str, list[Placement]]:
    """Return the name and the placements that follow from all readings of a section, ordered by time."""
    single = one_per_instant(readings)
    return menu_name(_default_name(number), single), derive_placements(single)


def stored_section(db: Database, number: int) -> tuple[str, list[Placement]] | None:
    """Return the name and the placements of a section as stored; None if there is no such section."""
    found = db.execute("SELECT id, name FROM sections WHERE number = ?", [number]).fetchone()
    if found is None:
        return None
    return found[1], sorted(Placement._make(placed) for _, *placed in db.execute(_PLACEMENTS, [found[0]]))


def section_readings(db: Database, number: int) -> list[MenuReading]:
    """Return what all captures of a section's page say, ordered by time, then by digest.

    Raise :exc:`DamagedArchive` if a payload is missing or damaged.
    """
    key = _page_key(number)
    readings = list[MenuReading]()
    known: dict[Form, MenuReading | None] = {}
    for at, payload, source, rendition, url, _ in section_captures(db, number):
        form = form_of(payload, rendition, url)
        if form not in known:
            body = payloads.load(db, payload)
            known[form] = _read(
                Capture(
                    source=source,
                    url=url,
                    captured_at=stored_time(at),
                    key=key,
                    body=body,
                    rendition=rendition,
                )
            )
        if said := known[form]:
            readings.append(said._replace(captured_at=at))
    return readings


def section_captures(db: Database, number: int) -> list[tuple[str, int, str, str | None, str, bytes]]:
    """Return the captures of a section's page, ordered by time, then by digest.

    Columns: time, payload, source, rendition, URL, the payload's digest.
    """
    return db.execute(_CAPTURES, [known_pages.page_id(db, _page_key(number))]).fetchall()


def _page_key(number: int) -> PageKey:
    return PageKey(Kind.SECTION, number) if number else ROOT


_CAPTURES = """
SELECT c.captured_at, c.payload_id, c.source, c.rendition, c.url, p.digest FROM captures c
LEFT JOIN payloads p ON p.id = c.payload_id
WHERE c.article_id IS NULL AND c.page_id = ? AND c.outcome = 'ok' AND c.payload_id IS NOT NULL
ORDER BY c.captured_at, p.digest, c.source, c.url
"""


def _read(capture: Capture) -> MenuReading | None:
    page = read_capture(capture).page
    return read_menu("", page) if isinstance(page, Menu) else None


def _section(db: Database, number: int) -> tuple[int, str]:
    """Return the id and the name of a section; insert it if it is new."""
    query = "SELECT id, name FROM sections WHERE number = ?"
    found = db.execute(query, [number]).fetchone()
    if found is None:
        db.execute("INSERT INTO sections (number, name) VALUES (?, ?)", [number, _default_name(number)])
        found = db.execute(query, [number]).fetchone()
    return int(found[0]), str(found[1])


def _default_name(number: int) -> str:
    return f"!p{number}" if number else FRONT_PAGE_NAME


def _insert(db: Database, section: int, placements: Iterable[Placement]) -> None:
    db.conn.executemany(
        "INSERT INTO placements (section_id, position, article_id, article_number, first_seen, last_seen)"
        " VALUES (?, ?, (SELECT id FROM articles WHERE id = ?), ?, ?, ?)",
        [(section, placed.position, placed.article, *placed[1:]) for placed in placements],
    )
