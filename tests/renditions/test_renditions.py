"""Bytes → lines, rendition by rendition. All text is made up."""

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import AbsentError, DumpError, RenditionError
from archive.model import UNKNOWN_ITEM, Article, Line
from archive.pagekey import ROOT
from archive.renditions import charset
from archive.renditions.decode import RENDITIONS, detect_rendition, read_page
from archive.renditions.forms import gopher, table, text
from benchmarks.hostile import TEXTS, hostile_bytes
from tests.support.samples.golden_pages import page

HOME = "taz.de:70"
TITLE = "# taz.de -- Murr: Es regnet"


# -- Gopher -----------------------------------------------------------------------------------------


def row(fields: str, home: str = HOME) -> Line:
    """What one row says, in a menu under a title."""
    _, line = gopher.decode(f"i{TITLE}\t\t{home}\t70\r\n{fields}\r\n.\r\n".encode(), home)
    return line


TEXT = st.text(st.characters(exclude_characters="\0\t\r\n", exclude_categories=["Cs"]))
PATH = st.from_regex(r"/[A-Za-zäöü-]{1,9}(/![tpa]?[0-9]{1,7})?", fullmatch=True)
TARGET = PATH | st.sampled_from(
    ["https://example.org/a?b=c#d", "gopher://example.org:7070/1/a", "mailto:a@b.de"]
)
LINES = st.lists(
    st.builds(Line, TEXT, target=st.none(), item=st.sampled_from("iI"), truncated=st.just(value=False))
    | st.builds(Line, TEXT, target=TARGET, item=st.sampled_from("017hI"), truncated=st.just(value=False))
)


@given(LINES, st.sampled_from([("taz.de", 70), ("127.0.0.1", 7070), ("::1", 7070)]))
def test_decoding_what_was_encoded_gives_the_lines(lines: list[Line], server: tuple[str, int]) -> None:
    host, port = server
    lines = [Line(TITLE), *lines]
    assert gopher.decode(gopher.encode(lines, host=host, port=port), f"{host}:{port}") == lines


def test_rows_end_in_crlf_and_the_page_in_a_dot() -> None:
    assert gopher.encode([Line("Ö")], host="taz.de", port=70) == "iÖ\t\ttaz.de\t70\r\n.\r\n".encode()


def test_nothing_in_a_line_can_make_another_row() -> None:
    body = gopher.encode([Line("a\r\n.\r\nb\tc", "/x\r\n.\t", "1")], host="h", port=70)
    assert body == b"1a  .  b c\t/x  . \th\t70\r\n.\r\n"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ("iText\t\terror.host\t1", Line("Text")),
        ("iText\t/a\ttaz.de\t70", Line("Text")),
        ("iText\t\t\t", Line("Text")),
        ("iText\t", Line("Text")),
        ("iText\tfake\t(NULL)\t0", Line("Text")),
        ("iText\tfake\t(NULL)\t-1", Line("Text")),
        ("iText\tfake", Line("Text", item=UNKNOWN_ITEM)),
        ("iEin\tText\t\ttaz.de\t70", Line("Ein Text")),
        ("iEin\tlanger\tText\tfake\t(NULL)\t-1", Line("Ein langer Text")),
        ("iEin\tText\t\ttaz.de\t70\t+", Line("Ein Text")),
        ("iText\t\ttaz.de\t70\t+", Line("Text")),
        ("iText\tfake\t(NULL)\t0\t", Line("Text")),
        ("iEin\tText\t\t\t", Line("Ein Text")),
        ("i", Line("i", item=UNKNOWN_ITEM)),
        ("", Line("")),
        ("1Titel\t/!5\ttaz.de\t70", Line("Titel", "/!5", "1")),
        ("1Titel\t/!5\ttaz.de\t70\t+", Line("Titel", "/!5", "1")),
        ("1Titel\t/!5\tTAZ.de \t 70 ", Line("Titel", "/!5", "1")),
        ("1Titel\t!5\twww.taz.de\t70", Line("Titel", "/!5", "1")),
        ("1Titel\t/!5\ttaz.de.\t70", Line("Titel", "/!5", "1")),
        ("1Titel\t/C#-Kurs?/100%25/!5\ttaz.de\t70", Line("Titel", "/C#-Kurs?/100%25/!5", "1")),
        ("1Titel\t/!5\ttaz.de", Line("Titel", item=UNKNOWN_ITEM)),
        ("1Titel\t/!5", Line("Titel", item=UNKNOWN_ITEM)),
        ("Nur Text", Line("Nur Text", item=UNKNOWN_ITEM)),
        ("1Titel\tURL:https://x.de/a b\ttaz.de\t70", Line("Titel", "https://x.de/a b", "1")),
        ("hTitel\tURL:https://x.de\ttaz.de\t70", Line("Titel", "https://x.de", "h")),
        ("1Titel\t/a\texample.org\t70", Line("Titel", "gopher://example.org/1/a", "1")),
        ("0Titel\t/a ü\texample.org\t7070", Line("Titel", "gopher://example.org:7070/0/a%20%C3%BC", "0")),
        ("1Titel\t/a\t::1\t7070", Line("Titel", "gopher://[::1]:7070/1/a", "1")),
        ("1Titel\t/!5\ttaz.de\t7070", Line("Titel", "gopher://taz.de:7070/1/!5", "1")),
        ("1Titel\t//evil.example/!5\ttaz.de\t70", Line("Titel", "/evil.example/!5", "1")),
        ("IBild: Murr\t\ttaz.de\t70", Line("Bild: Murr", None, "I")),
        ("IBild: Murr\t/a.jpg\ttaz.de\t70", Line("Bild: Murr", "/a.jpg", "I")),
        ("7Suche\t/suche\ttaz.de\t70", Line("Suche", "/suche", "7")),
    ],
)
def test_a_row_is_a_line(fields: str, line: Line) -> None:
    assert row(fields) == line


