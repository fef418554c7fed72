"""Prepares a diff for its page: changed paragraphs with some context; unchanged ones are folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.datasette.html.diff_trimming import CONTEXT_PARAGRAPHS, TrimmedField, trim_field
from archive.datasette.http.deadline import Deadline
from archive.reading.edits import EDITORIAL_FIELDS
from archive.store import EditedField, Reader, VersionRow
from archive.text.article_sentences import split_sentences
from archive.text.letter_diff import split_corrected_words
from archive.text.sentence_edits import SentenceEdits, compare_sentences
from archive.text.word_diff import DiffBlock, Mark, Piece, compare_field, is_changed

MAX_FOLDED_CHARACTERS = 20_000  # of a folded stretch; a longer one is only counted
MAX_COMPARED_CHARACTERS = 1_000_000  # of both versions
MAX_PIECES = 3_000  # shown per field; the paragraphs after them are only counted
STRETCH_PARAGRAPHS = 500  # at most in a stretch
MAX_SENTENCE_CHARACTERS = 300_000  # of both versions; the longest known article has 100,000
MAX_MOVED_SENTENCES = 20  # shown


@dataclass(frozen=True, slots=True)
class Stretch:
    """``count`` consecutive paragraphs, shown or folded. ``blocks`` is empty if they are only counted."""

    folded: bool
    count: int
    blocks: tuple[DiffBlock, ...]


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """The changes of one field; ``added`` and ``removed`` count words.

    ``hidden`` counts the paragraphs after the last stretch. A field that is ``too_long`` has no stretches.
    ``sentences`` are what became of those of the text, unless that is very long.
    """

    field: str
    added: int
    removed: int
    stretches: tuple[Stretch, ...]
    hidden: int = 0
    too_long: bool = False
    sentences: SentenceEdits | None = None


def diff_context(
    reader: Reader, before: VersionRow, after: VersionRow, deadline: Deadline
) -> dict[str, object]:
    every = (_compared_field(reader, each, deadline) for each in reader.edits.between(before, after))
    found = [each for each in every if each.added or each.removed or each.too_long]
    changed = {each.field for each in found}
    truncated = set(reader.edits.truncated_fields(before, after))
    others = [field for field in EDITORIAL_FIELDS if field not in changed]
    return {
        "changes": found,
        "sentences": next((each.sentences for each in found if each.sentences), None),
        "max_moved": MAX_MOVED_SENTENCES,
        "same": [field for field in others if field not in truncated],
        "unknown": [field for field in others if field in truncated],
        "added": sum(each.added for each in found),
        "removed": sum(each.removed for each in found),
    }


def _compared_field(reader: Reader, edited: EditedField, deadline: Deadline) -> FieldDiff:
    deadline.check()
    found = trim_field(reader, edited, MAX_COMPARED_CHARACTERS)
    if found is None:
        return FieldDiff(edited.field, 0, 0, (), too_long=True)
    result = compare_field(found.field, found.old, found.new)
    stretches, hidden = _shown(result.blocks)
    if hidden:
        hidden += len(found.tail)
    else:
        stretches += _end(found.tail)
    return FieldDiff(
        edited.field,
        result.added,
        result.removed,
        (*_end(found.head), *stretches),
        hidden,
        sentences=_sentences(found),
    )


def _sentences(found: TrimmedField) -> SentenceEdits | None:
    """Return what became of the sentences of a text between its paragraphs that are equal."""
    if found.field != "text" or len(found.old.text) + len(found.new.text) > MAX_SENTENCE_CHARACTERS:
        return None
    return compare_sentences(split_sentences(found.old), split_sentences(found.new))


def _shown(blocks: Sequence[DiffBlock]) -> tuple[list[Stretch], int]:
    """Return the stretches to show, and the number of paragraphs after them."""
    shown, hidden, pieces = list[Stretch](), 0, 0
    for folded, some in _parts(blocks):
        if pieces >= MAX_PIECES:
            hidden += len(some)
        else:
            shown.append(_stretch(some, folded=folded))
            pieces += sum(map(len, shown[-1].blocks))
    return shown, hidden


def _parts(blocks: Sequence[DiffBlock]) -> Iterator[tuple[bool, Sequence[DiffBlock]]]:
    """Yield runs of blocks, and whether they are far from any change; other runs have a maximum length."""
    changed = [at for at, block in enumerate(blocks) if is_changed(block)]
    around = range(-CONTEXT_PARAGRAPHS, CONTEXT_PARAGRAPHS + 1)
    near = {at + offset for at in changed for offset in around}
    start = 0
    for at in range(1, len(blocks) + 1):
        folded = start not in near
        is_full = not folded and at - start >= STRETCH_PARAGRAPHS
        if at == len(blocks) or is_full or (at in near) == folded:
            yield folded, blocks[start:at]
            start = at


def _stretch(blocks: Sequence[DiffBlock], *, folded: bool) -> Stretch:
    is_counted = folded and _is_only_counted([sum(len(piece.text) for piece in block) for block in blocks])
    return Stretch(folded, len(blocks), () if is_counted else tuple(map(_bounded, blocks)))


def _end(paragraphs: Sequence[str]) -> list[Stretch]:
    """Return a folded stretch of the paragraphs that were not compared, if there are any."""
    is_counted = _is_only_counted(list(map(len, paragraphs)))
    blocks = () if is_counted else tuple((Piece(Mark.SAME, text),) for text in paragraphs)
    return [Stretch(True, len(paragraphs), blocks)] if paragraphs else []  # noqa: FBT003 - folded


def _is_only_counted(lengths: Sequence[int]) -> bool:
    """Return whether folded paragraphs of these lengths are too many or too long to be on the page."""
    return len(lengths) > STRETCH_PARAGRAPHS or sum(lengths) > MAX_FOLDED_CHARACTERS


def _bounded(block: DiffBlock) -> DiffBlock:
    """Return a paragraph with letter diffs within words; only the first pieces of a very long one."""
    if len(block) <= MAX_PIECES:
        return split_corrected_words(block)
    return (*block[:MAX_PIECES], Piece(Mark.SAME, "…"))
