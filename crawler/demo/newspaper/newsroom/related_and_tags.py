"""What changes on a page without an edit: related articles, and the tags that come with them."""

from dataclasses import replace
from datetime import datetime, timedelta

from archive.model import Article, Tag
from crawler.demo.newspaper.newsroom.desk import MAX_DISTANCE, Desk
from crawler.demo.newspaper.newsroom.dice import Dice
from crawler.demo.newspaper.newsroom.draft import Draft
from crawler.demo.newspaper.newsroom.plan import Form

RELATED_COUNTS = (0, 2, 3, 4, 5, 5, 5, 6, 7)


def page_of(desk: Desk, index: int, draft: Draft, at: datetime) -> Article:
    """The whole page: the wording, with what stands around it at ``at``."""
    article = desk.article(draft)
    if desk.plan(index).form is Form.OLD:
        return article
    related = related_to(desk, index, at)
    return replace(
        article,
        tags=_distinct(tags_of(desk, index, related, at)),
        related=tuple(desk.teaser(other, at) for other in related),
    )


def related_to(desk: Desk, index: int, at: datetime) -> list[int]:
    """Return related articles: first of the same story, then recent ones; they change every few days."""
    plan = desk.plan(index)
    period = timedelta(hours=Dice(desk.seed, plan.number, "period").number(12, 150))
    epoch = (at - plan.moment) // period
    dice = Dice(desk.seed, plan.number, "related", epoch)
    drawn = plan.moment + epoch * period  # by what had been published then
    own_story = list(desk.of_story(plan.topics[0], drawn))
    near = range(max(0, index - MAX_DISTANCE), min(desk.published(drawn), index + MAX_DISTANCE))
    drawn_from = [*dice.sample(own_story, 3), *dice.sample(near, 6)]
    others = [other for other in dict.fromkeys(drawn_from) if other != index and desk.is_there(other, at)]
    return others[: dice.pick(RELATED_COUNTS)]


def tags_of(desk: Desk, index: int, related: list[int], at: datetime) -> list[Tag]:
    """The article's own tags, in an order that turns, then all tags of the related ones, doubles and all."""
    plan = desk.plan(index)
    turn = (at - plan.moment).days // 9 % len(plan.topics)
    own = plan.topics[turn:] + plan.topics[:turn]
    others = [topic for other in related for topic in desk.plan(other).topics]
    return [desk.topic(number) for number in (*own, *others)]


def _distinct(tags: list[Tag]) -> tuple[Tag, ...]:
    """The first of each name: two stories can be called the same."""
    by_name: dict[str, Tag] = {}
    for tag in tags:
        by_name.setdefault(tag.name, tag)
    return tuple(by_name.values())