@pytest.mark.parametrize("home", ["127.0.0.1:7070", "::1:7070"])
def test_a_row_that_leads_to_the_server_asked_is_a_path(home: str) -> None:
    host, _, port = home.rpartition(":")
    assert row(f"1Titel\t/!5\t{host}\t{port}", home).target == "/!5"


ROWS = {
    "empty ports": "i{}\t\t\t\r\n",
    "no port": "i{}\t\r\n",
    "port -1": "i{}\tfake\t(NULL)\t-1\r\n",
    "spaces about the port": "i{}\t\ttaz.de\t 70 \r\n",
    "Gopher+": "i{}\t\ttaz.de\t70\t+\r\n",
}


@pytest.mark.parametrize("ending", [".\r\n", ""])
@pytest.mark.parametrize("kind", ROWS)
def test_rows_of_text_are_read_whatever_their_other_fields_are(kind: str, ending: str) -> None:
    body = "".join(map(ROWS[kind].format, [TITLE, "Ein Satz.", "10 Apr 2025"])) + ending
    assert detect_rendition(body.encode()) == "gopher"
    article = read_page(body.encode(), key=None)
    assert isinstance(article, Article)
    assert (article.title, article.text) == ("Murr: Es regnet", "Ein Satz.")


@pytest.mark.parametrize("bare", ["Willkommen", "", "Willkommen\r\nZeile 2", "ich bin da", "# Kein Titel"])
def test_rows_without_a_tab_above_the_title_are_skipped(bare: str) -> None:
    body = f"{bare}\r\ni{TITLE}\t\ttaz.de\t70\r\niEin Satz.\t\ttaz.de\t70\r\n.\r\n".encode()
    assert detect_rendition(body) == "gopher"
    assert read_page(body, key=None).title == "Murr: Es regnet"


def test_a_title_without_a_tab_is_the_pages_title() -> None:
    body = f"{TITLE}\r\niEin Satz.\t\ttaz.de\t70\r\n.\r\n".encode()
    assert gopher.decode(body, HOME) == [Line(TITLE, item=UNKNOWN_ITEM), Line("Ein Satz.")]


def test_a_row_of_gopher_quoted_in_a_text_does_not_make_it_a_menu() -> None:
    body = (
        f"{TITLE}\nSo sieht eine Zeile aus:\n1Titel\t/!5\ttaz.de\t70\nUnd so weiter.\n10 Apr 2025\n".encode()
    )
    assert detect_rendition(body) == "text"


def test_a_row_of_any_length_is_read() -> None:
    assert row(f"i{'ö' * 5000}\t\ttaz.de\t70").text == "ö" * 5000


@pytest.mark.parametrize("ending", ["\r\n.\r\n", "\r\n.", "\r\n", "\n", "\n.\n", "\r\n.\r\nRest"])
def test_the_final_dot_may_be_missing_and_ends_the_page(ending: str) -> None:
    assert gopher.decode(f"i{TITLE}\t\ttaz.de\t70{ending}".encode(), HOME) == [Line(TITLE)]


