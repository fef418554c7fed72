"""The wrap rule, both ways: lines → paragraphs, text → lines."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise, repeat

from archive.dump.grammar import (
    GENDERED_WORD,
    GENDERED_WORD_SLACK,
    INTERVIEW_OPENINGS,
    LINE_WIDTH,
    MISSING,
    POSSIBLE_UMLAUT,
    SPEAKER_LABEL,
    SPEECH_END,
    clean,
)
from archive.model import Layout, Line, Truncation

WRAPPED = Layout()
_TORN_REFERENCE = re.compile(r"\[(?:[0-9]{1,6}\]?)?$")
MIN_VERSE_LINES = 3  # within a body; two short lines are more often a heading and its text
MIN_VERSE_BODY_LINES = 4  # of a body that is only verse


def wrap(text: str, prefix: str = "") -> list[str]:
    """Wrap greedily at spaces; a word longer than the line gets its own line."""
    lines, at, room = [], 0, LINE_WIDTH - len(prefix)
    while len(text) - at > room:
        end = text.rfind(" ", at + 1, at + room + 1)
        if end < 0:
            end = text.find(" ", at + room)
        if end < 0:
            break
        lines.append(prefix + text[at:end])
        at = end + 1
    return [*lines, prefix + text[at:]]


def ends_block(line: Line, following: Line, layout: Layout = WRAPPED) -> bool:
    """Return whether a block ends here, because the next word would still have fitted.

    Like the wrapper, this counts invisible soft hyphens. Umlauts were transliterated after wrapping, so such
    a line may have been shorter. A truncated line was full. Next to gendered words a line that is less than
    :data:`GENDERED_WORD_SLACK` short proves nothing.
    """
    if line.truncated:
        return False
    text, next_word = line.text.rstrip(), _first_word(following)
    room = LINE_WIDTH - len(text) - len(" ") - len(next_word)
    if room < 0:
        return is_never_wrapped(text, layout)
    return room >= GENDERED_WORD_SLACK or not (GENDERED_WORD.search(text) or GENDERED_WORD.search(next_word))


def is_never_wrapped(text: str, layout: Layout = WRAPPED) -> bool:
    """Return whether a line is longer than the wrapper allows, and so is a block of its own."""
    if not layout.wrapped:
        return False
    written_out = (
        len(POSSIBLE_UMLAUT.findall(text)) if layout.transliterated and len(text) > LINE_WIDTH else 0
    )
    return len(text) - written_out > LINE_WIDTH and " " in text


def _first_word(line: Line) -> str:
    return line.text.lstrip().partition(" ")[0]


def join_lines(lines: Sequence[Line]) -> str:
    """Join wrapped lines to one clean line, with :data:`MISSING` for the ``…`` of each truncation."""
    if any([line.truncated for line in lines]):  # noqa: C419 - a list is faster, since most pages have no truncated line
        return " ".join(filter(None, map(line_text, lines)))
    return clean(" ".join([line.text for line in lines]))


def line_text(line: Line) -> str:
    """Return one clean line, with :data:`MISSING` for the ``…`` of a truncation and the space before it."""
    if not line.truncated:
        return clean(line.text)
    kept = _kept_text(line)
    return clean(kept) + (" " if kept.endswith(" ") else "") + MISSING


def _kept_text(line: Line) -> str:
    """Return what is left of a truncated line, without the ``…`` and half a character before it."""
    return line.text.removesuffix("…").rstrip("\ufffd")


def _max_missing(line: Line) -> int | None:
    """Return how many characters would still have fitted; None for lines that are not wrapped.

    The rest of a truncated reference mark counts as missing, since it is not part of the text.
    """
    kept = _TORN_REFERENCE.sub("", _kept_text(line))
    wrapped = " " in kept and len(kept) < LINE_WIDTH and not kept.startswith("## ")
    return LINE_WIDTH - len(kept) if wrapped else None


class Truncations(list[Truncation]):
    """The truncations of a page, collected while its parts are read."""

    def record(self, field: str, raw: str, lines: Iterable[Line] = ()) -> str:
        """Record each :data:`MISSING` in ``raw``, and return ``raw`` with ``…`` instead.

        ``lines`` are the wrapped lines that ``raw`` was joined from, which limit what can be missing.
        """
        if MISSING not in raw:
            return raw
        limits = chain((_max_missing(line) for line in lines if line.truncated), repeat(None))
        places = (match.start() for match in re.finditer(MISSING, raw))
        self += [Truncation(field, at, most) for at, most in zip(places, limits, strict=False)]
        return self.restore_marks(raw)

    @staticmethod
    def restore_marks(raw: str) -> str:
        """Return ``raw`` with ``…`` for each :data:`MISSING`."""
        return raw.replace(MISSING, "…")


def split_at_breaks(lines: Sequence[Line], layout: Layout) -> list[Sequence[Line]]:
    """Split lines into runs that the wrapper broke; a block ends after each run."""
    breaks = _breaks(lines, layout) if layout.wrapped else range(1, len(lines))
    if not breaks:  # most paragraphs
        return [lines]
    return [lines[start:end] for start, end in pairwise([0, *breaks, len(lines)])]


def _breaks(lines: Sequence[Line], layout: Layout) -> list[int]:
    """Return the indexes of the lines before which a block ends."""
    return [
        at
        for at, (line, following) in enumerate(pairwise(lines), start=1)
        # In most pairs the next word clearly did not fit.
        if not (length := len(line.text.rstrip())) <= LINE_WIDTH <= length + following.text.find(" ")
        and ends_block(line, following, layout)
    ]


def split_turns(runs: Sequence[Sequence[Line]]) -> Sequence[Sequence[Line]]:
    """Split runs further at turns of an interview: ``taz: ``, ``Murr: ``.

    The last line of a turn can be so full that the wrap rule sees no break after it. ``Bea Murr: `` opens a
    turn if another run opens with the surname; the surname does if two runs open with it, or one with the
    full name.
    """
    if not (openings := _openings(runs)):
        return runs
    surnames = {opening["label"] for opening in openings if not opening["first_names"]}
    runs = list(
        _split_before_turns(runs, lambda turn: bool(turn["first_names"]) and turn["label"] in surnames)
    )
    openings = _openings(runs)
    introduced = {opening["label"] for opening in openings if opening["first_names"]}
    times = Counter(opening["label"] for opening in openings)
    known = introduced | {label for label in times if times[label] > 1}
    return list(_split_before_turns(runs, lambda turn: not turn["first_names"] and turn["label"] in known))


def _openings(runs: Iterable[Sequence[Line]]) -> list[re.Match[str]]:
    return [opening for run in runs if (opening := SPEAKER_LABEL.match(run[0].text))]


def _split_before_turns(
    runs: Iterable[Sequence[Line]], is_turn: Callable[[re.Match[str]], bool]
) -> Iterator[Sequence[Line]]:
    """Split runs before each line that opens a turn after the end of a sentence or of speech."""
    for run in runs:
        starts = [
            at
            for at, (before, line) in enumerate(pairwise(run), start=1)
            if (opening := SPEAKER_LABEL.match(line.text))
            and is_turn(opening)
            and SPEECH_END.search(before.text.rstrip())
        ]
        yield from (run[start:end] for start, end in pairwise([0, *starts, len(run)]))


def is_verse_body(stretches: Sequence[Sequence[Line]], layout: Layout) -> bool:
    """Return whether a body without blank lines is verse: at least four lines, each of them a run.

    This separates 5 poems from 14 other bodies seen; lines of verse may end sentences. An interview of short
    turns is recognised by its first question. ``stretches`` are the lines between subheads and fillers.
    """
    lines = [line for stretch in stretches for line in stretch]
    if (
        not layout.wrapped
        or len(lines) < MIN_VERSE_BODY_LINES
        or lines[0].text.startswith(INTERVIEW_OPENINGS)
    ):
        return False
    pairs = (pair for stretch in stretches for pair in pairwise(stretch))
    is_single = all(ends_block(line, following, layout) for line, following in pairs)
    return is_single and not any(is_never_wrapped(line.text, layout) for line in lines)


def read_paragraphs(lines: Sequence[Line], layout: Layout, *, blanks_kept: bool) -> Iterable[str]:
    """Return the paragraphs of lines without blank lines between them; ``\\n`` joins lines of verse.

    Where the rendition keeps blank lines, the lines are one paragraph, and a run is a line of verse.
    Otherwise each run is a paragraph, except that three or more short lines of which only the last ends a
    sentence are verse.
    """
    found = split_at_breaks(lines, layout)
    if not blanks_kept:
        return _inferred_paragraphs(split_turns(found))
    return ["\n".join(filter(None, map(join_lines, found)))]


def _inferred_paragraphs(runs: Iterable[Sequence[Line]]) -> Iterator[str]:
    """Yield each run as a paragraph, and short lines in a row as verse."""
    texts = [(join_lines(run), len(run) == 1) for run in runs]
    verse: list[str] = []
    for text, is_single in texts:
        verse.append(text)
        if not is_single or SPEECH_END.search(text):
            yield from _verse(verse if is_single else verse[:-1])
            yield from [] if is_single else [text]
            verse = []
    yield from _verse(verse)


def _verse(lines: list[str]) -> list[str]:
    return ["\n".join(lines)] if len(lines) >= MIN_VERSE_LINES else lines
