"""Gateways' pages → articles: what each carries is read exactly, and what is no page is a failed fetch."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from archive.dump.grammar import parse_date
from archive.errors import DumpError, GatewayError, PageError, RenditionError
from archive.model import Article, Author, Capture, Kind, Line, Menu, Outcome, Page, PageKey, Paragraph
from archive.pagekey import ROOT
from archive.renditions import html_page
from archive.renditions.decode import RENDITIONS, detect_rendition, read_page
from archive.renditions.forms import meulie, mills
from archive.renditions.read_capture import read_capture
from benchmarks.hostile import PAGES
from crawler.demo.newspaper.gateways.meulie import cut
from crawler.demo.newspaper.gateways.phoxy import TRANSLITERATED_UMLAUTS
from crawler.demo.newspaper.pages.layout import SEARCH_LINE, set_page
from crawler.demo.newspaper.pages.newspaper import START
from tests.support.samples.gateway_pages import (
    ARTICLES,
    GATEWAYS,
    NEWSPAPER,
    rendition_of,
    shown,
    shown_lines,
    truth,
)

HOME = "taz.de:70"
KEY = ARTICLES[0]
EXACT = ["mills", "cortex", "fuckup", "kroovy", "nicfab"]
OF_GATEWAYS = ["meulie", "mills", "fuckup", "miga", "phoxy", "gemini-html"]
TITLE = "# taz.de -- Murr: Es regnet"


def read_from(name: str, key: PageKey) -> Page:
    return read_page(shown(name, key), key=key, rendition=rendition_of(name))


def cast_article(page: Page) -> Article:
    assert isinstance(page, Article)
    return page


def article_from(name: str, key: PageKey) -> Article:
    article = read_from(name, key)
    assert isinstance(article, Article)
    return article


# -- What each carries ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXACT)
def test_gateways_that_lose_nothing_give_the_article_exactly(name: str) -> None:
    assert all(read_from(name, key) == truth(key) for key in ARTICLES)


def test_miga_loses_only_blank_lines() -> None:
    for key in ARTICLES:
        article, true = article_from("miga", key), truth(key)
        assert article.text.split() == true.text.split()
        assert [link.target for link in article.links] == [link.target for link in true.links]
        assert replace(article, blocks=true.blocks, links=true.links, paragraphs_inferred=False) == true


def test_phoxy_loses_only_umlauts() -> None:
    for key in ARTICLES:
        article, true = article_from("phoxy", key), truth(key)
        assert article.transliterated
        assert (article.title, article.authors, article.tags) == (true.title, true.authors, true.tags)
        assert article.published == true.published
        assert [(link.position, link.target) for link in article.links] == [
            (one.position, one.target) for one in true.links
        ]
        assert [(one.title, one.target) for one in article.related] == [
            (one.title, one.target) for one in true.related
        ]
        for said, meant in ((article.lead, true.lead), (article.caption, true.caption)):
            assert said == (meant and meant.translate(TRANSLITERATED_UMLAUTS))
        if (
            article.dateline == true.dateline
        ):  # an old one, "KÖLN taz" without a bar, is text once it is folded
            assert article.text.split() == true.text.translate(TRANSLITERATED_UMLAUTS).split()


def test_meulie_loses_only_what_its_truncations_say() -> None:
    whole = 0
    for key in ARTICLES:
        article, true = article_from("meulie", key), truth(key)
        fields = {cut.field for cut in article.truncations}
        for field in {"title", "lead", "caption"} - fields:
            assert getattr(article, field) == getattr(true, field)
        if "text" not in fields:
            assert article.text.split() == true.text.split()
        assert [link.target for link in article.links if link.target] == [
            link.target for link in true.links if link.target and (link.text or "links" not in fields)
        ]
        assert (article.authors, article.tags, article.published) == (true.authors, true.tags, true.published)
        whole += not fields
    assert whole < len(ARTICLES) / 2


def test_a_link_that_meulie_truncated_is_restored_from_its_target() -> None:
    target = "https://example.org/" + "x" * 80
    lines = [
        Line(TITLE),
        Line("Text"),
        Line("8 Oct 2020"),
        Line("## LINKS"),
        Line(f"[1] {target}", target, "1"),
    ]
    body = shown_lines("meulie", lines)
    assert cut(f"[1] {target}").encode() in body
    assert meulie.decode(body, HOME)[-1] == Line(f"[1] {target}", target, "1")


@pytest.mark.parametrize("name", GATEWAYS)
def test_menus_give_the_same_entries(name: str) -> None:
    for key in NEWSPAPER.keys(START):
        if key.kind is Kind.ARTICLE:
            continue
        menu, true = read_from(name, key), NEWSPAPER.page(key, START)
        assert isinstance(menu, Menu)
        assert isinstance(true, Menu)
        # Phoxy does not say what a link is, so the root's search is one like the others.
        targets = [entry.target for entry in menu.entries if entry.target != SEARCH_LINE.target]
        assert targets == [entry.target for entry in true.entries]
        if name in EXACT:
            assert menu == true


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_page_is_known_for_its_gateways(name: str) -> None:
    assert {detect_rendition(shown(name, key)) for key in [*ARTICLES, ROOT]} == {rendition_of(name)}


@pytest.mark.parametrize("name", GATEWAYS)
def test_text_that_looks_like_markup_is_text(name: str) -> None:
    text = "<b>a</b> &amp; [1][b] | c </pre></table> <!-- d \"e\" 'f'"
    body = shown_lines(name, [Line(TITLE), Line(text), Line("8 Oct 2020")])
    lines = RENDITIONS[rendition_of(name)].decode(body, HOME)
    assert [line.text for line in lines if line.text] == [TITLE, text, "8 Oct 2020"]


@pytest.mark.parametrize("name", ["mills", "fuckup", "kroovy"])
def test_blank_lines_captions_and_searches_are_recognised(name: str) -> None:
    lines = [Line(TITLE), Line(""), Line("Bild: a", item="I"), Line("  eingerückt"), Line("(DIR) DIR x")]
    assert RENDITIONS[rendition_of(name)].decode(shown_lines(name, lines), HOME) == lines
    (found,) = (
        line for line in RENDITIONS[rendition_of(name)].decode(shown(name, ROOT), HOME) if line.item == "7"
    )
    assert found.text == "Suche"


@pytest.mark.parametrize(
    ("lines", "rendition"),
    [
        (["IMG Bild: Ein Bagger", "Ein Satz.", "1 Jan 2020"], "fuckup"),
        (["Ein Satz.", "1 Jan 2020", "## LINKS", "DIR [1] /Murr/!5"], "fuckup"),
        (["Ein Satz.", "1 Jan 2020", "## AUTOREN", "", "DIR Ada Ahrens"], "fuckup"),
        (["Ein Satz.", "1 Jan 2020", "## ARTIKEL ZUM THEMA", "DIR Murr: Es taut", "Ein Satz."], "fuckup"),
        (["", "DIR Garten: Der erste Kohl", "", "Ein Satz über Kohl."], "fuckup"),
        (["Ein Satz.", "", "DIR Garten: Kohl", "Ein Satz.", "", "DIR Beet: Lauch", "Ein Satz."], "fuckup"),
        (["Ein Satz.", "DIR GEHÖRT DIE STADT", "1 Jan 2020", "## AUTOREN", "Ada Ahrens"], "text"),
        (["IMG hieß das Heft.", "DIRK kam nicht.", "1 Jan 2020"], "text"),
    ],
)
def test_a_page_saved_without_its_column_is_known_by_its_labels(lines: list[str], rendition: str) -> None:
    assert detect_rendition("\n".join([TITLE, *lines, ""]).encode()) == rendition


# -- Gemini as HTML ---------------------------------------------------------------------------------

RULER = "-=-=-=-=-=-=-"
ARCHIVED = f"<p>Archived View for taz.de captured on 2024-03-21 at 14:45:49.</p><p>{RULER}</p>"
HTML_PAGE = (
    "<h1>taz.de -- Werk: Ein Test</h1><blockquote>Ein Vorspann.</blockquote><p>Berlin taz | Text.</p>"
    "<p>1 Jan 2020</p><h2>AUTOREN</h2><p><a\nhref='/lxy/external/taz.de%2F%21a4711'>Ada Ahrens</a></p>"
)


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "<main>{}</main>",
        "<html><body>{}</body></html>",
        "<html><body><h1>taz.de</h1><nav><a href='/'>Start</a></nav>{}<footer>Proxy</footer></body></html>",
        "<html><body><div><div><header>Oben</header>{}</div></div><form>Unten</form></body></html>",
        f"<html><body>{ARCHIVED}{{}}<p>{RULER}</p><p>Unten</p></body></html>",
    ],
)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("<blockquote>Ein Vorspann.</blockquote>", "<blockquote><p>Ein <b>Vorspann</b>.</p></blockquote>"),
        ("<h1>taz.de", "<h1 id='t'># taz.de"),
        ("<h1>taz.de -- Werk: Ein Test</h1>", "<h1>\n taz.de -- <a href='/x'>Werk:</a> Ein Test\n</h1>"),
        ("<p>", "<p class='line'>"),
        ("</p>", "</p><br>"),
        ("/lxy/external/taz.de%2F%21a4711", "gemini://taz.de/!a4711"),
        ("/lxy/external/taz.de%2F%21a4711", "/Ada-Ahrens/!a4711"),
        ("/lxy/external/taz.de%2F%21a4711", "/archive/cached?t=1&amp;url=gemini%3A%2F%2Ftaz.de%2F%21a4711"),
    ],
)
def test_gemini_is_read_however_a_gateway_shows_it(form: str, old: str, new: str) -> None:
    body = form.format(HTML_PAGE.replace(old, new)).encode()
    assert detect_rendition(body) == "gemini-html"
    article = read_page(body, key=None)
    assert isinstance(article, Article)
    assert (article.title, article.lead, article.dateline) == (
        "Werk: Ein Test",
        "Ein Vorspann.",
        "Berlin taz",
    )
    assert (article.text, article.published) == ("Text.", date(2020, 1, 1))
    assert article.authors == (Author("Ada Ahrens", 4711),)


def test_verse_in_geminispace_keeps_its_lines_as_html() -> None:
    body = HTML_PAGE.replace("Text.", "Der Topf ist leer<br>und niemand kocht").encode()
    assert read_page(body, key=None) == replace(
        cast_article(read_page(HTML_PAGE.encode(), key=None)),
        blocks=(Paragraph("Der Topf ist leer\nund niemand kocht"),),
    )


@pytest.mark.parametrize(
    "body",
    [
        HTML_PAGE[: HTML_PAGE.index("<h2>")].replace("<p>1 Jan 2020</p>", ""),
        HTML_PAGE[: HTML_PAGE.index("Ada")],
        f"<html><body>{HTML_PAGE}",
        f"<html><body><div>{HTML_PAGE}</body></html>".replace("</p><p>1 Jan", "</p><p>1 Jan<!--"),
        f"<form>{HTML_PAGE}</form>",
        f"<svg>{HTML_PAGE}</svg>",
        "<h1>taz.de.evil -- A</h1><p>Text.</p>",
    ],
)
def test_gemini_as_html_that_is_incomplete_or_not_a_page_is_refused(body: str) -> None:
    with pytest.raises(PageError) as caught:
        read_page(body.encode(), key=None, rendition="gemini-html")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "odd", ["\x01", "\x1b[31m", "\x7f", "\ufffe", "\uffff", "&#xFFFF;", "&#1;", "&#xD800;", "\v"]
)
def test_no_character_breaks_headings_and_quotes(odd: str) -> None:
    body = HTML_PAGE.replace("Ein Test", f"Ein {odd} Test").replace("Vorspann", f"Vor{odd}spann")
    article = cast_article(read_page(body.encode(), key=None))
    assert article.title.startswith("Werk: Ein ")
    assert article.lead
    assert "spann." in article.lead


def test_quotes_within_quotes_are_read_in_linear_time() -> None:
    quote = f"{'<blockquote>' * 200}{'x ' * 1_000_000}{'</blockquote>' * 200}"
    body = f"<main><h1>taz.de -- A</h1>{quote}<p>1 Jan 2020</p></main>"
    lines = RENDITIONS["gemini-html"].decode(body.encode(), HOME)
    assert lines[2].text.startswith("> x x")


# -- Failed fetches ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_page_that_stops_early_is_never_half_an_article(name: str) -> None:
    ends = 0
    for key in [*ARTICLES[:6], ROOT]:
        body, whole = shown(name, key), read_from(name, key)
        for end in range(0, len(body), 100):
            for rendition in (rendition_of(name), None):
                ends += 1
                with suppress(RenditionError):
                    assert read_page(body[:end], key=key, rendition=rendition) == whole
    assert ends > 500


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_page_whose_server_hung_up_before_the_date_is_refused_though_its_html_is_whole(name: str) -> None:
    key = ARTICLES[1]
    lines = set_page(NEWSPAPER.desk, truth(key))
    date = next(at for at, line in enumerate(lines) if parse_date(line.text))
    for end in range(1, date):
        with pytest.raises(DumpError, match="no date and none of the four sections"):
            read_page(shown_lines(name, lines[:end], key), key=key, rendition=rendition_of(name))
    assert date > 10


@pytest.mark.parametrize(
    ("rendition", "head", "row", "end"),
    [
        ("meulie", "<table>", "<tr><td>{}</td><td></td></tr>\n", "</table>"),
        ("mills", "<pre>", "       {}\n", "</pre>"),
        ("fuckup", "<pre>", "       {}\n", "</pre>"),
        ("phoxy", "<pre>", "{}\n", "</pre>"),
        ("miga", "<div>", "{}<br>\n", "</div>"),
    ],
)
def test_a_piece_of_html_is_whole_once_what_holds_the_page_is_closed(
    rendition: str, head: str, row: str, end: str
) -> None:
    rows = "".join(row.format(line) for line in [TITLE, "Ein Satz.", "8 Oct 2020"])
    assert len(RENDITIONS[rendition].decode(f"{head}{rows}{end}".encode(), HOME)) == 3
    for stopped in (
        f"{head}{rows}",
        f"{head}{rows}{end[:-1]}",
        f"{head}{rows}<!-- {end}",
        f"{head}{rows}<a href='{end}",
    ):
        with pytest.raises(GatewayError, match="the page stops within"):
            RENDITIONS[rendition].decode(stopped.encode(), HOME)


@pytest.mark.parametrize("rendition", OF_GATEWAYS)
@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        "502 Bad Gateway\n",
        "Gopher: could not connect\n",
        "<html><body></body></html>",
        "<html><body><table></table></body></html>",
        "<html><body><table><tr><td></td><td></td></tr></table></body></html>",
        "<html><body><pre></pre></body></html>",
        "<html><body><form>Anmelden: <input name='q'></form></body></html>",
        "<html><head><title># taz.de -- A</title></head><body>Weiter</body></html>",
        "<html><body><script># taz.de -- A\n</script></body></html>",
        "<html><body><!-- # taz.de -- A --></body></html>",
        "<b>Error:</b><pre>connection refused</pre>",
        "<html><body><pre>   ERR '/!5' does not exist\n</pre></body></html>",
        "<html><body><pre> (ERR) not found\n</pre></body></html>",
        "<html><body><pre>taz.de:70 /!5:1: line too long\n</pre></body></html>",
        "<html><frameset></frameset></html>",
        "<!DOCTYPE html>",
        "<?xml version='1.0' encoding='utf-16'?>",
        "<!-- ",
    ],
)
def test_a_page_that_is_not_of_the_paper_is_a_failed_fetch(rendition: str, body: str) -> None:
    with pytest.raises(GatewayError) as caught:
        RENDITIONS[rendition].decode(body.encode(), HOME)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "said",
    [
        "taz.de:70 /!5:41: line too long",
        "taz.de:70 /!5:41: username field too long",
        "taz.de:70 /!5:41: invalid line / field count",
        "--- transfer too big, truncated ---",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\n\n", " \n       \n"])
def test_gopherproxy_c_says_where_it_stopped(said: str, end: str) -> None:
    body = shown_lines("fuckup", [Line(TITLE), Line("Ein Satz."), Line("8 Oct 2020")])
    with pytest.raises(GatewayError, match="the gateway stopped"):
        read_page(body.replace(b"\n</pre>", f"\n{said}{end}</pre>".encode()), key=KEY)


def test_the_sample_stops_at_a_row_that_its_buffer_does_not_hold() -> None:
    fits = "x" * (1023 - len("i\t\ttaz.de\t70\r\n"))
    assert len(shown_lines("fuckup", [Line(TITLE), Line(fits)])) > 1023
    body = shown_lines("fuckup", [Line(TITLE), Line(fits + "x"), Line("Ende.")])
    assert b":2: line too long\n</pre>" in body
    assert b"Ende." not in body


@pytest.mark.parametrize("body", [None, b"", b"<html>", shown("mills", KEY)[:2000]])
def test_an_error_page_of_the_gateway_is_a_failed_fetch(body: bytes | None) -> None:
    capture = Capture(
        source="mills", url="https://h/", captured_at=START, key=KEY, body=body, rendition="mills"
    )
    found = read_capture(capture)
    assert (found.page, found.outcome) == (None, Outcome.FAILED)
    assert found.problem


# -- Characters -------------------------------------------------------------------------------------


def page_of(text: str, charset: str = "utf-8") -> str:
    return (
        f'<html><head><meta charset="{charset}"></head><body><pre>\n       {TITLE}\n\n       {text}\n'
        "       8 Oct 2020\n</pre></body></html>"
    )


@pytest.mark.parametrize(
    "declared", ["utf-8", "iso-8859-1", "windows-1252", "utf-16", "koi8-r", "nonsense", ""]
)
def test_utf_8_is_read_whatever_the_page_declares(declared: str) -> None:
    article = read_page(page_of("Süße Öl–Häuser … „ja“.", declared).encode(), key=KEY)
    assert isinstance(article, Article)
    assert article.text == "Süße Öl–Häuser … „ja“."


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "ISO-8859-1"])
def test_a_page_in_latin_1_is_read_if_it_says_so(declared: str) -> None:
    article = read_page(page_of("Süße Öl–Häuser … „ja“.", declared).encode("cp1252"), key=KEY)
    assert isinstance(article, Article)
    assert article.text == "Süße Öl–Häuser … „ja“."


def test_a_page_in_latin_1_that_declares_another_charset_is_refused() -> None:
    with pytest.raises(RenditionError, match="expected UTF-8, found byte 0xfc"):
        read_page(page_of("Süße Öl Häuser", "utf-8").encode("latin-1"), key=KEY)


def test_a_broken_character_in_a_footer_of_another_charset_does_no_harm() -> None:
    body = page_of("Süße Öl.").encode() + "<p>Für Grüße".encode("latin-1")
    assert isinstance(read_page(body, key=KEY), Article)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("&auml;&#228;&#xe4;", "äää"),
        ("a&shy;b &amp;amp; &lt;i&gt;", "ab &amp; <i>"),
        ("a&nbsp;b", "a b"),
        ("a & b &bogus; &", "a & b &bogus; &"),
        ("a < b <3", "a < b <3"),
        ("a<!-- nicht -->b<script>nicht()</script>c<style>nicht</style>", "abc"),
        ("<b>fett</b> <i>schief<u>e</u></i>", "fett schiefe"),
        ("&#0;&#xd800;&#1114112;a", "\ufffd\ufffd\ufffda"),
        ("a\x0bb\x1b[31m", "a b [31m"),
    ],
)
def test_entities_and_markup_read_as_a_browser_shows_them(written: str, text: str) -> None:
    article = read_page(page_of(f"Ja, {written}.").encode(), key=KEY)
    assert isinstance(article, Article)
    assert article.text == f"Ja, {text}."


def test_bytes_with_nul_are_not_text() -> None:
    with pytest.raises(RenditionError, match="binary"):
        read_page(page_of("a\0b").encode(), key=KEY)


# -- Hostile pages ----------------------------------------------------------------------------------


def test_a_table_within_a_cell_is_that_cells_text() -> None:
    inner = "<table><tr><td>innen</td><td>rechts</td></tr></table>"
    rows = f"<tr><td>{TITLE}</td></tr><tr><td>a{inner}</td><td>{inner}</td></tr><tr><td>b</td></tr>"
    body = f"<table>{rows}</table>"
    assert [line.text for line in meulie.decode(body.encode(), HOME)] == [TITLE, "a innen rechts", "b"]


@pytest.mark.parametrize(
    "cell",
    [
        '<a href="/taz.de/1/%215">Nato</a>',
        ' \n<a class="x" href="/taz.de/1/%215">Nato</a>&nbsp;\n',
        '<b><a href="/taz.de/1/%215">Nato</a></b>',
        '<a href="/taz.de/1/%215"><b>Nato</b></a>',
        '<a href="/taz.de/1/%215">Na</a><a href="/taz.de/1/%216">to</a>',
        'Na<a href="/taz.de/1/%215">to</a>',
        '<table><tr><td><a href="/taz.de/1/%215">Nato</a></td></tr></table>',
    ],
)
def test_a_cell_leads_where_its_first_link_does(cell: str) -> None:
    body = f"<table><tr><td>{TITLE}</td></tr><tr><td>{cell}</td><td></td></tr></table>"
    assert meulie.decode(body.encode(), HOME)[1:] == [Line("Nato", "/!5", "1")]


def test_a_link_without_text_is_a_blank_row() -> None:
    body = f'<table><tr><td>{TITLE}</td></tr><tr><td><a href="/taz.de/1/%215"> </a></td></tr></table>'
    assert meulie.decode(body.encode(), HOME)[1:] == [Line("")]


@pytest.mark.slow
def test_fifty_thousand_rows_are_read() -> None:
    body = shown_lines("meulie", [Line(TITLE), *[Line("x", "/x/!5", "1")] * 50_000])
    assert len(meulie.decode(body, HOME)) == 50_001


@pytest.mark.slow
def test_more_rows_than_any_page_has_are_refused() -> None:
    body = f"<div>{TITLE}{'<br>' * 500_001}</div>"
    with pytest.raises(RenditionError, match="at most 500,000 lines"):
        mills.RENDITION.decode(body.encode(), HOME)


@pytest.mark.parametrize(
    "made",
    [
        f"<pre>{TITLE}\n{'<b>' * 100_000}x</pre>",
        f"<table><tr><td>{TITLE}</td></tr>{'<tr><td><table>' * 10_000}",
        f"<pre>{TITLE}\n<a {' '.join(f'a{n}=x' for n in range(100_000))}>x</a></pre>",
    ],
    ids=["tags nested deep", "tables nested deep", "many attributes"],
)
def test_bytes_unlike_any_page_are_refused_at_once(made: str) -> None:
    for rendition in OF_GATEWAYS:
        with pytest.raises(GatewayError, match="cannot be parsed"):
            RENDITIONS[rendition].decode(made.encode(), HOME)


def test_a_large_attribute_is_not_text() -> None:
    body = f"<pre>{TITLE}\n<a href='/taz.de/1/%215' title='{'x' * 4_000_000}'>ja</a>\n</pre>"
    assert mills.RENDITION.decode(body.encode(), HOME) == [Line(TITLE), Line("ja", "/!5", "1")]


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:,x", "https://[broken", "&#10;&#0;", "//h/!5"])
def test_a_hostile_link_harms_nothing_else(href: str) -> None:
    body = f"<pre>{TITLE}\n(DIR) <a href='{href}'>ja</a>\n(DIR) <a href='/taz.de/1/%215'>nein</a>\n</pre>"
    lines = mills.RENDITION.decode(body.encode(), HOME)
    assert [line.text for line in lines] == [TITLE, "ja", "nein"]
    assert lines[1].target in (None, "https://h/!5")
    assert lines[2].target == "/!5"


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/taz.de/1/%1B[31m%215", "/ [31m!5"),
        ("/taz.de/1/%0D%0A%215", "/ !5"),
        ("/taz.de/1/&#8238;%E2%80%AE%215", "/!5"),
        ("https://example.org/\x1b]0;a\x07", "https://example.org/ ]0;a"),
        ("https://example.org/&#xD800;", "https://example.org/\ufffd"),
        ("/taz.de/h/URL:https://example.org/%1B[31m", "https://example.org/ [31m"),
    ],
)
def test_a_links_target_holds_nothing_that_a_terminal_heeds(href: str, target: str) -> None:
    body = f"<pre>{TITLE}\n(DIR) <a href='{href}'>ja</a>\n</pre>".encode()
    assert [line.target for line in mills.RENDITION.decode(body, HOME)[1:]] == [target]


def test_html_is_distinguished_from_text() -> None:
    assert all(html_page.looks_like(shown(name, KEY).decode()) for name in GATEWAYS)
    assert not any(map(html_page.looks_like, ["# taz.de -- <b>", "<3 Wien", "< a", "", "<", "1x\t\th\t70"]))


@pytest.mark.parametrize("rendition", OF_GATEWAYS)
def test_any_bytes_give_lines_or_our_errors(rendition: str) -> None:
    page = shown("nicfab" if rendition == "gemini-html" else rendition, KEY)
    for at in range(0, len(page), 97):
        for junk in (
            b"<",
            b"\xff",
            b"</pre>",
            b"</table>",
            b"<!--",
            b"'\"",
            b"&#",
            b"<pre>",
            b"<table><tr><td>",
        ):
            with suppress(PageError):
                read_page(page[:at] + junk + page[at:], key=KEY, rendition=rendition)


@pytest.mark.parametrize("rendition", OF_GATEWAYS)
@pytest.mark.parametrize("kind", PAGES)
def test_pages_made_to_be_slow_are_read_or_refused(rendition: str, kind: str) -> None:
    """In linear time: benchmarks/hostile.py measures; a square of this size would not end."""
    with suppress(RenditionError):
        assert RENDITIONS[rendition].decode(PAGES[kind](200_000).encode(), HOME)[0].text == TITLE
