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
MIN_VERSE_LINES = 3  # within a body; two short lines are more often a heading and what it heads
MIN_VERSE_BODY_LINES = 4  # of a body that is nothing but verse


def wrap(text: str, prefix: str = "") -> list[str]:
    """Wrap greedily at spaces; a word longer than the line stands alone on its own."""
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
    """Whether the text broke here on purpose: the next word would still have fitted.

    The wrapper saw the line as it came, invisible soft hyphens counted, so this does too; umlauts were
    written out only after it, so such a line may have been shorter. A line that a source cut was full.
    Beside gendered words a break within :data:`GENDERED_WORD_SLACK` proves nothing.
    """
    if line.truncated:
        return False
    text, next_word = line.text.rstrip(), _first_word(following)
    room = LINE_WIDTH - len(text) - len(" ") - len(next_word)
    if room < 0:
        return is_never_wrapped(text, layout)
    return room >= GENDERED_WORD_SLACK or not (GENDERED_WORD.search(text) or GENDERED_WORD.search(next_word))


def is_never_wrapped(text: str, layout: Layout = WRAPPED) -> bool:
    """Whether a line is too long for the wrapper to have made it, and so a block of its own.

    Where nothing is wrapped, length says nothing.
    """
    if not layout.wrapped:
        return False
    written_out = (
        len(POSSIBLE_UMLAUT.findall(text)) if layout.transliterated and len(text) > LINE_WIDTH else 0
    )
    return len(text) - written_out > LINE_WIDTH and " " in text


def _first_word(line: Line) -> str:
    return line.text.lstrip().partition(" ")[0]


def join_lines(lines: Sequence[Line]) -> str:
    """Wrapped lines → one clean line, the ``…`` of each cut replaced by :data:`MISSING`."""
    if any([line.truncated for line in lines]):  # noqa: C419 - a list is quicker where all are looked at
        return " ".join(filter(None, map(line_text, lines)))
    return clean(" ".join([line.text for line in lines]))


def line_text(line: Line) -> str:
    """One clean line; of a cut one the ``…`` replaced by :data:`MISSING`, a space before it kept."""
    if not line.truncated:
        return clean(line.text)
    kept = _left_over(line)
    return clean(kept) + (" " if kept.endswith(" ") else "") + MISSING


def _left_over(line: Line) -> str:
    """What a cut left of its line: without the ``…`` and the half character before it."""
    return line.text.removesuffix("…").rstrip("\ufffd")


def _most_lost(line: Line) -> int | None:
    """What would still have fitted; any amount if it was no wrapped line: a subhead, or one long URL.

    What the cut left of a reference's opening counts as lost: it shows in no text.
    """
    kept = _TORN_REFERENCE.sub("", _left_over(line))
    wrapped = " " in kept and len(kept) < LINE_WIDTH and not kept.startswith("## ")
    return LINE_WIDTH - len(kept) if wrapped else None


class Truncations(list[Truncation]):
    """The cuts of a page, collected while its parts are read."""

    def record(self, field: str, raw: str, lines: Iterable[Line] = ()) -> str:
        """Note the cut places in ``raw``, in which :data:`MISSING` stands for each ``…``, and put that back.

        ``lines`` are the wrapped lines it was joined from; a cut one lost at most what would have
        fitted. Without them any amount can be missing.
        """
        if MISSING not in raw:
            return raw
        limits = chain((_most_lost(line) for line in lines if line.truncated), repeat(None))
        places = (match.start() for match in re.finditer(MISSING, raw))
        self += [Truncation(field, at, most) for at, most in zip(places, limits, strict=False)]
        return self.restore_marks(raw)

    @staticmethod
    def restore_marks(raw: str) -> str:
        """``raw`` as the page shows it."""
        return raw.replace(MISSING, "…")


def split_at_breaks(lines: Sequence[Line], layout: Layout) -> list[Sequence[Line]]:
    """Runs of lines that the wrapper broke; between two runs the text broke on purpose."""
    breaks = _breaks(lines, layout) if layout.wrapped else range(1, len(lines))
    if not breaks:  # as in most paragraphs
        return [lines]
    return [lines[start:end] for start, end in pairwise([0, *breaks, len(lines)])]


def _breaks(lines: Sequence[Line], layout: Layout) -> list[int]:
    """The lines before which the text broke on purpose."""
    return [
        at
        for at, (line, following) in enumerate(pairwise(lines), start=1)
        # With most pairs it is plain that the next word did not fit.
        if not (length := len(line.text.rstrip())) <= LINE_WIDTH <= length + following.text.find(" ")
        and ends_block(line, following, layout)
    ]


def split_turns(runs: Sequence[Sequence[Line]]) -> Sequence[Sequence[Line]]:
    """Runs, cut up further where somebody speaks who is seen to open others: ``taz: ``, ``Murr: ``.

    The last line of a turn can be so full that the wrap rule sees no break after it. ``Bea Murr: `` is a turn
    if another run opens with her surname; the surname alone, if two do, or one with her full name.
    """
    if not (openings := _openings(runs)):
        return runs
    surnames = {opening["label"] for opening in openings if not opening["first_names"]}
    runs = list(_cut_up(runs, lambda turn: bool(turn["first_names"]) and turn["label"] in surnames))
    openings = _openings(runs)
    introduced = {opening["label"] for opening in openings if opening["first_names"]}
    times = Counter(opening["label"] for opening in openings)
    known = introduced | {label for label in times if times[label] > 1}
    return list(_cut_up(runs, lambda turn: not turn["first_names"] and turn["label"] in known))


def _openings(runs: Iterable[Sequence[Line]]) -> list[re.Match[str]]:
    return [opening for run in runs if (opening := SPEAKER_LABEL.match(run[0].text))]


def _cut_up(
    runs: Iterable[Sequence[Line]], is_turn: Callable[[re.Match[str]], bool]
) -> Iterator[Sequence[Line]]:
    """Runs, cut up before each line that opens a turn behind the end of a sentence, or of speech."""
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

    So are 5 poems told from 14 other bodies; their lines may end sentences. An interview of short turns is
    told by its first question. ``stretches`` are the lines between subheads and fillers.
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
    """The paragraphs of lines between which no blank line stands, verse lines joined by ``\\n``.

    Where the rendition keeps blank lines, that is one paragraph, and breaks on purpose are verse.
    Where it drops them, each run is a paragraph, but three or more short lines that end no sentence
    are verse: ``a b c`` of which only ``c`` ends one.
    """
    found = split_at_breaks(lines, layout)
    if not blanks_kept:
        return _told_apart(split_turns(found))
    return ["\n".join(filter(None, map(join_lines, found)))]


def _told_apart(runs: Iterable[Sequence[Line]]) -> Iterator[str]:
    """Each run a paragraph, but for verse."""
    texts = [(join_lines(run), len(run) == 1) for run in runs]
    verse: list[str] = []
    for text, alone in texts:
        verse.append(text)
        if not alone or SPEECH_END.search(text):
            yield from _verse(verse[:-1] if not alone else verse)
            yield from [] if alone else [text]
            verse = []
    yield from _verse(verse)


def _verse(lines: list[str]) -> list[str]:
    return ["\n".join(lines)] if len(lines) >= MIN_VERSE_LINES else lines
