"""The paper's own gemtext: each page spelled a little otherwise, as capsules are."""

from archive.dump.grammar import SECTION_HEADINGS
from archive.model import Article, Page
from archive.servers import gemtext
from archive.servers.gemtext import DEFAULT_STYLE, GemtextStyle
from crawler.demo.newspaper.newsroom.dice import Dice

# How a section's heading may be spelled; "{}" stands for its name.
SPELLINGS = ("## {}", "## {}", "{}", "# {}", "### {}")
SUBHEADS = ("## ", "## ", "### ")
PICTURE = "/bild.jpg"


def write_gemtext(page: Page) -> str:
    """The page, ending in a line end."""
    return gemtext.write_gemtext(page, _manner(page) if isinstance(page, Article) else DEFAULT_STYLE)


def _manner(article: Article) -> GemtextStyle:
    dice = Dice("gemtext", article.title)
    picture = PICTURE if article.caption and dice.chance(0.5) else None
    subhead = dice.pick(SUBHEADS)
    headings = dict(zip(SECTION_HEADINGS, SECTION_HEADINGS, strict=True))
    if article.published:  # without a date above nobody could tell a bare one from text
        headings = {name: dice.pick(SPELLINGS).format(name.removeprefix("## ")) for name in SECTION_HEADINGS}
    return GemtextStyle(picture, subhead, headings, links_lead=dice.chance(0.5))
