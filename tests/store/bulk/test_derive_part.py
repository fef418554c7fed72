"""The rows of a part are those that an archive of the same captures has."""

import tempfile
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from archive.model import Capture
from archive.store import PartRows, VersionRow, derive_part, digest_of
from archive.store.bulk.part_payloads import PartPayloads
from archive.store.payloads.compression import base_dictionary, decompress
from tests.support.running.maintenance import MEMORY
from tests.support.samples.capture_facts import facts_by_part
from tests.support.samples.captures import BASE, NUMBER, archive_of, capture
from tests.support.samples.histories import ABSENT, FAILED, LONG, histories
from tests.support.samples.menus import menu_capture
from tests.support.tables import rows

MENTIONED = ("authors", "payloads", "known_pages")
# The same of an archive, without ids that differ between archives, and without the numbers of tags and
# authors, which any part may know. Links and related articles refer to
# articles of any part.
ARCHIVED = {
    "articles": "SELECT * FROM articles",
    "versions": f"SELECT {', '.join(f'v.{name}' for name in VersionRow._fields if name != 'capture_id')},"
    " c.captured_at, p.digest, c.source FROM versions v"
    " JOIN captures c ON c.id = v.capture_id JOIN payloads p ON p.id = c.payload_id",
    "links": 'SELECT version_id, position, text, start, "end", target, article_number FROM links',
    "authors": "SELECT DISTINCT name FROM version_authors JOIN authors ON id = author_id",
    "version_authors": "SELECT version_id, name, position FROM version_authors"
    " JOIN authors ON id = author_id",
    "tags": "SELECT article_id, name, first_seen, last_seen FROM article_tags JOIN tags ON id = tag_id",
    "related_articles": "SELECT article_id, related_number, title, text, first_seen, last_seen"
    " FROM related_articles",
    "edits": "SELECT * FROM version_edits",
    "truncations": "SELECT * FROM version_truncations",
    "repairs": 'SELECT r.version_id, field, start, "end", captured_at FROM version_repairs r'
    " JOIN captures c ON c.id = capture_id",
    "sections": "SELECT number, name FROM sections",
    "placements": "SELECT number, position, article_number, first_seen, last_seen FROM placements"
    " JOIN sections s ON s.id = section_id",
    "captures": "SELECT article_id, version_id, kind, number, source, rendition, url, captured_at, outcome,"
    " problem FROM captures c JOIN pages ON pages.id = page_id",
    "payloads": "SELECT digest, size FROM payloads",
    "known_pages": "SELECT kind, number FROM pages",
    "pages": "SELECT kind, number, checked_at, changed_at, check_count, change_count,"
    " failure_count, change_score FROM pages WHERE checked_at NOT NULL AND kind = 'article'",
}


