"""Parsers that read less than today's, as an earlier release might have."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from archive.dump.reader import parse_dump
from archive.errors import AbsentError, DumpError
from archive.model import Article, Menu, Paragraph
from archive.renditions import read_capture
from archive.renditions.decode import DecodedPage, decode_page
from archive.renditions.forms import text

Worse = Callable[[DecodedPage], DecodedPage]


@contextmanager
def parsing(worse: Worse, *, only: Callable[[bytes], bool] = lambda _: True) -> Iterator[None]:
    """Read pages that match ``only`` with a ``worse`` parser while the block runs."""

    def see(body: bytes, **where: object) -> DecodedPage:
        seen = decode_page(body, **where)  # type: ignore[arg-type]  # passed on as received
        return worse(seen) if only(body) else seen

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(read_capture, "decode_page", see)
        yield


@contextmanager
def believing() -> Iterator[None]:
    """Accept saved text pages wherever they stop, while the block runs."""

    def see(body: bytes, **where: object) -> DecodedPage:
        try:
            return decode_page(body, **where)  # type: ignore[arg-type]  # passed on as received
        except DumpError:
            lines = text.decode(body, "taz.de:70")
            return DecodedPage(parse_dump(lines), len(lines), 0)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(read_capture, "decode_page", see)
        yield


def some(body: bytes) -> bool:
    """Select every other page, always the same ones."""
    return hashlib.sha256(body).digest()[0] % 2 == 0


def unable(seen: DecodedPage) -> DecodedPage:
    raise DumpError(1, expected="what it knows", found=repr(seen.page)[:20])


def hasty(seen: DecodedPage) -> DecodedPage:
    """Refuse a page as an error."""
    raise AbsentError(f'the server says "{seen.rows} rows"')


def _article(seen: DecodedPage, **parts: object) -> DecodedPage:
    if isinstance(seen.page, Menu):
        return seen
    return seen._replace(page=replace(seen.page, **parts))  # type: ignore[arg-type]  # parts of an article


def dateless(seen: DecodedPage) -> DecodedPage:
    return _article(seen, published=None)


def anonymous(seen: DecodedPage) -> DecodedPage:
    return _article(seen, authors=())


def wordless(seen: DecodedPage) -> DecodedPage:
    return _article(seen, blocks=(), links=())


def monotonous(seen: DecodedPage) -> DecodedPage:
    """Drop the text, so that all texts are equal."""
    return _article(seen, blocks=(Paragraph("Text."),), links=(), lead=None)


def restless(seen: DecodedPage) -> DecodedPage:
    """Count related articles as text."""
    page = seen.page
    drifting = "".join(teaser.title for teaser in page.related) if isinstance(page, Article) else ""
    return _article(seen, lead=drifting or None)


def mistitling(seen: DecodedPage) -> DecodedPage:
    assert isinstance(seen.page, Article | Menu)
    return _article(seen, title=f"# {seen.page.title}")


WORSE = (unable, hasty, dateless, anonymous, wordless, monotonous, restless, mistitling)
