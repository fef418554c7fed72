"""Items: a spider yields a :class:`PageItem`, and :mod:`crawler.pipelines` turns it into one to export.

``scrapy crawl taz -O items.jsonl`` exports an :class:`ArticleItem` or a :class:`MenuItem` for each page that
was fetched. An item lacks the fields that its page does not have. Times are UTC, as in the archive
(``2025-04-10T12:00:00.000Z``), dates ISO 8601 days.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from scrapy import Field, Item
from scrapy.http import Response

from archive.model import Article, ArticleChange, Capture, Menu, Outcome
from archive.pagekey import article_url, key_in
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.store import Memento
from archive.timestamps import stamp
from crawler import clock
from crawler.fetch import Fetch, WantedPage
from crawler.response_status import problem_of
from crawler.sources.registry import opaque_path


@dataclass(slots=True, kw_only=True)
class PageItem:
    """A fetched page, or the failure to fetch it, for :class:`crawler.pipelines.ArchivePipeline`.

    The pipeline sets ``parsed``, what the dump parser reads in the capture. ``fetch`` is what the frontier
    asked for. ``further`` is what is still wanted of the page, from another source, and
    ``is_final`` means that the capture completes the page. ``is_unconfirmed``: the source did not find the
    article, and is asked once more before the article counts as gone. ``more_follow``: further pages are on
    their way, and may be recorded in the same transaction.
    """

    capture: Capture
    parsed: ParsedCapture | None = None
    fetch: Fetch | None = None
    further: WantedPage | None = None
    is_final: bool = True
    is_unconfirmed: bool = False
    more_follow: bool = False


def page_item(response: Response, *, source: str, rendition: str | None = None) -> PageItem:
    """Return the item of a response, for spiders of your own.

    ``source`` is the name to store with the capture. Without a ``rendition``, a name in
    :mod:`archive.renditions`, it is detected. The page is the one that the URL names: ``!6081430`` is an
    article.
    """
    problem = problem_of(response)
    capture = Capture(
        source=source,
        url=response.url,
        captured_at=clock.utc_now(),
        key=key_in(unquote(opaque_path(urlsplit(response.url)))),
        body=response.body or None,
        outcome=Outcome.FAILED if problem else Outcome.OK,
        problem=problem,
        rendition=rendition,
    )
    return PageItem(capture=capture)


class ArticleItem(Item):
    """An article as of a capture, with truncations healed from other captures."""

    kind = Field()  # "article"
    id = Field()  # the number in its address, 6081430
    url = Field()  # its address on the paper's website
    title = Field()
    lead = Field()
    text = Field()  # as in the column versions.text
    authors = Field()  # names
    tags = Field()  # names
    published = Field()  # date on the page
    version = Field()  # number of its latest version, from 1
    change = Field()  # new, edited, unchanged, gone or back; an article back in a new version is "back"
    source = Field()  # the source that was asked
    captured_at = Field()


class MenuItem(Item):
    """The front page, or the menu of a section, a topic or an author."""

    kind = Field()  # root, section, topic or author
    id = Field()  # the number in its address, 4611 for !p4611; 0 for the front page
    url = Field()  # the URL that was asked for
    title = Field()
    entries = Field()  # top to bottom: title, text and target of each
    source = Field()
    captured_at = Field()


def article_item(memento: Memento, change: ArticleChange, capture: Capture) -> ArticleItem:
    """Return the item of a capture of an article, which brought the archive to ``memento``."""
    return ArticleItem(
        _present(
            kind="article",
            id=memento.row.article_id,
            url=memento.url,
            **_article_fields(memento.article, capture),
            version=memento.row.number,
            change=change.value,
        )
    )


def parsed_item(page: PageItem) -> ArticleItem | MenuItem | None:
    """Return the item of a page as parsed, without an archive; None if it shows neither article nor menu.

    An article then has neither ``version`` nor ``change``, and truncations are not healed.
    """
    capture, shown = page.capture, (page.parsed or read_capture(page.capture)).page
    if isinstance(shown, Menu):
        return menu_item(shown, capture)
    if not shown or not capture.key:
        return None
    number = capture.key.number
    fields = _article_fields(shown, capture)
    return ArticleItem(_present(kind="article", id=number, url=article_url(number), **fields))


def _article_fields(article: Article, capture: Capture) -> dict[str, object]:
    return {
        "title": article.title,
        "lead": article.lead,
        "text": article.text,
        "authors": [author.name for author in article.authors],
        "tags": [tag.name for tag in article.tags],
        "published": article.published and article.published.isoformat(),
        "source": capture.source,
        "captured_at": stamp(capture.captured_at),
    }


def menu_item(menu: Menu, capture: Capture) -> MenuItem:
    """Return the item of a capture of a menu."""
    assert capture.key  # every request is for a page
    return MenuItem(
        _present(
            kind=capture.key.kind.value,
            id=capture.key.number,
            url=capture.url,
            title=menu.title,
            entries=[
                _present(title=teaser.title, text=teaser.text, target=teaser.target)
                for teaser in menu.entries
            ],
            source=capture.source,
            captured_at=stamp(capture.captured_at),
        )
    )


def _present(**fields: object) -> dict[str, object]:
    """Return the fields that are not None, which Scrapy's XML exporter would write as "None"."""
    return {name: value for name, value in fields.items() if value is not None}
