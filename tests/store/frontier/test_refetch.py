"""Which articles want words, and how often a source that does not cut is asked for them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.dump.writer import write_dump
from archive.model import Article, Capture, Outcome, PageKey, Paragraph
from archive.store import Writer, open_writer
from archive.store.frontier.refetch import MAX_ATTEMPTS, RefetchSources
from tests.support.samples.captures import BASE, NUMBER, START, capture, key
from tests.support.servers.other_sources import cut_rows
from tests.support.tables import rows

LONG = "Unter dem Wasserspiegel der Möhnetalsperrenverwaltung lag das alte Dorf, und niemand sprach davon."
WHOLE = replace(BASE, title=f"Wetter in der Stadt: {LONG}")


def cut(hours: float, article: Article = WHOLE, number: int | None = NUMBER) -> Capture:
    """The article as a source shows it that cuts."""
    body = cut_rows([line.text for line in write_dump(article)])
    return capture(article, hours, number, source="cutter", rendition="table", body=body)


def failed(hours: float, outcome: Outcome = Outcome.FAILED) -> Capture:
    return capture(WHOLE, hours, body=None, outcome=outcome)


def truncated_articles(archive: Writer, *sources: str, hours: float = 100) -> list[PageKey]:
    """What a run that begins then would ask of these sources, none of which cuts."""
    return list(
        archive.frontier.truncated_articles(10, RefetchSources(sources, since=START + timedelta(hours=hours)))
    )


def test_a_truncated_article_is_fetched_again_from_a_source_that_does_not_truncate(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([cut(1), capture(BASE, 1, number=NUMBER + 1)])
        assert truncated_articles(archive, "gopher") == [key()]
        assert archive.frontier.needs_refetch(key(), RefetchSources(["gopher"], since=START))
        assert not archive.frontier.needs_refetch(key(NUMBER - 1), RefetchSources(["gopher"], since=START))
        assert truncated_articles(archive) == []


def test_a_healed_article_is_not_fetched_again(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        [before, after] = archive.record([cut(1), capture(WHOLE, 2)])
        assert (before.truncation_count > 0, after.truncation_count) == (True, 0)
        assert truncated_articles(archive, "gopher") == []


def test_a_complete_capture_of_another_version_does_not_heal_this_one(tmp_path: Path) -> None:
    edited = replace(WHOLE, blocks=(Paragraph("Es regnete gar nicht."),))
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([cut(1), capture(WHOLE, 2), cut(3, edited)])
        assert truncated_articles(archive, "gopher") == [key()]


@pytest.mark.parametrize("outcome", [Outcome.FORBIDDEN, Outcome.ABSENT])
def test_a_source_without_the_page_is_not_tried_again(tmp_path: Path, outcome: Outcome) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([cut(1), failed(2, outcome), cut(3)])
        assert truncated_articles(archive, "gopher") == []


def test_a_source_that_failed_is_tried_by_later_runs_up_to_a_limit(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([cut(1)])
        for hours in range(2, 2 + MAX_ATTEMPTS):
            assert truncated_articles(archive, "gopher", hours=hours) == [key()]
            archive.record([failed(hours)])
            assert truncated_articles(archive, "gopher", hours=hours) == [], "not twice in a run"
        assert truncated_articles(archive, "gopher") == []
        assert truncated_articles(archive, "gemini") == [key()], "another may still have it"


def test_a_page_without_a_number_cannot_be_fetched_again(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        [done] = archive.record([cut(1, number=None)])
        assert done.article is not None
        assert done.article < 0
        assert done.truncation_count > 0
        assert truncated_articles(archive, "gopher") == []


def test_a_page_is_done_only_with_a_capture_that_ends_its_visit(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.frontier.discover([key()], at=START)
        archive.frontier.lease(1, now=START, until=START + timedelta(hours=9))
        [done] = archive.record([failed(1)], unfinished={key()})
        state = "SELECT checked_at, failure_count, leased_until IS NOT NULL FROM pages"
        assert not done.ended
        assert rows(archive, state) == [(None, 0, 1)]
        [done] = archive.record([capture(WHOLE, 2)])
        assert done.ended
        assert rows(archive, state)[0][1:] == (0, 0)