def test_a_page_that_stops_within_a_row_is_refused() -> None:
    with pytest.raises(RenditionError, match="line 2: the connection closed within a row"):
        gopher.decode(f"i{TITLE}\t\ttaz.de\t70\r\niText\t\tta".encode(), HOME)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("3'/x' does not exist (no handler found)\t\terror.host\t1\r\n.\r\n", "'/x' does not exist"),
        (
            "3Error: File or directory not found!\tTITLE\tnull.host\t1\r\niHinweis\t\tx\t1\r\n",
            "Error: File or",
        ),
        ("Error: File or directory not found! (null)\r\n", "Error: File or directory not found! (null)"),
        ("3Error: File or directory not found! (null)\r\n", "Error: File or directory not found! (null)"),
        ("3 '/x' nicht gefunden\tfake\t(NULL)\t0\r\n", "'/x' nicht gefunden"),
        ("404 Not Found\n", "404 Not Found"),
        ("3Diese Seite gibt es nicht (mehr).\t\terror.host\t1\r\n.\r\n", "Diese Seite gibt es nicht (mehr)."),
        ("3Diese Seite gibt es leider nicht.\t\t\t\r\n", "Diese Seite gibt es leider nicht."),
        ("3Der Artikel ist nicht mehr vorhanden.\r\n", "Der Artikel ist nicht mehr vorhanden."),
        ("3This page no longer exists.\t\terror.host\t1\r\n", "This page no longer exists."),
        ("3Not found\r\niHinweis\t\tx\t1\r\n", "Not found"),
        ("Not \x1b[31mfound\n", ""),
    ],
)
def test_a_server_may_say_in_many_ways_that_there_is_no_such_page(body: str, said: str) -> None:
    with pytest.raises((AbsentError, RenditionError)) as caught:
        gopher.decode(body.encode(), HOME)
    assert isinstance(caught.value, AbsentError) == bool(said)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("3Server overloaded\t\terror.host\t1\r\n", 'the server reports an error: "Server overloaded"'),
        ("Bitte später\r\n", 'line 1: expected a menu row, found "Bitte später"'),
        ("-----\r\nnot found\r\n" * 5, 'line 1: expected a menu row, found "-----"'),
        (".\r\n", 'line 1: expected a menu row, found ""'),
    ],
)
def test_other_errors_do_not_say_that_the_page_is_gone(body: str, message: str) -> None:
    with pytest.raises(RenditionError) as caught:
        gopher.decode(body.encode(), HOME)
    assert str(caught.value) == message


# -- Text and tables --------------------------------------------------------------------------------

PLAIN = [TITLE, "> Ein Lead", "Berlin taz | Rot | Grün regiert.", "Berlin taz |", "##", "Ende."]


@pytest.mark.parametrize(
    "rows",
    [
        [f"| {line} | |" for line in PLAIN],
        [f"{line} | |" for line in PLAIN],
        [f"|{line}| |" for line in PLAIN],
        [f"| {line} |  |  " for line in PLAIN],
        [f"  | {line} | |" for line in PLAIN],
        [*(f"| {line} | |" for line in PLAIN[:-1]), f"| {PLAIN[-1]} |"],
        [*(f"| {line} | |" for line in PLAIN[:-1]), f"| {PLAIN[-1]}"],
        [*(f"{line} | |" for line in PLAIN[:-1]), PLAIN[-1]],
        ["| --- | --- |", *(f"| {line} | |" for line in PLAIN)],
        ["| Gopher | |", "|:---|---:|", *(f"| {line} | |" for line in PLAIN)],
        ["Zurück", "taz.de/1/!5", *(f"| {line} | |" for line in PLAIN)],
    ],
    ids=[
        "bars on both sides",
        "no bar at the left",
        "no spaces",
        "more spaces",
        "spaces before",
        "last row half stripped",
        "last row stripped",
        "last row stripped, no bar at the left",
        "ruler",
        "head and ruler",
        "navigation",
    ],
)
def test_every_variant_of_a_saved_table_is_the_lines_in_it(rows: list[str]) -> None:
    body = "\n".join(rows).encode()
    assert detect_rendition(body) == "table"
    assert [line.text for line in table.decode(body, HOME)] == PLAIN


def test_bare_lines_after_navigation_are_text() -> None:
    body = "\n".join(["taz.de:70/1/!5", "# taz.de/1 Home", *PLAIN]).encode()
    assert detect_rendition(body) == "text"
    assert [line.text for line in text.decode(body, HOME)] == PLAIN


