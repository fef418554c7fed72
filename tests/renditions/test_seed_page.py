"""The page this project began with. None of its text is here: counts and hashes identify it."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.errors import DumpError
from archive.model import Article, Paragraph, Subhead
from archive.reading.same_wording import same_wording
from archive.renditions.decode import detect_rendition, read_page
from tests.support import ROOT
from tests.support.tables import rows

SHARED = ROOT.parent / "shared"
FILES = sorted((SHARED / "seed").glob("*.txt"))
# Not even that is a reason where CI is set: see no_skips.py.
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the page is not part of the project")


@pytest.fixture(scope="module")
def article() -> Article:
    page = read_page(FILES[0].read_bytes(), key=None)
    assert isinstance(page, Article)
    return page


def digest(text: str | None) -> str:
    return sha256((text or "").encode()).hexdigest()[:16]


def test_it_is_a_saved_table() -> None:
    assert detect_rendition(FILES[0].read_bytes()) == "table"


def test_its_title_is_whole_to_the_mark_of_its_cut(article: Article) -> None:
    assert article.title.endswith(" Ehr…")
    assert (len(article.title), digest(article.title)) == (62, "992843a2dfac90f9")


def test_its_lead_is_two_lines_joined(article: Article) -> None:
    assert (len(article.lead or ""), digest(article.lead)) == (138, "711c20bffcf1569d")


def test_its_caption_is_whole(article: Article) -> None:
    assert (len(article.caption or ""), digest(article.caption)) == (71, "5c15af705e06a8f3")


def test_its_dateline_has_no_bar(article: Article) -> None:
    assert article.dateline == "Brüssel taz"


def test_it_has_six_paragraphs_and_a_subhead_after_the_fourth(article: Article) -> None:
    kinds = [type(block) for block in article.blocks]
    assert kinds == [*[Paragraph] * 4, Subhead, *[Paragraph] * 2]


def test_its_paragraphs_end_where_they_should(article: Article) -> None:
    assert [digest(block.text) for block in article.blocks] == [
        "96ae8200a31c800a",
        "5738e0ad7f1703da",
        "179e7b6839b32dbf",
        "422bca0ad727b082",
        "794c9375edc240db",
        "2d718bcce406ceb6",
        "0eb161f9815b3ddf",
    ]


def test_its_links_have_their_text_and_place(article: Article) -> None:
    assert [link.position for link in article.links] == [1, 2, 3]
    assert all(article.text[link.start : link.end] == link.text for link in article.links)
    assert [digest(link.text) for link in article.links] == [
        "7a6bb2962c89e438",
        "39d6788b753bb09c",
        "3bcfafb2571b6713",
    ]


def test_its_links_lead_to_two_articles_and_a_topic(article: Article) -> None:
    targets = [str(link.target).partition("!")[2] for link in article.links]
    assert targets == ["6073064", "t5008005", "6077875"]


def test_its_date_is_read(article: Article) -> None:
    assert article.published == date(2025, 4, 10)


def test_it_has_one_author(article: Article) -> None:
    assert [digest(author.name) for author in article.authors] == ["c26967f1b900ba46"]


def test_its_twelve_tag_lines_are_five_tags(article: Article) -> None:
    assert [digest(tag.name) for tag in article.tags] == [
        "b461d78500e783eb",
        "bcc014d44a453a89",
        "d258bdff0f7f9f38",
        "b20685c39b6742a7",
        "6c1938c06cdc963b",
    ]


def test_its_seven_related_articles_have_their_teasers(article: Article) -> None:
    assert [(len(t.title), len(t.text or "")) for t in article.related] == [
        (74, 160),
        (66, 135),
        (69, 137),
        (64, 191),
        (60, 139),
        (80, 125),
        (53, 147),
    ]


def test_its_four_cut_lines_are_counted(article: Article) -> None:
    assert [(cut.field, cut.max_missing) for cut in article.truncations] == [
        ("title", None),
        ("text", 3),
        ("text", 3),
        ("related", None),
    ]


def counts(archive: Path) -> dict[str, int]:
    tables = [name for (name,) in rows(archive, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: rows(archive, f'SELECT count(*) FROM "{table}"')[0][0] for table in tables}


def test_importing_it_again_adds_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    first = CliRunner().invoke(cli, ["import", str(archive), str(FILES[0])])
    before = counts(archive)
    again = CliRunner().invoke(cli, ["import", str(archive), str(FILES[0])])
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert (before["articles"], before["captures"]) == (1, 1)
    assert counts(archive) == before


def test_stopped_at_any_lines_end_it_is_refused_or_of_the_same_wording(article: Article) -> None:
    lines = FILES[0].read_bytes().splitlines(keepends=True)
    refused = 0
    for end in range(1, len(lines)):
        try:
            page = read_page(b"".join(lines[:end]), key=None)
        except DumpError:
            refused += 1
        else:
            assert isinstance(page, Article)
            assert same_wording(article, page)
    assert 30 < refused < len(lines) - 30
