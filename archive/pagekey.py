"""Any URL of any source → the page it stands for.

A page's URL is decoration around its key: ``/!6081430``, ``/Some-Slug/!6081430``,
``gopher://taz.de/1/%216081430`` and ``https://taz.de/Some-Slug/!6081430/`` are one article. So is
``https://gopher.mills.io/taz.de/1/%216081430``, the same through a gateway.
"""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from archive.gateways import bare_host, leads_outside, page_behind
from archive.model import Kind, PageKey
from archive.paper import HOSTS, WEB_URL

# "!6081430" article, "!t5008005" topic, "!p4611" section, "!a22350" author; the server tolerates junk
# after the digits. At most 11 of them: ids of versions are an article's number times 10,000 and more, and
# JavaScript holds integers below 2**53 exactly.
_KEY = re.compile(r"!(?P<letter>[tpa]?)(?P<number>[0-9]{1,11})(?![0-9])")
NUMBER_LIMIT = 10**11  # above all numbers of pages
# As nearly all links of a page are: nothing to decode, no host. urlsplit would take most of the time.
_PLAIN_PATH = re.compile(r"/(?:[\w.,!-][\w.,!/-]*)?")
MAX_CACHED_LENGTH = 200  # characters; longer targets are rare
_WANTED = re.compile(r"!?(?P<letter>[pta]?)(?P<number>[0-9]{1,12})")
_KIND_OF_LETTER = {"": Kind.ARTICLE, "t": Kind.TOPIC, "p": Kind.SECTION, "a": Kind.AUTHOR}
_LETTER_OF_KIND = {kind: letter for letter, kind in _KIND_OF_LETTER.items()}
ROOT = PageKey(Kind.ROOT, 0)
_WEB_SCHEMES = ("http", "https")


def page_key(target: str) -> PageKey | None:
    """The page of the paper that ``target`` leads to, or None if it leads elsewhere.

    ``target`` is a path within the paper (``/Slug/!6081430``) or a whole URL; of whole URLs only
    those on the paper's own host count, and those of known gateways that stand for one there, so
    ``https://example.org/!1`` is None.
    """
    return _known_key(target) if len(target) <= MAX_CACHED_LENGTH else _key(target)


def _key(target: str) -> PageKey | None:
    if _PLAIN_PATH.fullmatch(target):
        return key_in(target)
    try:
        parts = urlsplit(target)
        place = page_behind(parts)
        host = bare_host(parts.hostname or "")
    except ValueError:  # "https://[broken"
        return None
    if place and not place.leads_to(HOSTS):
        return None
    if (
        not place and (parts.scheme or parts.netloc) and host not in HOSTS
    ):  # "//evil.example/!1" has no scheme
        return None
    path = place.selector if place else unquote(parts.path)
    in_path = key_in(path)
    if in_path not in (None, ROOT) or leads_outside(path):
        return in_path
    # A selector is opaque (RFC 4266, section 2.1): '?' starts no query in it, '#' no fragment.
    query = "" if place else parts.query
    fragment = "" if parts.scheme in _WEB_SCHEMES and not place else parts.fragment
    return next((key for part in (query, fragment) if part and (key := key_in(unquote(part)))), in_path)


# Authors, topics and related articles are linked from page after page.
_known_key = lru_cache(maxsize=4096)(_key)


def key_in(path: str) -> PageKey | None:
    """Return the last key in a path or selector: the root for an empty one, None for ``URL:https://…``.

    Only the root has the number 0.
    """
    if leads_outside(path):
        return None
    if path in ("", "/", "/1", "/1/"):
        return ROOT
    letter, number = (_KEY.findall(path) or [("", "")])[-1]
    return PageKey(_KIND_OF_LETTER[letter], int(number)) if int(number or 0) else None


def wanted_number(kind: Kind, wanted: str) -> int | None:
    """Return the number that a user typed as ``!t5008005``, ``t5008005`` or ``5008005``; None for a name."""
    found = _WANTED.fullmatch(wanted)
    return int(found["number"]) if found and found["letter"] in ("", _LETTER_OF_KIND[kind]) else None


def selector(key: PageKey) -> str:
    """The shortest selector the paper's own server answers: ``/!t5008005``; empty for the root."""
    return "" if key == ROOT else f"/!{_LETTER_OF_KIND[key.kind]}{key.number}"


def web_url(key: PageKey) -> str:
    """Return the address of a page on the paper's website: ``https://taz.de/!t5008005/``."""
    return WEB_URL if key == ROOT else f"{WEB_URL}{selector(key)[1:]}/"


def article_url(number: int) -> str:
    """Return the address of an article on the paper's website: ``https://taz.de/!6081430/``."""
    return web_url(PageKey(Kind.ARTICLE, number))