def test_a_row_of_dashes_that_is_not_a_ruler_is_text() -> None:
    body = f"| {TITLE} | |\n| --- | |\n".encode()
    assert [line.text for line in table.decode(body, HOME)] == [TITLE, "---"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(ending: str) -> None:
    body = ending.join([*PLAIN, ""]).encode()
    assert [line.text for line in text.decode(body, HOME)] == PLAIN


@pytest.mark.parametrize("character", ["\u2028", "\x0c", "\x85", "\x1c"])
def test_no_other_character_ends_a_line(character: str) -> None:
    assert charset.split_lines(f"a{character}b") == [f"a{character}b"]


@pytest.mark.parametrize(
    ("line", "is_cut"),
    [
        ("x" * 79 + "…", True),
        ("x" * 78 + " …", True),
        ("x" * 78 + "\ufffd…", True),
        ("x" * 77 + "\ufffd…", True),
        ("ö" * 39 + "x…", True),
        ("ö" * 39 + "\ufffd…", True),
        ("– " * 19 + "xx\ufffd…", True),
        ("x" * 80 + "…", False),
        ("x" * 76 + "…", False),
        ("x" * 79, False),
        ("x" * 79 + "...", False),
        ("Und dann …", False),
        ("ö" * 50 + " …", False),
    ],
)
def test_a_line_was_cut_if_its_bytes_say_so(line: str, is_cut: bool) -> None:
    (_, read) = text.decode(f"{TITLE}\n{line}\n".encode(), HOME)
    assert (read.text, read.truncated) == (line, is_cut)


def test_a_page_with_blank_lines_was_not_cut() -> None:
    lines = text.decode(f"{TITLE}\n\n{'x' * 79}…\n\n".encode(), HOME)
    assert not any(line.truncated for line in lines)


@pytest.mark.parametrize("bits", range(1, 7))
def test_a_cut_at_any_byte_is_seen_and_keeps_what_is_whole(bits: int) -> None:
    line = "x" * bits + "Über Öl – für müde Füße, süße Äpfel, große Höfe, schöne Gärten und Flüße, ja"
    kept = line.encode()[:79].decode(errors="replace")
    article = read_page(f"{TITLE}\n{kept}…\nEnde.\n10 Apr 2025\n".encode(), key=None)
    assert isinstance(article, Article)
    assert len(article.truncations) == 1
    assert article.text == kept.rstrip("\ufffd") + "… Ende."


# -- Characters -------------------------------------------------------------------------------------

UMLAUTS = f"{TITLE}\n„Öl“ – für müde Füße.\n10 Apr 2025\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_a_mark(encoding: str) -> None:
    article = read_page(UMLAUTS.encode(encoding), key=None)
    assert isinstance(article, Article)
    assert article.text == "„Öl“ – für müde Füße."


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("latin-1", "line 2: expected UTF-8, found byte 0xd6"),
        ("cp1252", "line 2: expected UTF-8, found byte 0x84"),
        ("utf-16", "line 1: expected UTF-8, found UTF-16"),
        ("utf-16-be", "expected text, found a binary (NUL at byte 0)"),
    ],
)
def test_another_charset_is_named_with_its_line(encoding: str, message: str) -> None:
    body = UMLAUTS.replace("„", '"').replace("“", '"').replace("–", "-") if encoding == "latin-1" else UMLAUTS
    with pytest.raises(RenditionError) as caught:
        read_page(body.encode(encoding), key=None)
    assert str(caught.value) == message


def test_one_broken_byte_does_not_lose_the_page() -> None:
    article = read_page(UMLAUTS.encode().replace("ü".encode(), b"\xc3", 1), key=None)
    assert isinstance(article, Article)
    assert article.text == "„Öl“ – f\ufffdr müde Füße."


@pytest.mark.parametrize("rendition", RENDITIONS)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "found nothing"),
        (b" \r\n\n", "found nothing"),
        (TITLE.encode() + b"\n\0", "found a binary (NUL at byte 28)"),
        (b"x" * (charset.MAX_PAGE_BYTES + 1), "expected a page of at most 4 MiB"),
        (b"x" + b"\n" * (charset.MAX_LINES + 1), "expected a page of at most 500,000 lines"),
    ],
    ids=["empty", "blank", "binary", "too large", "too many lines"],
)
def test_bytes_that_are_not_text_are_refused_in_every_rendition(
    rendition: str, body: bytes, message: str
) -> None:
    with pytest.raises(RenditionError) as caught:
        RENDITIONS[rendition].decode(body, HOME)
    assert message in str(caught.value)