def in_order(table: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(table, key=repr)


def comparable(part: PartRows) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of a part in the columns of :data:`ARCHIVED`."""
    captures = {one.id: one for one in part.captures}
    payloads = {one.id: one.digest for one in part.payloads}
    found: dict[str, Iterable[tuple[object, ...]]] = {name: getattr(part, name, ()) for name in ARCHIVED}
    bases = [captures[version.capture_id] for version in part.versions]
    found["versions"] = [
        (
            *version[:17],
            version.search_spellings,
            base.captured_at,
            payloads[base.payload_id or 0],
            base.source,
        )
        for version, base in zip(part.versions, bases, strict=True)
    ]
    found["repairs"] = [(*one[:4], captures[one.capture_id].captured_at) for one in part.repairs]
    named = {one.name for one in part.version_authors}  # other captures may spell them in another way
    found["authors"] = [one[:1] for one in part.authors if one.name in named]
    found["tags"] = [(*one[:2], *one[3:]) for one in part.tags]
    found["captures"] = [(*one[1:9], *one[10:]) for one in part.captures]
    found["payloads"] = {one[1:3] for one in part.payloads}
    found["known_pages"] = [one[:2] for one in part.pages]
    found["pages"] = [(*one[:2], *one[3:9]) for one in part.pages if one.checked_at and one.kind == "article"]
    return {name: in_order(table) for name, table in found.items()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
@pytest.mark.slow
def test_the_rows_are_those_of_an_archive(found: list[Capture]) -> None:
    parts = facts_by_part(one for one in found if one.key is not None)
    found = [fact.capture for facts in parts.values() for fact in facts]
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        archive = archive_of(Path(folder) / "taz.db", found)
        derived = [comparable(derive_part(facts)) for facts in parts.values()]
        for table, query in ARCHIVED.items():
            together = in_order(row for part in derived for row in part[table])
            if table in MENTIONED:  # by several parts
                together = in_order(set(together))
            assert together == in_order(rows(archive, query)), table


def test_the_bytes_of_a_page_are_deltas_that_can_be_read() -> None:
    edited = [replace(LONG, lead=f"Stand {hour}.") for hour in range(25)]
    facts = facts_by_part(capture(one, hour) for hour, one in enumerate(edited))
    [part] = [derive_part(one) for one in facts.values()]
    bodies = list[bytes]()
    for row in part.payloads:
        known = None if row.base_id is None else base_dictionary(bodies[row.base_id])
        bodies.append(decompress(row.body, row.size, known))
    assert [digest_of(body) for body in bodies] == [row.digest for row in part.payloads]
    assert [row.base_id is None for row in part.payloads] == [True, *[False] * 24]
    assert {row.base_id for row in part.payloads[1:]} == {*range(24)} - {8, 16}


def test_equal_bytes_are_stored_once_in_a_part() -> None:
    [facts] = facts_by_part([capture(BASE, 0), capture(BASE, 1), capture(BASE, 2, NUMBER + 1)]).values()
    part = derive_part(facts)
    assert (len(part.payloads), [one.payload_id for one in part.captures]) == (1, [0, 0, 0])


def test_a_capture_that_kills_its_process_is_stored_but_not_parsed() -> None:
    [facts] = facts_by_part([capture(BASE, 0), capture(LONG, 1), capture(BASE, 2)]).values()
    part = derive_part(facts, unparsed={1})
    assert [(one.outcome, one.version_id) for one in part.captures] == [
        ("ok", NUMBER * 10_000 + 1),
        ("unreadable", None),
        ("ok", NUMBER * 10_000 + 1),
    ]
    assert part.captures[1].problem == "cannot be parsed: its process was killed"
    assert len(part.payloads) == 2


def test_it_affects_no_other_capture_of_the_same_bytes() -> None:
    [facts] = facts_by_part([capture(BASE, 0), capture(BASE, 1)]).values()
    part = derive_part(facts, unparsed={0})
    assert [one.outcome for one in part.captures] == ["unreadable", "ok"]


def test_files_without_a_page_have_captures_only() -> None:
    [facts] = facts_by_part([capture(BASE, 0, None)]).values()
    part = derive_part(facts)
    assert [(one.kind, one.article_id, one.outcome) for one in part.captures] == [(None, None, "ok")]
    assert not part.articles
    assert [page.kind for page in part.pages] == ["article", "article", "author", "topic", "topic"]


def test_an_article_that_was_never_read_has_a_page() -> None:
    [facts] = facts_by_part([capture(BASE, 0, **FAILED), capture(BASE, 1, **ABSENT)]).values()
    part = derive_part(facts)
    assert not part.articles
    [page] = part.pages
    assert (page.check_count, page.failure_count, page.checked_at) == (0, 2, "2025-04-10T07:00:00.000Z")


def test_an_article_whose_last_answer_was_not_found_is_gone() -> None:
    [facts] = facts_by_part(
        [capture(BASE, 0), capture(BASE, 1, **ABSENT), capture(BASE, 2, **FAILED)]
    ).values()
    [article] = derive_part(facts).articles
    assert (article.state, article.last_seen) == ("gone", "2025-04-10T06:00:00.000Z")


def test_a_menu_counts_pages_that_it_lists_for_the_first_time() -> None:
    [facts] = facts_by_part([menu_capture([1, 2], 0), menu_capture([2, 3], 1), menu_capture([3], 2)]).values()
    pages = {page.number: page for page in derive_part(facts).pages if page.kind == "section"}
    [page] = [page for page in pages.values() if page.checked_at]
    assert (page.check_count, page.change_count) == (3, 1)


def test_payloads_need_memory_for_their_compressed_bytes_only() -> None:
    payloads, page = PartPayloads(), bytes(2**20)
    tracemalloc.start()
    for number in range(20):
        body = page + bytes([number])
        payloads.add(digest_of(body), body)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10 * len(page)  # the last pages, which others are deltas of
