"""An article as Markdown, with links as absolute URLs at their places in the text."""

import re
from collections.abc import Iterator

from archive.export.epub.chapter import web_url
from archive.model import Article, Link, Subhead, Teaser, block_text

# Markup anywhere, and at the start of a line: lists, headings, quotes.
_SPECIAL = re.compile(r"[\\`*\[\]<]|!(?=\[)|!$|(?<!\w)_|_(?!\w)")
_LINE_START = re.compile(r"(?m)^(?:[#>+=|~-]|[0-9]+[.)](?= ))")
_PARENTHESIS = re.compile(r"[()]")


def write_markdown(article: Article) -> str:
    """Return title, lead, caption, text, a line of date, authors and tags, and related articles."""
    parts = [f"# {escaped(article.title)}"]
    if article.lead:
        parts.append(f"> {_opening(escaped(article.lead))}")
    if article.caption:
        parts.append(f"*Bild: {escaped(article.caption)}*")
    parts += _blocks(article)
    if foot := " · ".join(_foot(article)):
        parts.append(foot)
    if article.related:
        parts.append("\n".join(["## Artikel zum Thema", "", *map(_related, article.related)]))
    return "\n\n".join(parts) + "\n"


def _blocks(article: Article) -> Iterator[str]:
    dateline = f"{escaped(article.dateline)} | " if article.dateline else ""
    start = 0
    for block in article.blocks:
        shown = block_text(block)
        mark = len(shown) - len(block.text) if isinstance(block, Subhead) else 0
        text = _linked(block.text, article.links, start + mark)
        start += len(shown) + len("\n\n")
        if isinstance(block, Subhead):
            yield f"## {text}".rstrip()
        else:
            yield _opening(dateline + text).replace("\n", "\\\n")
            dateline = ""


def _linked(text: str, links: tuple[Link, ...], start: int) -> str:
    """Return a block's text with its links, without nested ones; ``start`` is its offset in the article."""
    pieces, at = [], 0
    for link in sorted(links, key=lambda link: (link.start or 0, -(link.end or 0))):
        if link.start is None or link.end is None or not link.target:
            continue
        begin, end, url = link.start - start, link.end - start, web_url(link.target)
        if url and at <= begin < end <= len(text):
            pieces += [escaped(text[at:begin]), _link(escaped(text[begin:end]), url)]
            at = end
    return "".join([*pieces, escaped(text[at:])])


def _foot(article: Article) -> Iterator[str]:
    if article.published:
        yield article.published.isoformat()
    if article.authors:
        yield ", ".join(escaped(author.name) for author in article.authors)
    if article.tags:
        yield "Tags: " + ", ".join(escaped(tag.name) for tag in article.tags)


def _related(teaser: Teaser) -> str:
    title = escaped(teaser.title)
    if teaser.target and (url := web_url(teaser.target)):
        title = _link(title, url)
    return f"- {title}" + (f": {escaped(teaser.text)}" if teaser.text else "")


def _link(text: str, url: str) -> str:
    return f"[{text}](<{url}>)" if _PARENTHESIS.search(url) else f"[{text}]({url})"


def escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _opening(text: str) -> str:
    r"""Escape lists, headings and quotes at line starts: ``1986. Ein Jahr`` → ``1986\. Ein Jahr``."""
    return _LINE_START.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)
