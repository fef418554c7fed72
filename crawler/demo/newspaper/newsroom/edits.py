"""What happens to an article after it is out: a script of edits, and the wordings they make.

Corrections are written backwards: the draft is right, so the first wording gets the flaw that the
correction will mend.
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
from crawler.demo.newspaper.newsroom.plan import Form, Plan, opens_story
from crawler.demo.newspaper.newsroom.writing import ticker_item


class Edit(StrEnum):
    """What an editor did. The first is no edit, the last two change no wording."""

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
class Step:
    """From ``moment`` on the article reads like ``draft``; None while it is retracted."""

    moment: datetime
    edit: Edit
    draft: Draft | None


Script = tuple[tuple[datetime, Edit], ...]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Most articles are never touched again.
HOW_MANY = {0: 70, 1: 19, 2: 7, 3: 3, 5: 1}
WHICH = {
    Edit.TYPO: 30,
    Edit.HEADLINE: 16,
    Edit.PARAGRAPH: 14,
    Edit.LEAD: 12,
    Edit.COMMA: 10,
    Edit.FIGURE: 10,
    Edit.CAPTION: 8,
    Edit.AUTHOR: 5,
    Edit.REVERTED: 5,
}


def draw_script(seed: int, plan: Plan) -> Script:
    """When which edit is made, in order. Cheap: no text is written for it."""
    dice = Dice(seed, plan.number, "script")
    script = sorted(_edits(dice, plan))
    if dice.chance(0.02) and not opens_story(plan.index):
        gone = plan.moment + _delay(dice)
        script = [*(step for step in script if step[0] < gone), (gone, Edit.RETRACTED)]
        if dice.chance(0.5):
            script.append((gone + HOUR * dice.number(1, 72), Edit.RESTORED))
    return tuple(script)


def _edits(dice: Dice, plan: Plan) -> Iterator[tuple[datetime, Edit]]:
    if plan.form is Form.TICKER:
        yield from _ticker_edits(dice, plan.moment)
    for _ in range(dice.weighted(HOW_MANY)):
        moment, edit = plan.moment + _delay(dice), dice.weighted(WHICH)
        if edit is Edit.REVERTED:
            yield moment, Edit.HEADLINE
            moment += timedelta(minutes=dice.number(10, 180))
        yield moment, edit


def _ticker_edits(dice: Dice, moment: datetime) -> Iterator[tuple[datetime, Edit]]:
    for _ in range(dice.number(5, 16)):
        moment += timedelta(minutes=dice.number(10, 90))
        yield moment, Edit.ITEM


def _delay(dice: Dice) -> timedelta:
    """Most edits come within hours, some after weeks."""
    most, power = (24 * HOUR, 3) if dice.chance(0.85) else (30 * DAY, 2)
    return timedelta(minutes=1) + timedelta(seconds=int(most.total_seconds() * dice.roll() ** power))


def is_retracted(script: Script, at: datetime) -> bool:
    """Whether the last edit by ``at`` took the article down."""
    return next((edit for moment, edit in reversed(script) if moment <= at), None) is Edit.RETRACTED


def play(
    seed: int, plan: Plan, script: Script, draft: Draft, colleagues: tuple[int, ...]
) -> tuple[Step, ...]:
    """All wordings, in order; an edit that would change nothing is left out.

    ``colleagues`` are authors who could be added.
    """
    dice = Dice(seed, plan.number, "edits")
    flawed, corrections = _flaws(dice, script, draft)
    steps = [Step(plan.moment, Edit.PUBLISHED, flawed)]
    for (moment, edit), correction in zip(script, corrections, strict=True):
        changed = _apply(dice, edit, steps, Context(moment, colleagues, correction))
        if changed != steps[-1].draft:
            steps.append(Step(moment, edit, changed))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Correction:
    wrong: str
    right: str


@dataclass(frozen=True, slots=True)
class Context:
    """What an edit may need to know beside the draft."""

    moment: datetime
    colleagues: tuple[int, ...]
    correction: Correction | None


def _flaws(dice: Dice, script: Script, draft: Draft) -> tuple[Draft, list[Correction | None]]:
    """The draft with a flaw for every correction of the script."""
    corrections: list[Correction | None] = []
    for _, edit in script:
        correction = FLAWS[edit](dice, draft) if edit in FLAWS else None
        corrections.append(correction)
        if correction:
            draft = _replaced(draft, correction.right, correction.wrong)
    return draft, corrections


def _apply(dice: Dice, edit: Edit, steps: list[Step], context: Context) -> Draft | None:
    before = steps[-1].draft
    if edit is Edit.RETRACTED:
        return None
    if edit in (Edit.REVERTED, Edit.RESTORED):
        return steps[-2].draft if len(steps) > 1 else before
    return before and EDITS[edit](dice, before, context)


def _found(dice: Dice, draft: Draft, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """A match somewhere in the running text."""
    texts = [block.text for block in draft.blocks if isinstance(block, Paragraph)]
    for text in dice.sample(texts, LOOKED_INTO):
        if matches := list(pattern.finditer(text)):
            return dice.pick(matches)
    return None


LOOKED_INTO = 12  # paragraphs
LONG_WORD = re.compile(r"(?<!\w)[A-ZÄÖÜa-zäöüß]{9,}(?!\w)")
CLAUSE = re.compile(r"\w+, dass \w+")
# With a word on both sides: too long to be met twice, and no number of a reference.
FIGURE = re.compile(r"\w+ (?P<figure>\d{2,4}) \w+")


def _typo(dice: Dice, draft: Draft) -> Correction | None:
    match = _found(dice, draft, LONG_WORD)
    if not match:
        return None
    word = match[0]
    at = dice.number(2, len(word) - 3)
    return Correction(word[:at] + word[at + 1 :], word)


def _comma(dice: Dice, draft: Draft) -> Correction | None:
    match = _found(dice, draft, CLAUSE)
    return match and Correction(match[0].replace(",", ""), match[0])


def _figure(dice: Dice, draft: Draft) -> Correction | None:
    match = _found(dice, draft, FIGURE)
    if not match:
        return None
    wrong = str(int(match["figure"]) + dice.number(1, 9))
    return Correction(match[0].replace(match["figure"], wrong), match[0])


FLAWS: dict[Edit, Callable[[Dice, Draft], Correction | None]] = {
    Edit.TYPO: _typo,
    Edit.COMMA: _comma,
    Edit.FIGURE: _figure,
}


def _replaced(draft: Draft, old: str, new: str) -> Draft:
    """``old`` where it first stands, made ``new``."""
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
    """Somewhere after the first, so that a dateline stays where it is."""
    at = dice.number(1, len(draft.blocks))
    added: list[Block] = [Paragraph(prose.paragraph(dice, dice.number(1, 4)))]
    return replace(draft, blocks=(*draft.blocks[:at], *added, *draft.blocks[at:]))


def _new_item(dice: Dice, draft: Draft, context: Context) -> Draft:
    clock = f"{context.moment.hour}.{context.moment.minute:02}"
    return replace(draft, blocks=(*ticker_item(dice, clock), *draft.blocks))


def _new_author(dice: Dice, draft: Draft, context: Context) -> Draft:
    free = [author for author in context.colleagues if author not in draft.authors]
    return replace(draft, authors=(*draft.authors, dice.pick(free))) if free else draft


EDITS: dict[Edit, Callable[[Dice, Draft, Context], Draft]] = {
    Edit.TYPO: _corrected,
    Edit.COMMA: _corrected,
    Edit.FIGURE: _corrected,
    Edit.HEADLINE: _new_headline,
    Edit.LEAD: _new_lead,
    Edit.CAPTION: _new_caption,
    Edit.PARAGRAPH: _new_paragraph,
    Edit.ITEM: _new_item,
    Edit.AUTHOR: _new_author,
}
