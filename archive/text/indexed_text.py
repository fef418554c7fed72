"""What is stored of an article besides its parts: its number of words, and other spellings of them."""

from typing import NamedTuple

from archive.model import Article
from archive.text.search_spellings import search_spellings


class IndexedText(NamedTuple):
    """The number of words of an article's body, and other spellings of all its words to search for."""

    word_count: int
    spellings: str


def index_text(article: Article) -> IndexedText:
    """Return how the text of an article is indexed."""
    text = article.text
    parts = filter(None, (article.title, article.lead, article.caption, text))
    return IndexedText(len(body_words(text)), search_spellings(" ".join(parts)))


def body_words(text: str) -> list[str]:
    """Return the words of a body, without line breaks, paragraph breaks and subhead marks."""
    words = text.split()
    return [word for word in words if word != "##"] if "##" in text else words
