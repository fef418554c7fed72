"""Write an article's first draft: head, then body by form, then references into it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from archive.model import Block, Paragraph, Subhead
from crawler.demo.newspaper.newsroom import prose, vocabulary
from crawler.demo.newspaper.newsroom.dice import Dice
from crawler.demo.newspaper.newsroom.draft import Draft
from crawler.demo.newspaper.newsroom.plan import ArticlePlan, Form
from crawler.demo.newspaper.newsroom.prose import fill, paragraph

Body = list[Block]


@dataclass(frozen=True, slots=True)
class Head:
    """The part of an article that others show. Drawn separately, so that articles can refer to each other."""

    kicker: str | None
    headline: str
    lead: str | None


def draw_head(seed: int, plan: ArticlePlan) -> Head:
    dice = Dice(seed, plan.number, "head")
    kicker: str | None = fill(dice.pick(prose.KICKERS), dice)
    if plan.form is Form.TICKER:
        kicker = f"+++ {prose.compound(dice)} im Liveticker +++"
    elif plan.form is Form.INTERVIEW:
        kicker = f"{prose.person(dice)} über die {prose.compound(dice)}"
    elif plan.form is Form.OLD or dice.chance(0.08):
        kicker = None
    lead = None if plan.form is Form.OLD else prose.lead(dice)
    return Head(kicker, prose.headline(dice, kicker or ""), lead)


def draw_draft(seed: int, plan: ArticlePlan, refer: Callable[[Dice], str]) -> Draft:
    """Return the correct text of an article. ``refer`` returns the target of a reference."""
    head, dice = draw_head(seed, plan), Dice(seed, plan.number, "body")
    blocks, targets = _with_refs(dice, BODY_WRITERS[plan.form](dice), MAX_REFERENCES.get(plan.form, 5), refer)
    return Draft(
        kicker=head.kicker,
        headline=head.headline,
        lead=head.lead,
        caption=fill(dice.pick(prose.CAPTIONS), dice)
        if dice.chance(CAPTION_PROBABILITY[plan.form])
        else None,
        dateline=_dateline(dice, plan.form),
        blocks=tuple(blocks),
        targets=targets,
        authors=plan.authors,
        published=None if plan.form is Form.OLD else plan.moment.date(),
    )


MAX_REFERENCES = {Form.LONG: 12, Form.SHORT: 1, Form.VERSE: 1, Form.OLD: 0}
AGENCIES = ("afp", "dpa", "epd")
CAPTION_PROBABILITY = dict.fromkeys(Form, 0.55) | {Form.SHORT: 0.1, Form.VERSE: 0.0, Form.OLD: 0.0}


def _dateline(dice: Dice, form: Form) -> str | None:
    if form not in (Form.REPORT, Form.LONG, Form.SHORT):
        return None
    town, other = dice.pick(vocabulary.TOWNS), dice.pick(vocabulary.TOWNS)
    lines = {None: 40, f"{town} taz": 35, "taz": 14, f"{town}/{other} taz": 7, f"{town.upper()} taz": 4}
    dateline = dice.weighted(lines)
    if dateline and form is Form.SHORT:
        return dateline.replace("taz", dice.pick(AGENCIES))
    return dateline


def _report(dice: Dice) -> Body:
    return _prose(dice, dice.number(8, 17), headed=dice.chance(0.7))


def _long(dice: Dice) -> Body:
    return _prose(dice, dice.number(32, 50), headed=True)


def _column(dice: Dice) -> Body:
    return _prose(dice, dice.number(6, 11), headed=False)


def _short(dice: Dice) -> Body:
    return [Paragraph(paragraph(dice, dice.number(3, 6)))]


def _prose(dice: Dice, paragraphs: int, *, headed: bool) -> Body:
    body: Body = []
    for n in range(paragraphs):
        if headed and n and dice.chance(0.22):
            body.append(Subhead("" if dice.chance(0.03) else fill(dice.pick(prose.SUBHEADS), dice)))
        body.append(Paragraph(paragraph(dice, dice.number(2, 5))))
    return body


def _interview(dice: Dice) -> Body:
    """Return turns; the first two have full names, later ones a surname or none."""
    name = prose.person(dice)
    marked = dice.chance(0.4)
    asker, answerer = ("taz: ", f"{name.split()[-1]}: ") if marked else ("", "")
    body: Body = []
    for turn in range(dice.number(7, 14)):
        question, answer = fill(dice.pick(prose.QUESTIONS), dice), paragraph(dice, dice.number(1, 5))
        asks, answers = (asker, answerer) if turn else ("taz: ", f"{name}: ")
        body += [Paragraph(asks + question), Paragraph(answers + answer)]
    return body


def ticker_item(dice: Dice, clock: str) -> Body:
    """Return ``## 14.30 Uhr: Häuser am Zug`` and one or two paragraphs."""
    head = Subhead(f"{clock} Uhr: {fill(dice.pick(prose.SUBHEADS), dice)}")
    return [head, *(Paragraph(paragraph(dice, dice.number(1, 4))) for _ in range(dice.number(1, 2)))]


