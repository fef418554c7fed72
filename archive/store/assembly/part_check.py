"""Check the rows of a part, whose files are untrusted: all that the tables of an archive do not refuse.

Every row that another row refers to must be in the same part, so that parts never contradict each other.
"""

from collections.abc import Container, Iterable, Sequence
from math import isfinite
from typing import Any

from archive.errors import DatasetError
from archive.model import Kind, Outcome
from archive.policy.revisit import AGES_HOURS
from archive.store.bulk.part import UNNUMBERED, Part, is_page
from archive.store.bulk.part_rows import PART_TABLES, PartCapture, PartChangeRate, PartPage, PartRows
from archive.store.data_dictionary.derived_tables import ArticleRow
from archive.store.db.schema import VERSIONS_PER_ARTICLE
from archive.store.ingest.derived_rows import MAX_VERSIONS, version_id

MAX_COUNT = 1_000_000  # checks, changes or failures of a page: one every minute for two years
_STATES = ("present", "gone")
_OUTCOMES = frozenset(outcome.value for outcome in Outcome)
_COMMON_TABLES = ("captures", "payloads", "pages", "change_rates")
_SECTION_TABLES = ("sections", "placements")
_ARTICLE_TABLES = tuple(table for table in PART_TABLES if table not in (*_COMMON_TABLES, *_SECTION_TABLES))
_TABLES = {
    Kind.ARTICLE.value: _ARTICLE_TABLES,
    Kind.ROOT.value: _SECTION_TABLES,
    Kind.SECTION.value: _SECTION_TABLES,
}
_OF_VERSION = ("links", "version_authors", "edits", "truncations", "repairs")
_OF_ARTICLE = ("versions", "tags", "related_articles")


class PartFault(DatasetError):
    """A ``table`` of a part has rows that derivation does not write: ``problem``."""

    def __init__(self, table: str, problem: str) -> None:
        super().__init__(table, problem)
        self.table, self.problem = table, problem

    def __str__(self) -> str:
        return f"{self.table}: {self.problem}"


def check_part(part: Part, rows: PartRows) -> None:
    """Raise :exc:`PartFault` for rows that belong to another part, or refer to rows that are not there."""
    _check_tables(part, rows)
    check_first_rows(part, rows.articles, rows.change_rates)
    _check_articles(rows)
    _check_references(rows)
    _check_pages(part, rows)
    _check_captures(part, rows)
    _check_places(rows)
    _check_sections(part, rows)


def check_first_rows(
    part: Part, articles: Sequence[ArticleRow], change_rates: Sequence[PartChangeRate]
) -> None:
    """Raise :exc:`PartFault` for rows that must be sound before any part is written as a whole."""
    ids = [row.id for row in articles]
    _refuse_others("articles", "id", ids, range(part.first, part.last + 1))
    _refuse_repeated("articles", "id", ids)
    _refuse_others("change_rates", "age_hours", (row.age_hours for row in change_rates), AGES_HOURS)
    _refuse_repeated("change_rates", "age_hours", [row.age_hours for row in change_rates])
    for row in change_rates:
        if not all(isfinite(value) and value >= 0 for value in row):
            raise PartFault("change_rates", f"{row.change_count} changes in {row.observed_hours} hours")


def _check_tables(part: Part, rows: PartRows) -> None:
    allowed = (*_COMMON_TABLES, *_TABLES.get(part.kind, ()))
    for table in PART_TABLES:
        if table not in allowed and getattr(rows, table):
            raise PartFault(table, f"expected no rows in a part of kind {part.kind}")


def _refuse_others(table: str, column: str, found: Iterable[object], known: Container[object]) -> None:
    """Raise :exc:`PartFault` for the first value that is not among those known in the part."""
    for value in found:
        if value not in known:
            raise PartFault(table, f"{column} {value!r:.60} is not in this part")


def _refuse_repeated(table: str, column: str, found: list[Any]) -> None:
    if len(set(found)) < len(found):
        raise PartFault(table, f"{column} occurs twice")


# -- Articles ---------------------------------------------------------------------------------------------


def _check_articles(rows: PartRows) -> None:
    latest = {row.id: row.latest_version_id for row in rows.articles}
    versions = {row.id for row in rows.versions}
    for article, version in latest.items():
        if version not in versions or version // VERSIONS_PER_ARTICLE != article:
            raise PartFault("articles", f"article {article} has the latest version {version}")
    _refuse_others("articles", "state", (row.state for row in rows.articles), _STATES)


