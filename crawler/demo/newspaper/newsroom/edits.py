"""A script of edits of a published article, and the texts that they give.

Corrections are made backwards: the draft is correct, so the first text gets the error that is corrected
later.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from archive.model import Block, Paragraph
from crawler.demo.newspaper.newsroom import prose
from crawler.demo.newspaper.newsroom.dice import Dice
from crawler.demo.newspaper.newsroom.draft import Draft
from crawler.demo.newspaper.newsroom.plan import ArticlePlan, Form, opens_story
from crawler.demo.newspaper.newsroom.writing import ticker_item


class EditKind(StrEnum):
    """What an editor did."""

    PUBLISHED = "published"
    TYPO = "typo corrected"
    COMMA = "comma added"
    FIGURE = "figure corrected"
    HEADLINE = "headline changed"
    LEAD = "lead rewritten"
    PARAGRAPH = "paragraph added"
    AUTHOR = "author added"
    CAPTION = "caption changed"
    ITEM = "ticker item added"
    REVERTED = "edit reverted"
    RETRACTED = "retracted"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """The text of an article from ``moment`` on; ``draft`` is None while it is retracted."""

    moment: datetime
    edit: EditKind
    draft: Draft | None


Script = tuple[tuple[datetime, EditKind], ...]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Most articles are never edited.
EDIT_COUNT_WEIGHTS = {0: 70, 1: 19, 2: 7, 3: 3, 5: 1}
EDIT_WEIGHTS = {
    EditKind.TYPO: 30,
    EditKind.HEADLINE: 16,
    EditKind.PARAGRAPH: 14,
    EditKind.LEAD: 12,
    EditKind.COMMA: 10,
    EditKind.FIGURE: 10,
    EditKind.CAPTION: 8,
    EditKind.AUTHOR: 5,
    EditKind.REVERTED: 5,
}


def draw_script(seed: int, plan: ArticlePlan) -> Script:
    """Return the edits with their times, in order, without writing any text."""
    dice = Dice(seed, plan.number, "script")
    script = sorted(_edits(dice, plan))
    if dice.chance(0.02) and not opens_story(plan.index):
        gone = plan.moment + _delay(dice)
        script = [*(step for step in script if step[0] < gone), (gone, EditKind.RETRACTED)]
        if dice.chance(0.5):
            script.append((gone + HOUR * dice.number(1, 72), EditKind.RESTORED))
    return tuple(script)


def _edits(dice: Dice, plan: ArticlePlan) -> Iterator[tuple[datetime, EditKind]]:
    if plan.form is Form.TICKER:
        yield from _ticker_edits(dice, plan.moment)
    for _ in range(dice.weighted(EDIT_COUNT_WEIGHTS)):
        moment, edit = plan.moment + _delay(dice), dice.weighted(EDIT_WEIGHTS)
        if edit is EditKind.REVERTED:
            yield moment, EditKind.HEADLINE
            moment += timedelta(minutes=dice.number(10, 180))
        yield moment, edit


def _ticker_edits(dice: Dice, moment: datetime) -> Iterator[tuple[datetime, EditKind]]:
    for _ in range(dice.number(5, 16)):
        moment += timedelta(minutes=dice.number(10, 90))
        yield moment, EditKind.ITEM


def _delay(dice: Dice) -> timedelta:
    """Return the delay of an edit: usually hours, sometimes weeks."""
    most, power = (24 * HOUR, 3) if dice.chance(0.85) else (30 * DAY, 2)
    return timedelta(minutes=1) + timedelta(seconds=int(most.total_seconds() * dice.roll() ** power))


def is_retracted(script: Script, at: datetime) -> bool:
    """Return whether the article is retracted at a time."""
    return next((edit for moment, edit in reversed(script) if moment <= at), None) is EditKind.RETRACTED


def play(
    seed: int, plan: ArticlePlan, script: Script, draft: Draft, colleagues: tuple[int, ...]
) -> tuple[ScriptStep, ...]:
    """Return all texts in order, without edits that change nothing.

    ``colleagues`` are authors who can be added.
    """
    dice = Dice(seed, plan.number, "edits")
    flawed, corrections = _flaws(dice, script, draft)
    steps = [ScriptStep(plan.moment, EditKind.PUBLISHED, flawed)]
    for (moment, edit), correction in zip(script, corrections, strict=True):
        changed = _apply(dice, edit, steps, Context(moment, colleagues, correction))
        if changed != steps[-1].draft:
            steps.append(ScriptStep(moment, edit, changed))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Correction:
    wrong: str
    right: str


@dataclass(frozen=True, slots=True)
class Context:
    """The inputs of an edit in addition to the draft."""

    moment: datetime
    colleagues: tuple[int, ...]
    correction: Correction | None


def _flaws(dice: Dice, script: Script, draft: Draft) -> tuple[Draft, list[Correction | None]]:
    """Return the draft with an error for each correction of the script, and the corrections."""
    corrections: list[Correction | None] = []
    for _, edit in script:
        correction = FLAWS[edit](dice, draft) if edit in FLAWS else None
        corrections.append(correction)
        if correction:
            draft = _replaced(draft, correction.right, correction.wrong)
    return draft, corrections


def _apply(dice: Dice, edit: EditKind, steps: list[ScriptStep], context: Context) -> Draft | None:
    before = steps[-1].draft
    if edit is EditKind.RETRACTED:
        return None
    if edit in (EditKind.REVERTED, EditKind.RESTORED):
        return steps[-2].draft if len(steps) > 1 else before
    return before and EDITS[edit](dice, before, context)


def _found(dice: Dice, draft: Draft, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """Return a random match in the paragraphs."""
    texts = [block.text for block in draft.blocks if isinstance(block, Paragraph)]
    for text in dice.sample(texts, MAX_PARAGRAPHS_TRIED):
        if matches := list(pattern.finditer(text)):
            return dice.pick(matches)
    return None


MAX_PARAGRAPHS_TRIED = 12  # paragraphs
LONG_WORD = re.compile(r"(?<!\w)[A-ZÄÖÜa-zäöüß]{9,}(?!\w)")
DASS_CLAUSE = re.compile(r"\w+, dass \w+")
# With a word on both sides, so that it is unique, and not the number of a reference.
FIGURE_IN_TEXT = re.compile(r"\w+ (?P<figure>\d{2,4}) \w+")


def _typo(dice: Dice, draft: Draft) -> Correction | None:
    match = _found(dice, draft, LONG_WORD)
    if not match:
        return None
    word = match[0]
    at = dice.number(2, len(word) - 3)
    return Correction(word[:at] + word[at + 1 :], word)


def _comma(dice: Dice, draft: Draft) -> Correction | None:
    match = _found(dice, draft, DASS_CLAUSE)
    return match and Correction(match[0].replace(",", ""), match[0])


def _figure(dice: Dice, draft: Draft) -> Correction | None:
    match = _found(dice, draft, FIGURE_IN_TEXT)
    if not match:
        return None
    wrong = str(int(match["figure"]) + dice.number(1, 9))
    return Correction(match[0].replace(match["figure"], wrong), match[0])


FLAWS: dict[EditKind, Callable[[Dice, Draft], Correction | None]] = {
    EditKind.TYPO: _typo,
    EditKind.COMMA: _comma,
    EditKind.FIGURE: _figure,
}


def _replaced(draft: Draft, old: str, new: str) -> Draft:
    """Return the draft with the first ``old`` replaced by ``new``."""
    blocks = list(draft.blocks)
    at = next(
        (at for at, block in enumerate(blocks) if isinstance(block, Paragraph) and old in block.text), None
    )
    if at is not None:
        blocks[at] = Paragraph(blocks[at].text.replace(old, new, 1))
    return replace(draft, blocks=tuple(blocks))


def _corrected(_dice: Dice, draft: Draft, context: Context) -> Draft:
    mend = context.correction
    return _replaced(draft, mend.wrong, mend.right) if mend else draft


def _new_headline(dice: Dice, draft: Draft, _context: Context) -> Draft:
    return replace(draft, headline=prose.headline(dice, draft.kicker or ""))


def _new_lead(dice: Dice, draft: Draft, _context: Context) -> Draft:
    return replace(draft, lead=prose.lead(dice))


def _new_caption(dice: Dice, draft: Draft, _context: Context) -> Draft:
    return replace(draft, caption=prose.fill(dice.pick(prose.CAPTIONS), dice))


def _new_paragraph(dice: Dice, draft: Draft, _context: Context) -> Draft:
    """Add a paragraph after the first one, which may have a dateline."""
    at = dice.number(1, len(draft.blocks))
    added: list[Block] = [Paragraph(prose.paragraph(dice, dice.number(1, 4)))]
    return replace(draft, blocks=(*draft.blocks[:at], *added, *draft.blocks[at:]))


def _new_item(dice: Dice, draft: Draft, context: Context) -> Draft:
    clock = f"{context.moment.hour}.{context.moment.minute:02}"
    return replace(draft, blocks=(*ticker_item(dice, clock), *draft.blocks))


def _new_author(dice: Dice, draft: Draft, context: Context) -> Draft:
    free = [author for author in context.colleagues if author not in draft.authors]
    return replace(draft, authors=(*draft.authors, dice.pick(free))) if free else draft


EDITS: dict[EditKind, Callable[[Dice, Draft, Context], Draft]] = {
    EditKind.TYPO: _corrected,
    EditKind.COMMA: _corrected,
    EditKind.FIGURE: _corrected,
    EditKind.HEADLINE: _new_headline,
    EditKind.LEAD: _new_lead,
    EditKind.CAPTION: _new_caption,
    EditKind.PARAGRAPH: _new_paragraph,
    EditKind.ITEM: _new_item,
    EditKind.AUTHOR: _new_author,
}
