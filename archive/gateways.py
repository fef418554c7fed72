"""Web gateways: websites that show gopherspace or geminispace, and how their URLs name a page there.

A gateway writes a gopher URL either into its path, ``/taz.de/1/%21123``, or into its query,
``?q=taz.de%2F1%2F%21123``; gateways to geminispace write gemini URLs. The links on its pages have the same
form.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from archive.paper import GOPHER_SERVER, HOST, HOSTS
from archive.plugins import with_plugins

DEFAULT_PORTS = {"gopher": 70, "gophers": 70, "gemini": 1965, "http": 80, "https": 443}


class ServerPage(NamedTuple):
    """A page of a gopher or gemini server. ``selector``, or the path, is without percent-encoding.

    A gemini server knows no items.
    """

    host: str
    port: int
    item: str
    selector: str
    scheme: str = "gopher"

    def leads_to(self, home: frozenset[str]) -> bool:
        """Return whether the place is on one of these hosts, at the usual port."""
        return self.host in home and self.port == DEFAULT_PORTS[self.scheme]


UrlReader = Callable[[SplitResult], ServerPage | None]
"""Reads a gateway's URL; None if it stands for no place."""

# A host has a dot.
SERVER = r"(?P<host>[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,9}\.?)(?::(?P<port>[0-9]{1,5}))?"
# "taz.de/1/!123", "taz.de:70/1/Some-Slug/!123", "taz.de": an item type is one character.
PLACE = re.compile(rf"{SERVER}(?:/(?P<item>[0-9A-Za-z+;:])?(?P<selector>.*))?", re.DOTALL)
# "taz.de/!123", "gemini://taz.de/Some-Slug/!123", "taz.de"
GEMINI_PLACE = re.compile(rf"(?:gemini://)?{SERVER}(?P<path>/.*)?", re.DOTALL)
# Clients have "URL:https://…" for a selector that leads out of gopherspace.
_OUTSIDE = "URL:"
# As a selector, and as the path of a gopher URL, behind its item type: "/h/URL:https://…", "/hURL:https://…".
LEADS_OUTSIDE = re.compile(rf"/?(?:[0-9A-Za-z+;:]/?)?{_OUTSIDE}")
# What links to a script of the gateway's, or to a page that would run in a browser, leads nowhere.
LEADS_SOMEWHERE = frozenset({"http", "https", "gopher", "gophers", "gemini", "ftp", "mailto"})
BROWSERS_DROP = {ord(character): None for character in "\t\r\n"}


def bare_host(host: str) -> str:
    """Return a host's name in lower case, without the dot that may end it: ``taz.de.`` is ``taz.de``."""
    return host.lower().removesuffix(".")


def leads_outside(path: str) -> bool:
    """Return whether a selector, or the path of a gopher URL, stands for a URL outside gopherspace."""
    return LEADS_OUTSIDE.match(path) is not None


def in_path(parts: SplitResult) -> ServerPage | None:
    """``/taz.de/1/Some-Slug/%21123``. A ``?`` that is not encoded is the selector's."""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return _place(unquote(path).removeprefix("/"))


def in_q(parts: SplitResult) -> ServerPage | None:
    """``?q=taz.de%2F1%2F%21123``, and as gopherproxy-c links, with nothing encoded: ``?q=taz.de/1/!123``."""
    return _in_parameter("q", parts)


def in_url(parts: SplitResult) -> ServerPage | None:
    """``?url=gopher%3A%2F%2Ftaz.de%3A70%2F1%2F%21123``."""
    return _in_parameter("url", parts)


# A selector that is not encoded may hold "&" itself; behind it gopherproxy-c has what a search is for.
PARAMETERS = {
    name: re.compile(rf"(?:^|&){name}=(?P<value>.*?)(?:&p=[^&]*)?$", re.DOTALL) for name in ("q", "url")
}


def _in_parameter(name: str, parts: SplitResult) -> ServerPage | None:
    match = PARAMETERS[name].search(parts.query)
    return _place(unquote(match["value"]).removeprefix("gopher://")) if match else None


HOST_AND_SELECTOR = re.compile(
    r"(?:^|&)host=(?P<host>[^&]*)(?:&port=(?P<port>[0-9]{1,5}))?(?:&[a-z]+=[^&]*)??(?:&pfad=(?P<selector>.*))?$",
    re.DOTALL,
)


