"""The sentences of an article, with truncations in their words. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from archive.dump.grammar import MISSING
from archive.model import Article
from archive.reading.truncated_word_match import Word, marked_field, with_missing
from archive.text.sentences import sentence_ends


@dataclass(frozen=True)
class Sentences:
    """The sentences of a text and its subheads.

    ``tokens`` are its words, with :data:`MISSING` at each truncation, ``ends`` the indexes after the last
    word of each sentence, ``missing`` the most characters missing at each truncation.
    """

    tokens: tuple[str, ...]
    ends: tuple[int, ...]
    missing: tuple[int, ...] = ()
    transliterated: bool = False

    def __len__(self) -> int:
        return len(self.ends)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        return (0, *self.ends[:-1]) if self.ends else ()

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The sentences as on the page, each on one line."""
        texts = (" ".join(self.tokens[start:end]) for start, end in zip(self.starts, self.ends, strict=True))
        return tuple(text.replace(MISSING, "…") for text in texts) if self.missing else tuple(texts)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words to compare, each with its index as its place."""
        numbered = [Word(token, place=at) for at, token in enumerate(self.tokens)]
        return tuple(with_missing(numbered, self.missing) if self.missing else numbered)

    @cached_property
    def by_word(self) -> tuple[int, ...]:
        """The index of each word's sentence."""
        return tuple(at for at in range(len(self)) for _ in range(self.starts[at], self.ends[at]))

    @cached_property
    def letters(self) -> tuple[int, ...]:
        """The number of letters of each sentence that its source did not truncate."""
        spans = zip(self.starts, self.ends, strict=True)
        return tuple(sum(map(letters_of, self.tokens[start:end])) for start, end in spans)

    def of(self, at: int) -> tuple[Word, ...]:
        """Return the words of a sentence."""
        return self.words[self.starts[at] : self.ends[at]]

    def is_truncated(self, at: int) -> bool:
        return any(MISSING in token for token in self.tokens[self.starts[at] : self.ends[at]])

    def between(self, first: int, last: int) -> "Sentences":
        """Return the sentences from one index to before another."""
        start, end = (self.ends[at - 1] if at else 0 for at in (first, last))
        before, within = (
            sum(token.count(MISSING) for token in tokens) if self.missing else 0
            for tokens in (self.tokens[:start], self.tokens[start:end])
        )
        return Sentences(
            tokens=self.tokens[start:end],
            ends=tuple(at - start for at in self.ends[first:last]),
            missing=self.missing[before : before + within],
            transliterated=self.transliterated,
        )


def split_sentences(article: Article) -> Sentences:
    """Return the sentences of an article's text.

    A paragraph ends one, unless paragraph breaks are inferred; a subhead is one.
    """
    text, most = marked_field(article, "text")
    tokens, ends = list[str](), list[int]()
    for run in _runs(text, inferred=article.paragraphs_inferred):
        ends += [len(tokens) + end for end in sentence_ends(run)]
        tokens += run
    return Sentences(tuple(tokens), tuple(ends), tuple(most), article.transliterated)


def _runs(text: str, *, inferred: bool) -> Iterator[list[str]]:
    """Yield the words of subheads and of paragraphs; if breaks are inferred, of all paragraphs in a row."""
    blocks = [block.split() for block in text.split("\n\n")]
    for is_subhead, run in groupby(filter(None, blocks), key=lambda block: block[0] == "##"):
        if is_subhead:
            yield from (words[1:] for words in run)
        elif inferred:
            yield [word for words in run for word in words]
        else:
            yield from run


def letters_of(token: str) -> int:
    """Return the number of characters of a word that its source did not truncate."""
    return len(token) - token.count(MISSING)
