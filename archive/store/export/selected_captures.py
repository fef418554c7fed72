"""The rows of selected captures, as recorded."""

from typing import NamedTuple


class SelectedCapture(NamedTuple):
    """A capture as recorded. ``kind`` and ``number`` are the page's, None if unknown.

    ``digest`` is written as in WARC: ``sha256:…``. ``first_url`` and ``first_at`` are of the first selected
    capture with the same bytes, None on that one.
    """

    id: int
    source: str
    rendition: str | None
    url: str
    captured_at: str
    outcome: str
    problem: str | None
    kind: str | None
    number: int | None
    digest: str | None
    size: int
    payload: int | None
    first_url: str | None
    first_at: str | None


SELECTED_CAPTURES = """
SELECT c.id, c.source, c.rendition, c.url, c.captured_at, c.outcome, c.problem, p.kind, p.number,
  iif(b.id IS NULL, NULL, 'sha256:' || lower(hex(b.digest))), coalesce(b.size, 0), c.payload_id,
  f.url, f.captured_at
FROM temp.chosen x CROSS JOIN captures c ON c.id = x.capture LEFT JOIN pages p ON p.id = c.page_id
LEFT JOIN payloads b ON b.id = c.payload_id LEFT JOIN captures f ON f.id = x.first AND x.first <> x.capture
ORDER BY x.place
"""

CAPTURED_PAGES = """
SELECT c.article_id, c.url, c.captured_at, v.title
FROM (SELECT max(x.place) AS place FROM temp.chosen x CROSS JOIN captures c ON c.id = x.capture
  WHERE c.version_id IS NOT NULL GROUP BY c.article_id) last
CROSS JOIN temp.chosen x ON x.place = last.place CROSS JOIN captures c ON c.id = x.capture
JOIN versions v ON v.id = c.version_id ORDER BY c.article_id
"""
