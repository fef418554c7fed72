"""Gemtext → lines, and what is believed of a page that stops early. All text is made up."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import DumpError, PageError, RenditionError
from archive.model import Article, Line, PageKey, Subhead
from archive.pagekey import ROOT
from archive.reading.same_wording import wording_of
from archive.renditions.decode import detect_rendition, read_page
from archive.renditions.forms.gemtext import decode
from crawler.demo.newspaper.pages.gemtext import write_gemtext
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from tests.support.samples.golden_pages import page

HOME = "127.0.0.1:7070"
TITLE = "# taz.de -- Murr: Es regnet"
DATE = "10 Apr 2025"
NEWSPAPER = Newspaper(seed=2)


def lines(*rows: str, home: str = HOME) -> list[Line]:
    """What rows below a title say."""
    return decode("\n".join([TITLE, *rows, ""]).encode(), home)[1:]


def article(*rows: str) -> Article:
    read = read_page("\n".join([TITLE, *rows, ""]).encode(), key=None, rendition="gemini")
    assert isinstance(read, Article)
    return read


# -- Lines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/!5", "/!5"),
        ("/Slug/!5", "/Slug/!5"),
        ("//127.0.0.1:7070/Slug/!5", "/Slug/!5"),
        ("//evil.example/!5", "gemini://evil.example/!5"),
        ("Slug/!5", "/Slug/!5"),
        ("!5", "/!5"),
        ("./!5", "/!5"),
        ("../../!5", "/!5"),
        ("/Slug/../!5", "/!5"),
        ("/Slug/./!5", "/Slug/!5"),
        ("/Straße/…", "/Straße/…"),
        ("/Stra%C3%9Fe/%215", "/Straße/!5"),
        ("/Warum%3F/!5", "/Warum?/!5"),
        ("/Warum?/!5", "/Warum?/!5"),
        ("/!5#teil", "/!5"),
        ("gemini://127.0.0.1:7070/!5", "/!5"),
        ("gemini://taz.de/!5", "/!5"),
        ("gemini://TAZ.de:1965/Slug/!5", "/Slug/!5"),
        ("gemini://www.taz.de/!5", "/!5"),
        ("gemini://taz.de", "/"),
        ("gemini://taz.de:7070/!5", "gemini://taz.de:7070/!5"),
        ("gemini://example.org/!5", "gemini://example.org/!5"),
        ("gemini://taz.de@example.org/!5", "gemini://taz.de@example.org/!5"),
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("https://taz.de/!5", "https://taz.de/!5"),
        ("gopher://taz.de/1/!5", "gopher://taz.de/1/!5"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("https://[broken", "https://[broken"),
        ("gemini://taz.de:port/!5", "gemini://taz.de:port/!5"),
        ("/a%0D%0Ab%1B[31m/!5", "/a b [31m/!5"),
    ],
)
def test_a_link_within_the_paper_is_a_path_and_any_other_a_whole_url(url: str, target: str) -> None:
    assert lines(f"=> {url} Titel") == [Line("Titel", target, "1")]


@pytest.mark.parametrize("home", ["127.0.0.1:7070", "::1:7070", "taz.de:1965", "taz.de:70"])
def test_a_path_is_read_the_same_for_any_server(home: str) -> None:
    assert lines("=> /!5 A", home=home) == [Line("A", "/!5", "1")]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("=> /!5", Line("/!5", "/!5", "1")),
        ("=>/!5", Line("/!5", "/!5", "1")),
        ("=>\t/!5 \t Ein  Titel ", Line("Ein  Titel", "/!5", "1")),
        ("=> /b.jpg Bild: Murr", Line("Bild: Murr", "/b.jpg", "I")),
        ("=>", Line("=>")),
        ("=> ", Line("=> ")),
        ("=> und dann", Line("=> und dann")),
        (" => /!5 A", Line(" => /!5 A")),
        ("# Eins", Line("## Eins")),
        ("## Zwei", Line("## Zwei")),
        ("###   Drei", Line("## Drei")),
        ("#### Vier", Line("#### Vier")),
        ("###", Line("##")),
        ("#MeToo", Line("#MeToo")),
        ("> Zitat", Line("> Zitat")),
        (">Zitat > Zitat", Line("> Zitat > Zitat")),
        ("* eins", Line("* eins")),
        ("```", Line("```")),
        ("", Line("")),
        ("AUTOREN", Line("AUTOREN")),
    ],
)
def test_a_row_is_a_line(row: str, line: Line) -> None:
    assert lines(row) == [line]


SPELLINGS = ["## TAGS", "TAGS", "# TAGS", "### TAGS", "##TAGS", "## Tags", "Tags:", "  TAGS  "]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_section_may_be_headed_in_many_ways_after_the_date(spelling: str) -> None:
    assert [tag.name for tag in article("Text.", DATE, "", spelling, "Murr").tags] == ["Murr"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_before_the_date_no_word_is_a_sections_heading(spelling: str) -> None:
    read = article("Text.", "", spelling, "", "Murr.", "", DATE, "", "## AUTOREN", "Anna")
    assert read.tags == ()
    assert [author.name for author in read.authors] == ["Anna"]
    assert read.text.endswith("Murr.")
    assert "tags" in read.text.lower()


def test_sections_come_in_one_order_so_a_tag_may_be_called_links() -> None:
    read = article(DATE, "LINKS", "[1] /!5", "TAGS", "Links", "AUTOREN")
    assert [tag.name for tag in read.tags] == ["Links", "AUTOREN"]


@pytest.mark.parametrize(
    "row", ["[1] /Murr/!5", "=> /Murr/!5 [1] Die Murr", "=> /Murr/!5 [1]", "[1] gemini://taz.de/Murr/%215"]
)
def test_a_listed_target_is_the_same_however_it_is_listed(row: str) -> None:
    [link] = article("Die [1][Murr] steigt.", DATE, "LINKS", row, "AUTOREN", "Anna").links
    assert (link.position, link.target, link.text) == (1, "/Murr/!5", "Murr")


def test_a_subhead_keeps_its_own_words() -> None:
    assert article("Text.", "# Links", "Text.", DATE).blocks[1] == Subhead("Links")


def test_a_menu_is_read() -> None:
    read = read_page(
        b"# taz.de\n\nMotto\n\n=> /Murr/!5 Murr\nEin Satz.\n\n=> /!p4611 Wasser\n",
        key=ROOT,
        rendition="gemini",
    )
    assert not isinstance(read, Article)
    found = [(entry.title, entry.text, entry.target) for entry in read.entries]
    assert found == [("Murr", "Ein Satz.", "/Murr/!5"), ("Wasser", None, "/!p4611")]


# -- What the newspaper writes ------------------------------------------------------------------------


def test_every_page_is_read_as_the_newspaper_wrote_it() -> None:
    for key in NEWSPAPER.keys(START):
        said = NEWSPAPER.page(key, START)
        assert said
        assert read_page(write_gemtext(said).encode(), key=key, rendition="gemini", home=HOME) == said


@pytest.mark.parametrize("key", NEWSPAPER.articles_there(START)[:25], ids=lambda key: str(key.number))
def test_a_page_that_stops_anywhere_is_whole_or_refused(key: PageKey) -> None:
    said = NEWSPAPER.page(key, START)
    assert isinstance(said, Article)
    body = write_gemtext(said).encode()
    for end in range(0, len(body), 100):
        try:
            read = read_page(body[:end], key=None, rendition="gemini", home=HOME)
        except PageError:
            continue
        assert isinstance(read, Article)
        assert wording_of(read) == wording_of(said), end


FULL = [TITLE, "", "Die [1][Murr] steigt.", "", DATE, "", "## LINKS", "[1] /!5", "", "## AUTOREN", "Anna", ""]


@pytest.mark.parametrize(
    ("rows", "ending", "problem"),
    [
        (FULL, "\n", None),
        (FULL[:-1], "", "expected the rest of the page"),
        (FULL[:-1], "\n", None),
        (FULL[:-2], "\n", "expected the rest of the page"),
        (FULL[:-3], "\n", "expected the rest of the page"),
        (FULL[:7], "\n", "expected the rest of the page"),
        (FULL[:6], "\n", r"expected where link \[1\] leads"),
        (FULL[:4], "\n", "no date and none of the four sections"),
        ([*FULL, "## TAGS", "Murr"], "", None),
        ([TITLE, "", "Kurz.", "", DATE], "\n", None),
        ([TITLE, "", "Kurz.", "", DATE], "", "expected the rest of the page"),
        ([TITLE, "", "Kurz."], "\n", "no date and none of the four sections"),
        ([TITLE, "", "Kurz.", "", "## LINKS"], "\n", "expected a date line"),
    ],
)
def test_a_page_is_recognized_by_its_content(rows: list[str], ending: str, problem: str | None) -> None:
    body = ("\n".join(rows) + ending).encode()
    if problem is None:
        read_page(body, key=None, rendition="gemini")
    else:
        with pytest.raises(DumpError, match=problem):
            read_page(body, key=None, rendition="gemini")


# -- Which rendition, and what is not gemtext ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rendition"),
    [
        ("everything-in-gemtext", "gemini"),
        ("gemtext-bare-headings", "gemini"),
        ("everything-with-blanks", "text"),
        ("cut-table", "table"),
        ("everything-on-the-wire", "gopher"),
    ],
)
def test_link_lines_tell_gemtext_from_a_dump(name: str, rendition: str) -> None:
    assert detect_rendition(page(name)) == rendition


def test_an_arrow_in_a_text_makes_it_no_gemtext() -> None:
    assert detect_rendition(f"{TITLE}\n=> und dann\n{DATE}\n".encode()) == "text"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (TITLE.encode(), DumpError),
        (f"{TITLE}\rText.\r{DATE}\r".encode(), None),
        (b"\r" * 1000, RenditionError),
        (f"{TITLE}\n\0".encode(), RenditionError),
        (f"{TITLE}\n{'ö' * 2_000_000}\n{DATE}\n".encode(), None),
        (b"=> /x" * 650_000, DumpError),
        (b"# Anderswo\n", DumpError),
        ("Grüße\n".encode("latin-1"), RenditionError),
    ],
    ids=["one line", "CR", "CRs", "NUL", "4 MB line", "4 MB link", "other page", "latin-1"],
)
def test_a_minimal_page_is_read_or_refused(body: bytes, error: type[PageError] | None) -> None:
    if error is None:
        assert isinstance(read_page(body, key=None, rendition="gemini"), Article)
    else:
        with pytest.raises(error):
            read_page(body, key=None, rendition="gemini")


@pytest.mark.parametrize("row", [" " * 500_000 + "x", "=>" + " " * 500_000, "#" * 500_000, "=> " * 200_000])
def test_rows_made_to_be_slow_are_read(row: str) -> None:
    """In linear time: a square of this size would not end."""
    assert len(lines(DATE, row, row)) == 3


PIECES = st.sampled_from(
    [
        "=>",
        " ",
        "\n",
        "\r",
        "#",
        "## ",
        "LINKS",
        "AUTOREN",
        DATE,
        "\n",
        "[1]",
        "[1][",
        "]",
        "/!5",
        "> ",
        "```",
    ]
)


@given(st.lists(PIECES | st.text(max_size=9)))
def test_any_bytes_are_a_page_or_raise_our_error(pieces: list[str]) -> None:
    body = f"{TITLE}\n{''.join(pieces)}".encode(errors="replace")
    with suppress(PageError):
        read_page(body, key=None, rendition="gemini")


def test_a_saved_page_is_imported(tmp_path: Path) -> None:
    from click.testing import CliRunner  # noqa: PLC0415 - only here

    from archive.cli.main import cli  # noqa: PLC0415 - the same

    file = tmp_path / "!700001.gmi"
    file.write_bytes(page("everything-in-gemtext"))
    done = CliRunner().invoke(cli, ["import", str(tmp_path / "taz.db"), str(file)])
    assert (done.exit_code, done.output) == (0, "1 file: 1 new article\n")