def _check_references(rows: PartRows) -> None:
    """Check what refers to articles, versions and authors."""
    articles = {row.id for row in rows.articles}
    for table in _OF_ARTICLE:
        _refuse_others(table, "article_id", (row.article_id for row in getattr(rows, table)), articles)
    for row in rows.versions:
        if row.id != version_id(row.article_id, row.number) or not 1 <= row.number <= MAX_VERSIONS:
            raise PartFault(
                "versions", f"version {row.id} is of article {row.article_id}, number {row.number}"
            )
    _refuse_repeated("versions", "id", [row.id for row in rows.versions])
    versions = {row.id for row in rows.versions}
    for table in _OF_VERSION:
        _refuse_others(table, "version_id", (row.version_id for row in getattr(rows, table)), versions)
    _refuse_others("edits", "before_id", (row.before_id for row in rows.edits), versions)
    for edit in rows.edits:
        if edit.before_id // VERSIONS_PER_ARTICLE != edit.version_id // VERSIONS_PER_ARTICLE:
            raise PartFault("edits", f"version {edit.version_id} follows {edit.before_id} of another article")
    authors = {row.name for row in rows.authors}
    _refuse_others("version_authors", "name", (row.name for row in rows.version_authors), authors)


def _check_places(rows: PartRows) -> None:
    """Check the captures that versions are from."""
    articles = {row.id: row.article_id for row in rows.captures}
    found = [("versions", row.article_id, row.capture_id) for row in rows.versions]
    found += [("repairs", row.version_id // VERSIONS_PER_ARTICLE, row.capture_id) for row in rows.repairs]
    for table, article, capture in found:
        if articles.get(capture) != article:
            raise PartFault(table, f"capture {capture} is not one of article {article}")


# -- Captures and pages -----------------------------------------------------------------------------------


def _check_captures(part: Part, rows: PartRows) -> None:
    articles = {None, *(row.id for row in rows.articles)}
    versions = {None, *(row.id for row in rows.versions)}
    payloads = range(len(rows.payloads))
    pages = {(page.kind, page.number) for page in rows.pages if is_own(part, page)}
    for place, row in enumerate(rows.captures):
        if row.id != place:
            raise PartFault("captures", f"expected the id {place}, found {row.id}")
        if row.article_id not in articles or row.version_id not in versions:
            raise PartFault("captures", f"capture {place} is of an article or a version of another part")
        if row.payload_id is not None and row.payload_id not in payloads:
            raise PartFault("captures", f"capture {place} has payload {row.payload_id}, which is missing")
        if problem := _capture_problem(part, row, pages):
            raise PartFault("captures", f"capture {place} {problem}")


def _capture_problem(part: Part, row: PartCapture, pages: Container[object]) -> str | None:
    page = (row.kind, row.number)
    if part.kind == UNNUMBERED:
        if page != (None, None):
            return f"is of {row.kind} {row.number}, expected no page"
    elif page not in pages:
        return f"is of {row.kind} {row.number}, which is not in this part"
    if row.article_id is not None and row.article_id != row.number:
        return f"of article {row.number} belongs to article {row.article_id}"
    if row.version_id is not None and row.version_id // VERSIONS_PER_ARTICLE != row.article_id:
        return f"belongs to version {row.version_id} of another article"
    if row.outcome not in _OUTCOMES:
        return f"has an unknown outcome: {row.outcome:.40}"
    return (
        "has the outcome ok but no payload" if row.outcome == Outcome.OK and row.payload_id is None else None
    )


def is_own(part: Part, page: PartPage) -> bool:
    """Return whether a page belongs to a part, as :meth:`Part.has` does, which takes longer."""
    return page.kind == part.kind and part.first <= page.number <= part.last


def _refuse_invalid(page: PartPage) -> None:
    if not is_page(page.kind, page.number):
        raise PartFault("pages", f"invalid page: {page.kind:.40} {page.number}")


def _check_pages(part: Part, rows: PartRows) -> None:
    _refuse_repeated("pages", "a page", [(page.kind, page.number) for page in rows.pages])
    for page in rows.pages:
        _refuse_invalid(page)
        if page.checked_at is not None and not is_own(part, page):
            raise PartFault("pages", f"{page.kind} {page.number} of another part has checks")
        counts = (page.check_count, page.change_count, page.failure_count, page.change_score)
        if not all(0 <= count <= MAX_COUNT for count in counts):
            raise PartFault("pages", f"{page.kind} {page.number} has impossible counts")


def _check_sections(part: Part, rows: PartRows) -> None:
    numbers = range(part.first, part.last + 1) if part.kind == Kind.SECTION else (0,)
    _refuse_others("sections", "number", (row.number for row in rows.sections), numbers)
    sections = {row.number for row in rows.sections}
    _refuse_others("placements", "section_number", (row.section_number for row in rows.placements), sections)