def _ticker(dice: Dice) -> Body:
    """Return ticker items, newest first."""
    items = [ticker_item(dice, f"{hour}.{dice.number(10, 59)}") for hour in (9, 8, 7)]
    return [block for item in items for block in item]


def _verse(dice: Dice) -> Body:
    """Return stanzas of rhyming pairs, sometimes after a paragraph of prose."""
    body: Body = [Paragraph(paragraph(dice, 2))] if dice.chance(0.5) else []
    for _ in range(dice.number(2, 5)):
        pairs = [2 * n for n in dice.sample(range(len(vocabulary.VERSE) // 2), 2)]
        body.append(
            Paragraph("\n".join(vocabulary.VERSE[line] for pair in pairs for line in (pair, pair + 1)))
        )
    return body


def _old(dice: Dice) -> Body:
    """Return headings that have no mark, each followed by paragraphs."""
    body: Body = []
    for _ in range(dice.number(2, 4)):
        body.append(Paragraph(fill(dice.pick(prose.SUBHEADS), dice)))
        body += [Paragraph(paragraph(dice, dice.number(2, 5))) for _ in range(dice.number(1, 3))]
    return body


BODY_WRITERS: dict[Form, Callable[[Dice], Body]] = {
    Form.REPORT: _report,
    Form.LONG: _long,
    Form.SHORT: _short,
    Form.COLUMN: _column,
    Form.INTERVIEW: _interview,
    Form.TICKER: _ticker,
    Form.VERSE: _verse,
    Form.OLD: _old,
}


def _with_refs(
    dice: Dice, body: Body, most: int, refer: Callable[[Dice], str]
) -> tuple[Body, tuple[str | None, ...]]:
    """Add numbered references to some paragraphs; a few have no target, or are only listed."""
    places = [at for at, block in enumerate(body) if isinstance(block, Paragraph) and _is_prose(block.text)]
    targets: list[str | None] = []
    for at in sorted(dice.sample(places, dice.number(0, most))):
        targets.append(None if dice.chance(0.02) else refer(dice))
        body[at] = Paragraph(_underline(dice, body[at].text, len(targets)))
    if targets and dice.chance(0.02):
        targets.append(refer(dice))
    return body, tuple(targets)


def _is_prose(text: str) -> bool:
    return "\n" not in text and "[" not in text


def _underline(dice: Dice, text: str, n: int) -> str:
    """Put a few words, or a sentence with its full stop, into ``[n][…]``."""
    sentences = [match.span() for match in re.finditer(r"[A-ZÄÖÜ][^.!?…]+[.!?]", text)]
    if sentences and dice.chance(0.25):
        start, end = dice.pick(sentences)
    else:
        found = [match.span() for match in re.finditer(r"\S+", text)]
        first = dice.number(0, len(found) - 1)
        last = min(first + dice.number(0, 8), len(found) - 1)
        start, end = found[first][0], found[last][1]
    return f"{text[:start]}[{n}][{text[start:end]}]{text[end:]}"