def in_host_and_pfad(parts: SplitResult) -> ServerPage | None:
    """``phoxy.php?host=taz.de&pfad=/!123``, which names no item type: pages are menus."""
    match = HOST_AND_SELECTOR.search(parts.query)
    if not match or not PLACE.fullmatch(match["host"]):
        return None
    return _page(match, "1", unquote(match["selector"] or ""))


def _place(text: str) -> ServerPage | None:
    match = PLACE.fullmatch(text)
    return _page(match, match["item"] or "1", match["selector"] or "") if match else None


def _page(match: re.Match[str], item: str, selector: str, scheme: str = "gopher") -> ServerPage:
    port = int(match["port"] or DEFAULT_PORTS[scheme])
    return ServerPage(bare_host(match["host"]), port, item, selector, scheme)


EXTERNAL = "/lxy/external/"
# "/kennedy.gemi.dev/archive/cached?…&url=gemini%3A%2F%2Ftaz.de%2F%21123", through a mirror on the web.
CACHED = re.compile(r"(?:/[^/]+)?/archive/cached")
CACHED_URL = re.compile(r"(?:^|&)url=(?P<url>[^&]*)")


def in_lxy(parts: SplitResult) -> ServerPage | None:
    """``/lxy/external/taz.de%2F%21123``."""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return _gemini_place(unquote(path.removeprefix(EXTERNAL))) if path.startswith(EXTERNAL) else None


def in_archive_of_geminispace(parts: SplitResult) -> ServerPage | None:
    """``/kennedy.gemi.dev/archive/cached?url=gemini%3A%2F%2Ftaz.de%2F%21123``: a page as it was once."""
    match = CACHED_URL.search(parts.query) if CACHED.fullmatch(parts.path) else None
    return _gemini_place(unquote(match["url"])) if match else None


def in_gemini_gateway(parts: SplitResult) -> ServerPage | None:
    """Either of the two: pages of both are of one form."""
    return in_lxy(parts) or in_archive_of_geminispace(parts)


def _gemini_place(text: str) -> ServerPage | None:
    match = GEMINI_PLACE.fullmatch(text)
    return _page(match, "", match["path"] or "/", "gemini") if match else None


@dataclass(frozen=True, slots=True)
class UrlForm:
    """How a gateway writes a page's address into its own URLs.

    ``read`` returns the place that a URL stands for. ``write`` takes a selector of the paper's server
    (``/`` for the root) and returns what follows the gateway's home URL.
    """

    read: UrlReader
    write: Callable[[str], str]


IN_PATH = UrlForm(in_path, lambda selector: f"{HOST}/1{quote(selector)}")
IN_Q = UrlForm(in_q, lambda selector: f"?q={quote(f'{HOST}/1{selector}', safe='')}")
IN_URL = UrlForm(in_url, lambda selector: f"?url={quote(f'gopher://{GOPHER_SERVER}/1{selector}', safe='')}")
IN_HOST_AND_PFAD = UrlForm(in_host_and_pfad, lambda selector: f"?host={HOST}&pfad={selector}")
IN_LXY = UrlForm(in_lxy, lambda selector: EXTERNAL[1:] + quote(HOST + selector, safe=""))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebGateway:
    """A website that shows gopherspace or geminispace, and so the paper.

    ``name`` is a choice of ``crawl --via``; captures keep it as their source. ``home`` begins all URLs of its
    pages. ``rendition`` is the form of its pages: the module ``archive/renditions/forms/miga.py`` reads
    rendition ``miga``. ``truncates``: long lines lose their end. ``transliterates``: umlauts are written out,
    ä as ae. ``other_hosts`` are further names of its host.
    """

    name: str
    home: str
    form: UrlForm
    rendition: str
    truncates: bool = False
    transliterates: bool = False
    other_hosts: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """All names of its host, in lower case."""
        return tuple(map(bare_host, (urlsplit(self.home).hostname or "", *self.other_hosts)))


