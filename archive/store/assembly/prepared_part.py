"""A part as an archive stores it, with the ids that its captures, payloads and pages get there. Pure.

Worker processes can do this: what is left for the process that writes are the ids of names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from archive.policy.revisit import ChangeRates
from archive.store.assembly.page_schedule import schedule_of
from archive.store.assembly.part_bodies import check_payloads
from archive.store.assembly.part_check import check_part, is_own
from archive.store.bulk.part import Part
from archive.store.bulk.part_rows import PartPage, PartRows
from archive.store.ingest.derived_rows import Name, Row


class FirstIds(NamedTuple):
    """The ids of the first capture, payload and page of a part."""

    captures: int = 1
    payloads: int = 1
    pages: int = 1

    def after(self, rows: Mapping[str, int]) -> "FirstIds":
        """Return the ids that follow a part with so many rows in each of its tables."""
        return FirstIds(*(first + rows.get(table, 0) for table, first in self._asdict().items()))


@dataclass(frozen=True, slots=True)
class PreparedPart:
    """The rows of a part.

    ``rows`` are those that are inserted as they are, by :data:`.part_writer.INSERTS`. ``version_authors`` and
    ``tags`` have names in place of ids. ``linked`` are pages of other parts, and when they were discovered.
    """

    rows: Mapping[str, list[Row]]
    payloads: list[Row]
    captures: list[Row]
    authors: list[Name]
    version_authors: list[tuple[int, str, int]]
    tags: list[tuple[int, str, int | None, str, str]]
    placements: list[Row]
    linked: list[tuple[str, int, str]]


def prepare_part(part: Part, rows: PartRows, first: FirstIds, rates: ChangeRates) -> PreparedPart:
    """Check the rows of a part, and return them with their ids. Raise :exc:`.PartFault`.

    ``rates`` are the change rates of all parts.
    """
    check_part(part, rows)
    check_payloads(rows.payloads)
    own = [page for page in rows.pages if is_own(part, page)]
    return PreparedPart(
        rows={
            **_rows_of_articles(rows, first),
            "pages": _pages(own, first, rates),
            "sections": _plain(rows.sections),
        },
        payloads=_payloads(rows, first),
        captures=_captures(rows, own, first),
        authors=_plain(rows.authors),
        version_authors=_plain(rows.version_authors),
        tags=_plain(rows.tags),
        placements=_plain(rows.placements),
        linked=[
            (page.kind, page.number, page.discovered_at) for page in rows.pages if not is_own(part, page)
        ],
    )


def _rows_of_articles(rows: PartRows, first: FirstIds) -> dict[str, list[Row]]:
    return {
        "versions": [
            (*row[:-2], row.capture_id + first.captures, row.search_spellings) for row in rows.versions
        ],
        "links": [(*row, row.article_number) for row in rows.links],
        "edits": _plain(rows.edits),
        "truncations": _plain(rows.truncations),
        "repairs": [(*row[:-1], row.capture_id + first.captures) for row in rows.repairs],
        "related_articles": [(row.article_id, row.related_number, *row[1:]) for row in rows.related_articles],
    }


def _payloads(rows: PartRows, first: FirstIds) -> list[Row]:
    return [
        (row.id + first.payloads, *row[1:4], _shifted(row.base_id, first.payloads), *row[5:])
        for row in rows.payloads
    ]


def _captures(rows: PartRows, own: Iterable[PartPage], first: FirstIds) -> list[Row]:
    pages: dict[tuple[str | None, int | None], int] = {
        (page.kind, page.number): id_ for id_, page in enumerate(own, start=first.pages)
    }
    return [
        (
            row.id + first.captures,
            row.article_id,
            row.version_id,
            None,  # no crawl
            pages.get((row.kind, row.number)),
            *row[5:9],
            _shifted(row.payload_id, first.payloads),
            *row[10:],
        )
        for row in rows.captures
    ]


def _pages(own: Iterable[PartPage], first: FirstIds, rates: ChangeRates) -> list[Row]:
    return [
        (id_, page.kind, page.number, *schedule_of(page, rates), *page[2:9])
        for id_, page in enumerate(own, start=first.pages)
    ]


def _plain(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Return rows as tuples, which processes exchange faster than named ones."""
    return list(map(tuple, rows))


def _shifted(place: int | None, first: int) -> int | None:
    return None if place is None else place + first