# -- Which rendition --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rendition"),
    [
        ("everything-on-the-wire", "gopher"),
        ("everything-with-blanks", "text"),
        ("everything-without-blanks", "text"),
        ("cut-table", "table"),
        ("broken-title-only", "text"),
        ("broken-menu-on-the-wire", "gopher"),
        ("broken-error-row", "gopher"),
        ("broken-other-page", "text"),
    ],
)
def test_the_rendition_is_guessed_from_the_bytes(name: str, rendition: str) -> None:
    assert detect_rendition(page(name)) == rendition


def test_every_rendition_of_a_page_has_a_module() -> None:
    with pytest.raises(
        RenditionError, match=r'unknown rendition "gif": expected one of gopher, .*table, text'
    ):
        read_page(b"GIF89a", key=None, rendition="gif")


def test_a_page_with_the_key_of_a_menu_is_read_as_a_menu() -> None:
    page = read_page(gopher.encode([Line("# taz.de"), Line("A", "/!5", "1")], host="h", port=70), key=ROOT)
    assert not isinstance(page, Article)
    assert page.entries[0].target == "gopher://h/1/!5"


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (f"{TITLE}\nEin Satz, der", False),
        (f"{TITLE}\nEin Satz.\n", False),
        (f"{TITLE}\nEin Satz.\n10 Apr 2025", True),
        (f"{TITLE}\nEin Satz.\n## TAGS\n", True),
        (f"{TITLE}\nDie [1][Murr] steigt.\n10 Apr 2025\n", False),
        (f"{TITLE}\nDie [1][Murr] steigt.\n10 Apr 2025\n## LINKS\n[1] /!5\n", False),
        (f"{TITLE}\nDie [1][Murr] steigt.\n10 Apr 2025\n## LINKS\n[1] /!5\n## AUTOREN\nAda\n", True),
    ],
)
def test_a_saved_page_that_stops_at_a_lines_end_is_checked_by_its_content(body: str, whole: bool) -> None:
    with nullcontext() if whole else pytest.raises(DumpError, match=r"the rest of the page|where link"):
        assert read_page(body.encode(), key=None).title == "Murr: Es regnet"


@pytest.mark.parametrize("rendition", RENDITIONS)
def test_without_date_and_sections_a_page_is_incomplete_in_every_rendition(rendition: str) -> None:
    lines = [TITLE, "", "Der Pegel steigt.", ""]
    rows = [f"i{line}\t\ttaz.de\t70\r" for line in lines] if rendition == "gopher" else lines
    with pytest.raises(DumpError) as caught:
        read_page("\n".join([*rows, ""]).encode(), key=None, rendition=rendition)
    assert 'the rest of the page after "Der Pegel steigt."' in caught.value.expected
    assert caught.value.found.startswith("no date and none of the four sections: the page is incomplete")


@pytest.mark.parametrize(
    ("lines", "ending", "problem"),
    [
        (["Ein Satz."], "", "no date and none of the four sections"),
        (["Ein Satz.", "## LINKS", "[1] /!5"], "", "expected a date line"),
        (["Ein Satz."], ".\r\n", None),
        (["Die [1][Murr] steigt.", "10 Apr 2025"], "", r"expected where link \[1\] leads"),
        (["Die [1][Murr] steigt.", "10 Apr 2025"], ".\r\n", None),
        (["Ein Satz.", "10 Apr 2025", "## TAGS", "Murr"], "", None),
    ],
    ids=[
        "no dot, no date",
        "no dot, no date but links",
        "dot, no date",
        "no dot, no links",
        "dot, no links",
        "no dot, tags",
    ],
)
def test_a_menu_without_its_dot_is_checked_by_its_content(
    lines: list[str], ending: str, problem: str | None
) -> None:
    rows = "".join(f"i{line}\t\ttaz.de\t70\r\n" for line in [TITLE, *lines])
    with pytest.raises(DumpError, match=problem) if problem else nullcontext():
        read_page(f"{rows}{ending}".encode(), key=None)


# -- Hostile bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("rendition", RENDITIONS)
@pytest.mark.parametrize("kind", TEXTS)
def test_bytes_made_to_be_slow_are_read(rendition: str, kind: str) -> None:
    """In linear time: benchmarks/hostile.py measures; a square of this size would not end."""
    assert RENDITIONS[rendition].decode(hostile_bytes(kind, 500_000, rendition), HOME)[0].text == TITLE
