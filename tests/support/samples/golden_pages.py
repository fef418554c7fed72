"""Golden samples: a directory each, with the page as received and what it says, or why it is none.

``page.*`` is the page; its rendition is guessed. ``article.json`` is what it says, parts it does not
have left out; ``menu.json`` if it is a section's page, and ``problem.txt`` where the page is broken.
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
    """The bytes of a sample."""
    (file,) = (PAGES / name).glob("page.*")
    return file.read_bytes()


def told(article: Article) -> dict[str, Any]:
    """An article as JSON has it, in the order of the page."""
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
        "truncations": [asdict(cut) for cut in article.truncations],
    }
    return {name: part for name, part in parts.items() if part}


def told_menu(menu: Menu) -> dict[str, Any]:
    """A menu as JSON has it."""
    return {"title": menu.title, "entries": [asdict(entry) for entry in menu.entries]}


def _block(block: Block) -> str | dict[str, str]:
    return block.text if isinstance(block, Paragraph) else {"subhead": block.text}


def _name(named: Author | Tag) -> str | list[str | int]:
    return named.name if named.number is None else [named.name, named.number]
