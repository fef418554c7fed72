"""Gemtext: the paper in geminispace. One line is one paragraph, ``=>`` is a link, nothing is truncated.

It is normalised to the form of the gopher page: headings of any level are ``##``,
section headings are spelled as in gopherspace, a target within the paper is a path.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from urllib.parse import unquote, urljoin, urlsplit

from archive.dump.grammar import CAPTION_LINE, LINKS_HEADING, SECTION_HEADINGS, TARGET_LINE, clean, parse_date
from archive.errors import RenditionError
from archive.gateways import DEFAULT_PORTS, bare_host, destination, in_gemini_gateway
from archive.model import Layout, Line
from archive.paper import GEMINI_PORT, HOST, HOSTS
from archive.renditions.charset import decode_text, split_lines
from archive.renditions.forms.geminispace import below_head
from archive.renditions.html_rows import HtmlRow
from archive.renditions.rendition import Rendition

# "=> /Murr/!700002 Die Murr steigt", "=>https://example.org/plan"; "=> und dann" is an arrow in a text.
LINK_LINE = re.compile(r"=>[ \t]*(?P<url>[^ \t]*[/:!?#][^ \t]*)(?:[ \t]+(?P<text>.*))?")
# A link line that no dump contains by chance.
SURE_LINK = re.compile(r"^=>[ \t]*(?:/|[a-z][a-z0-9+.-]{1,20}:)", re.MULTILINE)
# "# Zweite Meinung", "### Zweite Meinung", "##"; "#MeToo" begins a sentence.
HEADING = re.compile(r"#{1,3}(?:[ \t]+(?P<text>.*))?")
_TITLE = re.compile(rf"#{{1,3}}[ \t]*(?P<text>{re.escape(HOST)}(?: --.*)?)")
# By name: "LINKS", "# Links", "###AUTOREN:", "## ARTIKEL ZUM THEMA" are all found here.
SECTION_NAMES = {heading.removeprefix("## "): heading for heading in SECTION_HEADINGS}
MAX_HEADING_LENGTH = 40  # characters, decoration included
# As nearly all links of a page are: a path that needs no resolving. urljoin would take most of the time.
_PLAIN_PATH = re.compile(r"(?:/[\w,!-][\w.,!-]*)+")
QUOTE = re.compile(r"^>(?=[^ \t>])")


def decode(body: bytes, home: str) -> list[Line]:
    """Lines → lines; a link to ``home`` (``host:port``) or the paper's own host becomes a path.

    Raises :exc:`RenditionError` for a binary, and for an archived page saved without its links.
    """
    content = decode_text(body)
    archived = below_head(content)
    if archived is not None and not looks_like(archived):
        raise RenditionError(
            "expected a page of the archive of geminispace with its links, found text without them;"
            " save the page as HTML or gemtext"
        )
    leads_to = target if archived is None else target_shown
    return read_rows(map(_row, split_lines(archived or content)), partial(leads_to, home=home))


def read_rows(rows: Iterable[HtmlRow], leads_to: Callable[[str], str | None]) -> list[Line]:
    """Rows of a page → lines in the form of gopher. ``leads_to`` returns the target of a link."""
    return list(_lines(rows, leads_to))


def looks_like(text: str) -> bool:
    """Return whether a text has link lines, as no dump has."""
    return bool(SURE_LINK.search(text))


def _row(line: str) -> HtmlRow:
    link = LINK_LINE.fullmatch(line) if line.startswith("=>") else None
    return HtmlRow((link["text"] or "").strip() or link["url"], link["url"]) if link else HtmlRow(line)


def _lines(rows: Iterable[HtmlRow], leads_to: Callable[[str], str | None]) -> Iterator[Line]:
    title: str | None = None
    before = ""  # the last line that is not blank
    section: str | None = None
    for text, url in rows:
        if not text.strip():
            yield Line(text)
            continue
        if title is None:
            title = _title(text)
            yield Line(title)
        elif url is None and (heading := _section(text, section, before)):
            section = heading
            yield Line(heading)
        else:
            leads = leads_to(url) if url else None
            yield _text(text, section, leads_to) if leads is None else _link(leads, text, section)
        before = text


def _title(row: str) -> str:
    match = _TITLE.fullmatch(row)
    return f"# {match['text']}" if match else row


def _section(row: str, here: str | None, before: str) -> str | None:
    """Return the heading, as in gopher, if a section begins here: after the date or an earlier section."""
    name = clean(row).lstrip("#").strip(" :").upper() if len(row) <= MAX_HEADING_LENGTH else ""
    heading = SECTION_NAMES.get(name)
    if heading is None or (here is None and not parse_date(clean(before))):
        return None
    is_next = here is None or SECTION_HEADINGS.index(here) < SECTION_HEADINGS.index(heading)
    return heading if is_next else None


def _text(row: str, section: str | None, leads_to: Callable[[str], str | None]) -> Line:
    listed = TARGET_LINE.fullmatch(clean(row)) if section == LINKS_HEADING else None
    if listed and listed["target"] and (leads := leads_to(listed["target"])):
        return _link(leads, row, section)
    if heading := HEADING.fullmatch(row):
        return Line(f"## {heading['text'] or ''}".rstrip())
    return Line(QUOTE.sub("> ", row, count=1))


def _link(leads_to: str, text: str, section: str | None) -> Line:
    """Return a link line. In LINKS its text is the target, as in gopherspace."""
    if section == LINKS_HEADING and (listed := TARGET_LINE.match(clean(text))):
        text = f"[{listed['n']}] {leads_to}"
    return Line(text, leads_to, "I" if CAPTION_LINE.fullmatch(clean(text)) else "1")


def target(url: str, home: str) -> str:
    """Where a link leads: ``/Slug/!6081430`` at home, else a whole URL."""
    if _PLAIN_PATH.fullmatch(url):
        return clean(url)
    host, _, port = home.rpartition(":")
    try:
        whole = resolve(url, f"gemini://[{host}]:{port}/" if ":" in host else f"gemini://{home}/")
        parts = urlsplit(whole)
        asked = bare_host(parts.hostname or "")
        place = f"{asked}:{parts.port or DEFAULT_PORTS['gemini']}"
    except ValueError:  # "https://[broken"
        return clean(url)
    own = place == home or (asked in HOSTS and place.endswith(f":{GEMINI_PORT}"))
    if parts.scheme != "gemini" or not own:
        return clean(whole)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return clean("/" + unquote(path).lstrip("/"))


def target_shown(href: str, home: str) -> str | None:
    """Return where a link on the page of a gateway or an archive leads; None for a script."""
    leads_to = destination(href, in_gemini_gateway, HOSTS).target
    if leads_to is None and href.startswith("/"):  # as the paper wrote it
        leads_to = href
    return None if leads_to is None else target(leads_to, home)


def resolve(reference: str, base: str) -> str:
    """Resolve a reference on the page at ``base`` (RFC 3986, section 5). Raises :exc:`ValueError`.

    ``urljoin`` resolves relative references only for schemes that it knows, and gemini is not one.
    """
    if urlsplit(reference).scheme:
        return reference
    return "gemini" + urljoin(f"http{base.removeprefix('gemini')}", reference).removeprefix("http")


RENDITION = Rendition(name="gemini", decode=decode, layout=Layout(wrapped=False))
