"""A website that shows the paper's pages as text, with a number before each line."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from archive.errors import RenditionError, SourceError
from archive.model import Line, PageKey
from archive.pagekey import key_in, selector
from archive.renditions.forms import text

NUMBERED = re.compile(rb"(?m)^[0-9]+: ?")


@dataclass(frozen=True, slots=True)
class NumberedSource:
    """The website at ``base``: a URL without a trailing slash."""

    base: str

    name = "numbered"
    rendition = "numbered-lines"
    truncates = False
    transliterates = False

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    def url(self, key: PageKey) -> str:
        return f"{self.base}{selector(key) or '/'}"


def read_seed(url: str) -> tuple[NumberedSource, PageKey]:
    """Return the website that a URL is on, and the page that it names."""
    parts = urlsplit(url)
    key = key_in(parts.path)
    if parts.scheme not in ("http", "https") or not parts.hostname or key is None:
        raise SourceError(f"{url}: expected a URL such as http://numbered.example/!6081430")
    return NumberedSource(f"{parts.scheme}://{parts.netloc}"), key


def decode(body: bytes, home: str) -> list[Line]:
    """Return the lines of a page without their numbers."""
    if not NUMBERED.match(body):
        raise RenditionError("expected a page of numbered lines")
    return text.decode(NUMBERED.sub(b"", body), home)
