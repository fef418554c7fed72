"""Which sentences a version added, removed, edited and moved. Pure, and fast on any input.

Sentences are matched as in the NewsEdits corpus (Spangher et al., NAACL 2022), but by words instead of
embeddings: each goes with the sentence of the other version that has most of it, if that has at least half.
So several sentences can go with one, which was split or into which they were merged. The distance of a
sentence from another is the share of its letters in words that the other lacks.

:mod:`archive.reading.edits` decides whether the text was edited at all. What a source truncated is not edited
if it fits, as in :mod:`archive.reading.truncated_word_match`, but unknown. Paragraph breaks are not part of
the wording, so sentences that only end elsewhere are unknown too.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from archive.dump.grammar import MISSING
from archive.reading.same_wording import transliterate
from archive.reading.truncated_word_match import Word, match_truncated
from archive.text.article_sentences import Sentences, letters_of
from archive.text.sentence_match import Bag, Overlap, Pair, SentenceMatch, best_matches, moved_pairs
from archive.text.sentences import CLOSING, OPENING
from archive.text.word_match import all_matching_runs

MAX_TRUNCATED_WORDS = 1_000  # of two sentences; whether a truncation hid the edit of longer ones is not tried

_MARKS = OPENING + CLOSING + ".,:;!?…" + MISSING


class SentenceAction(StrEnum):
    """What a version did to a sentence; any but an added or removed one may have been moved besides."""

    ADDED = "added"
    REMOVED = "removed"
    EDITED = "edited"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"  # the same as far as is known, but a source truncated it or it ends elsewhere


class SentenceEdit(NamedTuple):
    """A sentence, or two that go together, by their indexes. Distances are as in :class:`SentenceMatch`."""

    action: SentenceAction
    old: int | None = None
    new: int | None = None
    old_distance: float | None = None
    new_distance: float | None = None
    moved: bool = False


@dataclass(frozen=True)
class SentenceChange:
    """A sentence that an edit added, removed, edited or moved, or of which that is unknown.

    ``action`` is a :class:`SentenceAction`. An added sentence has no ``before``, a removed one no ``after``.
    """

    action: str
    moved: bool
    before: str | None
    after: str | None


@dataclass(frozen=True)
class SentenceEdits:
    """What became of all sentences of two versions: first those of the new one, then removed ones."""

    old: Sentences
    new: Sentences
    edits: tuple[SentenceEdit, ...]

    @cached_property
    def old_actions(self) -> dict[int, SentenceAction]:
        """What became of each sentence of the old version; edited if it was and something else too."""
        return _actions((edit.old, edit.action) for edit in self.edits)

    @cached_property
    def new_actions(self) -> dict[int, SentenceAction]:
        """How each sentence of the new version came about; edited if it was and something else too."""
        return _actions((edit.new, edit.action) for edit in self.edits)

    @cached_property
    def counts(self) -> dict[str, int]:
        """The numbers of sentences that were added, removed, edited, moved and unchanged, or are unknown.

        Except for removed ones, sentences of the new version are counted.
        """
        old, new = Counter(self.old_actions.values()), Counter(self.new_actions.values())
        return {
            "added": new[SentenceAction.ADDED],
            "removed": old[SentenceAction.REMOVED],
            "edited": new[SentenceAction.EDITED],
            "moved": len(self.moved),
            "unchanged": new[SentenceAction.UNCHANGED],
            "unknown": new[SentenceAction.UNKNOWN],
        }

    @property
    def changes(self) -> list["SentenceChange"]:
        """What was added, removed, edited or moved, and what is unknown, in order; removed sentences last."""
        return [
            SentenceChange(
                edit.action.value,
                edit.moved,
                None if edit.old is None else self.old.texts[edit.old],
                None if edit.new is None else self.new.texts[edit.new],
            )
            for edit in self.edits
            if edit.moved or edit.action is not SentenceAction.UNCHANGED
        ]

    @property
    def moved(self) -> list[str]:
        """The sentences that were moved, as the new version has them."""
        return [
            self.new.texts[at]
            for at in sorted({edit.new for edit in self.edits if edit.moved and edit.new is not None})
        ]


def _actions(of: Iterable[tuple[int | None, SentenceAction]]) -> dict[int, SentenceAction]:
    found: dict[int, SentenceAction] = {}
    for at, action in of:
        if at is not None and found.get(at) is not SentenceAction.EDITED:
            found[at] = action
    return found


def compare_sentences(old: Sentences, new: Sentences, *, edited: bool = True) -> SentenceEdits:
    """Return what became of the sentences. If the text was not ``edited``, what differs is unknown."""
    head, tail = _same_ends(old.texts, new.texts)
    old_end, new_end = len(old) - tail, len(new) - tail
    ends = [
        *((at, at) for at in range(head)),
        *zip(range(old_end, len(old)), range(new_end, len(new)), strict=True),
    ]
    edits = [SentenceEdit(SentenceAction.UNCHANGED, *pair, 0.0, 0.0) for pair in ends]
    inner = _edits(old.between(head, old_end), new.between(head, new_end))
    edits += [
        edit._replace(
            old=None if edit.old is None else edit.old + head,
            new=None if edit.new is None else edit.new + head,
        )
        for edit in (inner if edited else map(_unedited, inner))
    ]
    edits.sort(key=lambda edit: (edit.new is None, edit.new or 0, edit.old or 0))
    return SentenceEdits(old, new, tuple(edits))


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many sentences are the same at the start, and how many of the others at the end."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    return head, next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)


def _edits(old: Sentences, new: Sentences) -> Iterator[SentenceEdit]:
    matches = list(_matches(old, new)) if old.ends and new.ends else []
    pairs = [match.pair for _, match in matches]
    moved = moved_pairs(pairs)
    for action, match in matches:
        yield SentenceEdit(action, *match, moved=match.pair in moved)
    known_old, known_new = ({pair[side] for pair in pairs} for side in (0, 1))
    yield from (SentenceEdit(SentenceAction.ADDED, new=at) for at in range(len(new)) if at not in known_new)
    yield from (SentenceEdit(SentenceAction.REMOVED, old=at) for at in range(len(old)) if at not in known_old)


def _unedited(edit: SentenceEdit) -> SentenceEdit:
    is_same = edit.action is SentenceAction.UNCHANGED
    return edit._replace(action=edit.action if is_same else SentenceAction.UNKNOWN, moved=False)


def _matches(old: Sentences, new: Sentences) -> Iterator[tuple[SentenceAction, SentenceMatch]]:
    folds = old.transliterated or new.transliterated
    aligned = _aligned(old, new, folds=folds)
    whole = [
        {at for at, letters in enumerate(side.letters) if letters == same[at]}
        for side, same in ((old, aligned.old_same), (new, aligned.new_same))
    ]
    in_place = [pair for pair in aligned.letters if pair[0] in whole[0] and pair[1] in whole[1]]
    for pair in in_place:
        action = SentenceAction.UNCHANGED if _is_same(old, new, pair, folds=folds) else SentenceAction.UNKNOWN
        yield action, SentenceMatch(*pair, 0.0, 0.0)
    done = [{pair[side] for pair in in_place} for side in (0, 1)]
    for pair in _elsewhere(old, new, *done, folds=folds):
        done[0].add(pair[0])
        done[1].add(pair[1])
        yield SentenceAction.UNCHANGED, SentenceMatch(*pair, 0.0, 0.0)
    bags = [
        {at: _bag(side.of(at), folds=folds) for at in range(len(side)) if at not in known}
        for side, known in ((old, done[0]), (new, done[1]))
    ]
    for match in best_matches(bags[0], bags[1], aligned.overlaps(old, new)):
        yield _action(old, new, match.pair, folds=folds), match


def _elsewhere(
    old: Sentences, new: Sentences, known_old: Collection[int], known_new: Collection[int], *, folds: bool
) -> list[Pair]:
    """Return the other sentences that both texts have: the first of one with the first of the other."""
    places = defaultdict[str, deque[int]](deque)
    for at, text in enumerate(new.texts):
        if at not in known_new:
            places[_folded(text, folds=folds)].append(at)
    found = list[Pair]()
    for at, text in enumerate(old.texts):
        if at not in known_old and (same := places.get(_folded(text, folds=folds))):
            found.append((at, same.popleft()))
    return found


def _folded(text: str, *, folds: bool) -> str:
    return transliterate(text) if folds else text


def _action(old: Sentences, new: Sentences, pair: Pair, *, folds: bool) -> SentenceAction:
    """Return what became of a sentence of which words differ."""
    words = old.of(pair[0]), new.of(pair[1])
    if sum(map(len, words)) > MAX_TRUNCATED_WORDS:
        return SentenceAction.EDITED
    if old.is_truncated(pair[0]) or new.is_truncated(pair[1]):
        first, second = match_truncated(list(words[0]), list(words[1]), folds=folds)
        if _keys(first) == _keys(second):
            return SentenceAction.UNKNOWN
    return SentenceAction.EDITED


def _is_same(old: Sentences, new: Sentences, pair: Pair, *, folds: bool) -> bool:
    return _folded(old.texts[pair[0]], folds=folds) == _folded(new.texts[pair[1]], folds=folds)


class _Aligned(NamedTuple):
    """The letters in words that both texts have in one order, by pair and by sentence of either text."""

    letters: dict[Pair, tuple[int, int]]
    old_same: Counter[int]
    new_same: Counter[int]

    def overlaps(self, old: Sentences, new: Sentences) -> dict[Pair, Overlap]:
        return {
            (one, other): Overlap(
                min(letters), letters[0] / max(old.letters[one], 1), letters[1] / max(new.letters[other], 1)
            )
            for (one, other), letters in self.letters.items()
        }


def _aligned(old: Sentences, new: Sentences, *, folds: bool) -> _Aligned:
    first, second = match_truncated(list(old.words), list(new.words), folds=folds)
    spans = _spans(first, len(old.words)), _spans(second, len(new.words))
    letters = defaultdict[Pair, list[int]](lambda: [0, 0])
    same = Counter[int](), Counter[int]()
    for run in all_matching_runs(_keys(first), _keys(second)):
        for at in range(run.length):
            by_sentence = (
                _by_sentence(old, spans[0][run.old + at]),
                _by_sentence(new, spans[1][run.new + at]),
            )
            for counted, found in zip(same, by_sentence, strict=True):
                counted.update(found)
            for one, in_one in by_sentence[0].items():
                for other, in_other in by_sentence[1].items():
                    both = letters[one, other]
                    both[0] += in_one
                    both[1] += in_other
    return _Aligned({pair: (both[0], both[1]) for pair, both in letters.items()}, *same)


def _spans(words: Sequence[Word], end: int) -> list[range]:
    """Return the words of the sentences that each word stands for: several, where a truncation hid them."""
    return [range(one, other) for one, other in pairwise([*(word.place for word in words), end])]


def _by_sentence(side: Sentences, span: range) -> dict[int, int]:
    """Return the letters of a range of words by the sentences that have them."""
    found: dict[int, int] = {}
    for at in span:
        sentence = side.by_word[at]
        found[sentence] = found.get(sentence, 0) + letters_of(side.tokens[at])
    return found


def _keys(words: Iterable[Word]) -> list[str]:
    return [word.key for word in words]


def _bag(words: Iterable[Word], *, folds: bool) -> Bag:
    texts = (transliterate(word.text) if folds else word.text for word in words)
    return Counter(text.strip(_MARKS).casefold() or text for text in texts)
