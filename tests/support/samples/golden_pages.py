"""Golden samples: one directory per page, with the page as received and what its parser must return.

``page.*`` is the page; its rendition is detected. ``article.json`` is the expected article without its
empty parts, ``menu.json`` the expected menu of a section page, ``problem.txt`` the expected error.
"""

from dataclasses import asdict
from typing import Any

from archive.model import Article, Author, Block, Menu, Paragraph, Tag
from tests.support import ROOT

PAGES = ROOT / "tests" / "pages"
GOOD = sorted(file.parent.name for file in PAGES.glob("*/article.json"))
MENUS = sorted(file.parent.name for file in PAGES.glob("*/menu.json"))
BROKEN = sorted(file.parent.name for file in PAGES.glob("*/problem.txt"))


def page(name: str) -> bytes:
    """Return the bytes of a sample."""
    (file,) = (PAGES / name).glob("page.*")
    return file.read_bytes()


def article_json(article: Article) -> dict[str, Any]:
    """Return an article as JSON, its parts in the order of the page, without empty ones."""
    parts = {
        "title": article.title,
        "lead": article.lead,
        "caption": article.caption,
        "dateline": article.dateline,
        "blocks": [_block(block) for block in article.blocks],
        "published": article.published and article.published.isoformat(),
        "links": [asdict(link) for link in article.links],
        "authors": [_name(author) for author in article.authors],
        "tags": [_name(tag) for tag in article.tags],
        "related": [asdict(teaser) for teaser in article.related],
        "truncations": [asdict(truncation) for truncation in article.truncations],
    }
    return {name: part for name, part in parts.items() if part}


def menu_json(menu: Menu) -> dict[str, Any]:
    """Return a menu as JSON."""
    return {"title": menu.title, "entries": [asdict(entry) for entry in menu.entries]}


def _block(block: Block) -> str | dict[str, str]:
    return block.text if isinstance(block, Paragraph) else {"subhead": block.text}


def _name(named: Author | Tag) -> str | list[str | int]:
    return named.name if named.number is None else [named.name, named.number]
