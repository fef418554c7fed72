"""Author, form, topics and time of an article, decided before its text.

A plan is cheap and depends only on the article's index, so that a menu can search thousands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.demo.newspaper.newsroom import vocabulary
from crawler.demo.newspaper.newsroom.dice import Dice
from crawler.demo.newspaper.newsroom.prose import STORIES, fill

# Numbers like those of the real paper: ascending with time, with gaps.
FIRST_ARTICLE, ARTICLE_STEP = 6_040_000, 7
FIRST_TOPIC, FIRST_STORY = 5_008_000, 5_008_100
FIRST_SECTION, SECTION_STEP = 4_601, 5
FIRST_AUTHOR, AUTHORS = 22_300, 43

# Articles per story. A story's first article is filed under the story before it, too: so every
# article can be reached from the newest one, from story to story.
STORY_LENGTH = 20


class Form(StrEnum):
    """The form of an article's text."""

    REPORT = "report"
    LONG = "long"
    SHORT = "short"
    COLUMN = "column"
    INTERVIEW = "interview"
    TICKER = "ticker"
    VERSE = "verse"
    OLD = "old"  # as in old articles: no date, links or paragraphs


FORM_WEIGHTS = {
    Form.REPORT: 60,
    Form.SHORT: 12,
    Form.COLUMN: 10,
    Form.INTERVIEW: 7,
    Form.LONG: 4,
    Form.TICKER: 3,
    Form.VERSE: 2,
    Form.OLD: 2,
}


@dataclass(frozen=True, slots=True)
class ArticlePlan:
    """``moment`` is when the article is published; ``topics`` are its own, without related ones'."""

    index: int
    number: int
    moment: datetime
    form: Form
    section: int
    topics: tuple[int, ...]
    authors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When articles appear: ``backlog`` of them before ``start``, then ``daily`` per day."""

    start: datetime
    backlog: int
    daily: int

    @property
    def pace(self) -> timedelta:
        return timedelta(days=1) / (self.daily or PACE_OF_BACKLOG)

    def slot(self, index: int) -> datetime:
        """Return the earliest time of an article; it appears within half a pace."""
        return self.start + (index - self.backlog) * self.pace

    def begun(self, at: datetime) -> int:
        """Return how many slots have begun by ``at``; the last article may not have appeared yet."""
        slots = max(0, self.backlog + (at - self.start) // self.pace + 1)
        return slots if self.daily else min(slots, self.backlog)


PACE_OF_BACKLOG = 40


def article_number(seed: int, index: int) -> int:
    return FIRST_ARTICLE + ARTICLE_STEP * index + Dice(seed, index, "gap").number(0, ARTICLE_STEP - 1)


def article_index(number: int) -> int:
    """Return the only index that can have this number; check with :func:`article_number`."""
    return (number - FIRST_ARTICLE) // ARTICLE_STEP


def draw_plan(seed: int, schedule: Schedule, index: int) -> ArticlePlan:
    dice = Dice(seed, index, "plan")
    moment = schedule.slot(index) + schedule.pace * (dice.roll() / 2)
    form = Form.REPORT if opens_story(index) else dice.weighted(FORM_WEIGHTS)
    return ArticlePlan(
        index=index,
        number=article_number(seed, index),
        moment=moment.replace(microsecond=0) + timedelta(seconds=1),  # never before its slot
        form=form,
        section=FIRST_SECTION + SECTION_STEP * dice.number(0, len(vocabulary.PAPER_SECTIONS) - 1),
        topics=_topics(dice, index),
        authors=tuple(FIRST_AUTHOR + n for n in dice.sample(range(AUTHORS), _author_count(dice, form))),
    )


def opens_story(index: int) -> bool:
    """Return whether other articles are reachable only through this one, so that it is never retracted."""
    return index % STORY_LENGTH == 0


def _topics(dice: Dice, index: int) -> tuple[int, ...]:
    story = FIRST_STORY + index // STORY_LENGTH
    stories = [story, story - 1] if opens_story(index) and index else [story]
    return (
        *stories,
        *(FIRST_TOPIC + n for n in dice.sample(range(len(vocabulary.TOPIC_NAMES)), dice.number(0, 3))),
    )


def _author_count(dice: Dice, form: Form) -> int:
    if form is Form.SHORT:
        return 0  # agency reports name no author
    return dice.pick((1, 1, 1, 1, 1, 2, 2, 3))


def story_range(topic: int) -> range:
    """Return the indexes of a story's articles: its own, and the first of the next story."""
    first = (topic - FIRST_STORY) * STORY_LENGTH
    return range(first, first + STORY_LENGTH + 1)


def topic_name(seed: int, number: int) -> str:
    if number < FIRST_STORY:
        return vocabulary.TOPIC_NAMES[number - FIRST_TOPIC]
    dice = Dice(seed, number, "story")
    return fill(dice.pick(STORIES), dice)


def section_name(number: int) -> str:
    return vocabulary.PAPER_SECTIONS[(number - FIRST_SECTION) // SECTION_STEP]


def author_name(number: int) -> str:
    """Return a name; no two authors have the same."""
    n = number - FIRST_AUTHOR
    first, last = vocabulary.FIRST_NAMES, vocabulary.LAST_NAMES
    return f"{first[n % len(first)]} {last[n * 5 % len(last)]}"