# To add a gateway, add a row; see "Add a gateway" in CONTRIBUTING.md.
GATEWAYS = (
    WebGateway(
        name="meulie",
        home="https://gopherproxy.meulie.net/",
        form=IN_PATH,
        rendition="meulie",
        truncates=True,
    ),
    WebGateway(name="mills", home="https://gopher.mills.io/", form=IN_PATH, rendition="mills"),
    WebGateway(name="cortex", home="https://bbs.cortex-media.info/", form=IN_PATH, rendition="mills"),
    WebGateway(name="fuckup", home="https://gopher.fuckup.solutions/", form=IN_Q, rendition="fuckup"),
    WebGateway(name="kroovy", home="https://phroot.kroovy.de/gopherproxy/", form=IN_Q, rendition="fuckup"),
    WebGateway(name="miga", home="https://gopher.miga.me.uk/", form=IN_URL, rendition="miga"),
    WebGateway(
        name="phoxy",
        home="https://gopherspace.de/proxy/phoxy.php",
        form=IN_HOST_AND_PFAD,
        rendition="phoxy",
        transliterates=True,
        other_hosts=("www.gopherspace.de",),
    ),
    WebGateway(name="nicfab", home="https://gemini.nicfab.eu/", form=IN_LXY, rendition="gemini-html"),
)
# An archive of geminispace and its mirror: URLs are read, but their pages are not crawled.
GEMINI_ARCHIVES = ("gem.celery.eu.org", "kennedy.gemi.dev")
OTHER_SOURCES = ("gopher", "gemini")  # names that a gateway cannot have


@cache
def gateways() -> Mapping[str, WebGateway]:
    """Return all gateways by name, those of plugins too. Raise :exc:`PluginError`.

    No two have a name or a host in common.
    """
    own = {gateway.name: gateway for gateway in GATEWAYS}
    reserved = (*OTHER_SOURCES, *HOSTS, *GEMINI_ARCHIVES)
    return with_plugins(
        own,
        "register_gateways",
        WebGateway,
        names=lambda gateway: (gateway.name, *gateway.hosts),
        reserved=reserved,
    )


def _forms(of: Iterable[WebGateway]) -> dict[str, UrlReader]:
    """Return what reads the URLs on each host."""
    return {host: gateway.form.read for gateway in of for host in gateway.hosts}


OWN_FORMS = _forms(GATEWAYS) | dict.fromkeys(GEMINI_ARCHIVES, in_archive_of_geminispace)


@cache
def _all_forms() -> Mapping[str, UrlReader]:
    return _forms(gateways().values())


def page_behind(parts: SplitResult) -> ServerPage | None:
    """Return the place that the URL of a known gateway stands for. Raise :exc:`ValueError` for no URL.

    Plugins are loaded only for a host that is not one of ours.
    """
    if parts.scheme not in ("http", "https", "gemini"):
        return None
    host = bare_host(parts.hostname or "")
    form = OWN_FORMS.get(host) or (None if host in HOSTS else _all_forms().get(host))
    return form(parts) if form else None


class Destination(NamedTuple):
    """Where a link leads: a path within the paper, a complete URL or None; its item type if known."""

    target: str | None
    item: str | None = None


def destination(href: str, form: UrlReader, home: frozenset[str]) -> Destination:
    """Where a link on a gateway's page leads, as a gopher row would say.

    ``home`` are the paper's hosts. The link may be relative, or name its gateway's host. One that is
    no URL, or that a browser would run, leads nowhere.
    """
    href = href.translate(BROWSERS_DROP).strip()
    try:
        parts = urlsplit(href, allow_fragments=False)  # "?q=taz.de/1/C#-Kurs/!123", with nothing encoded
        place = page_behind(parts) if parts.scheme else form(parts) if not parts.netloc else None
    except ValueError:  # "https://[broken"
        return Destination(None)
    if place:
        return Destination(_target(place, home), place.item)
    if parts.netloc and not parts.scheme:
        return Destination(f"https:{href}")
    return Destination(href if parts.scheme in LEADS_SOMEWHERE else None)


def _target(place: ServerPage, home: frozenset[str]) -> str | None:
    selector = place.selector.lstrip("/")
    if selector.startswith(_OUTSIDE):
        target = selector.removeprefix(_OUTSIDE)
        return target if target.partition(":")[0].lower() in LEADS_SOMEWHERE else None
    if place.item == "I" and not selector:  # a caption without its picture
        return None
    if place.leads_to(home):
        return f"/{selector}"
    port = "" if place.port == DEFAULT_PORTS[place.scheme] else f":{place.port}"
    path = quote(place.selector, safe="/!" if place.scheme == "gopher" else "/!?=&")
    return f"{place.scheme}://{place.host}{port}{f'/{place.item}' if place.scheme == 'gopher' else ''}{path}"
