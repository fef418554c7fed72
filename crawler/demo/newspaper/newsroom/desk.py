"""The news desk: every article there is, and how each one stands at a time."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache, partial

from archive.model import Article, Kind, PageKey, Paragraph, Tag, Teaser
from archive.pagekey import selector
from crawler.demo.newspaper.newsroom.dice import Dice
from crawler.demo.newspaper.newsroom.draft import Draft, slug
from crawler.demo.newspaper.newsroom.edits import Script, ScriptStep, draw_script, is_retracted, play
from crawler.demo.newspaper.newsroom.plan import (
    ArticlePlan,
    Schedule,
    article_index,
    article_number,
    draw_plan,
    story_range,
    topic_name,
)
from crawler.demo.newspaper.newsroom.writing import Head, draw_draft, draw_head

MAX_DISTANCE = 60  # how far back an article points, in articles
MAX_CACHED_ARTICLES = 4096  # articles with all their wordings in memory: some 40 MB
TEASER_WORDS = 20


@dataclass(frozen=True)
class Desk:
    """All articles of one seed; nothing is written before it is asked for."""

    seed: int
    schedule: Schedule

    def plan(self, index: int) -> ArticlePlan:
        return self._plans(index)

    def script(self, index: int) -> Script:
        return self._scripts(index)

    def steps(self, index: int) -> tuple[ScriptStep, ...]:
        """All wordings the article ever has."""
        return self._histories(index)

    def index(self, number: int) -> int | None:
        """The article with this number, published or not."""
        index = article_index(number)
        return index if index >= 0 and article_number(self.seed, index) == number else None

    def published(self, at: datetime) -> int:
        """How many articles have appeared by ``at``, those retracted since counted."""
        begun = self.schedule.begun(at)
        return begun - 1 if begun and self.plan(begun - 1).moment > at else begun

    def is_there(self, index: int, at: datetime) -> bool:
        return 0 <= index < self.published(at) and not is_retracted(self.script(index), at)

    def newest(self, at: datetime) -> Iterator[int]:
        """The articles that are there, newest first."""
        return (
            index for index in reversed(range(self.published(at))) if not is_retracted(self.script(index), at)
        )

    def of_story(self, topic: int, at: datetime) -> Iterator[int]:
        """A story's articles, newest first."""
        within = reversed(story_range(topic))
        return (index for index in within if topic in self.plan(index).topics and self.is_there(index, at))

    def draft(self, index: int, at: datetime) -> Draft | None:
        """How the article reads at ``at``; None before it appears and while it is retracted."""
        steps = self.steps(index)
        past = bisect_right(steps, at, key=lambda step: step.moment)
        return steps[past - 1].draft if past else None

    def article(self, draft: Draft) -> Article:
        return self._articles(draft)

    def topic(self, number: int) -> Tag:
        return self._topics(number)

    def target(self, index: int, at: datetime) -> str:
        """``/Some-Slug/!6081430``: some articles move to another slug, with no edit to their text."""
        plan, head = self.plan(index), self._heads(index)
        dice = Dice(self.seed, plan.number, "slug")
        moved = dice.chance(0.15) and at > plan.moment + timedelta(hours=200) * dice.roll()
        decoration = slug(head.headline if moved else head.kicker or head.headline)
        return f"/{decoration}{selector(PageKey(Kind.ARTICLE, plan.number))}"

    def topic_target(self, number: int) -> str:
        return f"/{slug(self.topic(number).name)}{selector(PageKey(Kind.TOPIC, number))}"

    def teaser(self, index: int, at: datetime) -> Teaser:
        """How other pages announce the article: title, lead or first words, target."""
        draft = self.draft(index, at)
        assert draft, "only articles that are there are announced"
        return Teaser(draft.title, draft.lead or self._first_words(draft), self.target(index, at))

    def _first_words(self, draft: Draft) -> str:
        blocks = self.article(draft).blocks
        first = next((block.text for block in blocks if isinstance(block, Paragraph)), "")
        return " ".join(first.split()[:TEASER_WORDS]) + " …"

    def _history(self, index: int) -> tuple[ScriptStep, ...]:
        plan = self.plan(index)
        draft = draw_draft(self.seed, plan, lambda dice: self._refer(dice, plan))
        near = [self.plan(at) for at in range(max(0, index - 20), index)]
        colleagues = tuple({author: None for other in near for author in other.authors})
        return play(self.seed, plan, self.script(index), draft, colleagues)

    def _refer(self, dice: Dice, plan: ArticlePlan) -> str:
        """Somewhere worth pointing at: mostly an article before, else one's own topic, or the web."""
        if plan.index and dice.chance(0.7):
            other = dice.number(max(0, plan.index - MAX_DISTANCE), plan.index - 1)
            return self.target(other, plan.moment)
        if dice.chance(0.5):
            return self.topic_target(dice.pick(plan.topics))
        return f"https://www.example.org/berichte/{dice.number(2011, 2025)}/{dice.number(100, 99999)}.html"

    # Everything above is a pure function, kept because pages ask for the same articles again and again.

    @cached_property
    def _plans(self) -> Callable[[int], ArticlePlan]:
        return lru_cache(None)(partial(draw_plan, self.seed, self.schedule))

    @cached_property
    def _scripts(self) -> Callable[[int], Script]:
        return lru_cache(None)(lambda index: draw_script(self.seed, self.plan(index)))

    @cached_property
    def _heads(self) -> Callable[[int], Head]:
        return lru_cache(MAX_CACHED_ARTICLES)(lambda index: draw_head(self.seed, self.plan(index)))

    @cached_property
    def _histories(self) -> Callable[[int], tuple[ScriptStep, ...]]:
        return lru_cache(MAX_CACHED_ARTICLES)(self._history)

    @cached_property
    def _articles(self) -> Callable[[Draft], Article]:
        return lru_cache(MAX_CACHED_ARTICLES)(Draft.article)

    @cached_property
    def _topics(self) -> Callable[[int], Tag]:
        return lru_cache(None)(lambda number: Tag(topic_name(self.seed, number), number))
