"""The paper in gemtext; spellings of headings vary from page to page, as in real capsules."""

from archive.dump.grammar import SECTION_HEADINGS
from archive.model import Article, Page
from archive.servers import gemtext
from archive.servers.gemtext import DEFAULT_STYLE, GemtextStyle
from crawler.demo.newspaper.newsroom.dice import Dice

# Spellings of a section's heading; "{}" stands for its name.
HEADING_SPELLINGS = ("## {}", "## {}", "{}", "# {}", "### {}")
SUBHEAD_MARKS = ("## ", "## ", "### ")
PICTURE = "/bild.jpg"


def write_gemtext(page: Page) -> str:
    """Return the page with a line end at its end."""
    return gemtext.write_gemtext(page, _manner(page) if isinstance(page, Article) else DEFAULT_STYLE)


def _manner(article: Article) -> GemtextStyle:
    dice = Dice("gemtext", article.title)
    picture = PICTURE if article.caption and dice.chance(0.5) else None
    subhead = dice.pick(SUBHEAD_MARKS)
    headings = dict(zip(SECTION_HEADINGS, SECTION_HEADINGS, strict=True))
    if article.published:  # without a date above, a heading without marks would be text
        headings = {
            name: dice.pick(HEADING_SPELLINGS).format(name.removeprefix("## ")) for name in SECTION_HEADINGS
        }
    return GemtextStyle(picture, subhead, headings, links_lead=dice.chance(0.5))
