"""The menus: root, sections, topics, authors."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from archive.model import Kind, Menu, PageKey, Teaser
from archive.pagekey import selector
from crawler.demo.newspaper.newsroom import vocabulary
from crawler.demo.newspaper.newsroom.desk import Desk
from crawler.demo.newspaper.newsroom.draft import slug
from crawler.demo.newspaper.newsroom.plan import (
    AUTHORS,
    FIRST_AUTHOR,
    FIRST_SECTION,
    FIRST_STORY,
    FIRST_TOPIC,
    SECTION_STEP,
    STORY_LENGTH,
    ArticlePlan,
    author_name,
    section_name,
)

MAX_TEASERS = 24
MAX_ARTICLES_SEARCHED = 2000  # articles searched for a menu, newest first
ENTRIES_PER_BLOCK = 4  # entries in a block of the root
STORIES_OF_THE_DAY = 4

SECTION_NUMBERS = range(
    FIRST_SECTION, FIRST_SECTION + SECTION_STEP * len(vocabulary.PAPER_SECTIONS), SECTION_STEP
)
TOPIC_NUMBERS = range(FIRST_TOPIC, FIRST_TOPIC + len(vocabulary.TOPIC_NAMES))
AUTHOR_NUMBERS = range(FIRST_AUTHOR, FIRST_AUTHOR + AUTHORS)


def menu(desk: Desk, key: PageKey, at: datetime) -> Menu | None:
    """Return the menu with this key; None if it does not exist, or has no entries yet."""
    entries = tuple(_root(desk, at)) if key.kind is Kind.ROOT else _entries(desk, key, at)
    return Menu(title=NAMES[key.kind](desk, key.number), entries=entries) if entries else None


def stories(desk: Desk, at: datetime) -> range:
    """Return the numbers of all stories begun by ``at``."""
    return range(FIRST_STORY, FIRST_STORY + -(-desk.published(at) // STORY_LENGTH))


def _entries(desk: Desk, key: PageKey, at: datetime) -> tuple[Teaser, ...]:
    return tuple(desk.teaser(index, at) for index in islice(_members(desk, key, at), MAX_TEASERS))


def _members(desk: Desk, key: PageKey, at: datetime) -> Iterable[int]:
    """Yield the articles of a menu, newest first."""
    if key.kind is Kind.TOPIC and key.number >= FIRST_STORY:
        return desk.of_story(key.number, at)
    if key.number not in NUMBERS_BY_KIND[key.kind]:
        return ()
    filed = FILED[key.kind]
    return (
        index
        for index in islice(desk.newest(at), MAX_ARTICLES_SEARCHED)
        if filed(desk.plan(index), key.number)
    )


FILED: dict[Kind, Callable[[ArticlePlan, int], bool]] = {
    Kind.SECTION: lambda plan, number: plan.section == number,
    Kind.TOPIC: lambda plan, number: number in plan.topics,
    Kind.AUTHOR: lambda plan, number: number in plan.authors,
}
NUMBERS_BY_KIND = {Kind.SECTION: SECTION_NUMBERS, Kind.TOPIC: TOPIC_NUMBERS, Kind.AUTHOR: AUTHOR_NUMBERS}
NAMES: dict[Kind, Callable[[Desk, int], str | None]] = {
    Kind.ROOT: lambda _desk, _number: None,
    Kind.SECTION: lambda _desk, number: section_name(number),
    Kind.TOPIC: lambda desk, number: desk.topic(number).name,
    Kind.AUTHOR: lambda _desk, number: author_name(number),
}


def _root(desk: Desk, at: datetime) -> Iterator[Teaser]:
    """Yield blocks that start with a link without text: the day's stories, then every section."""
    for topic in reversed(stories(desk, at)[-STORIES_OF_THE_DAY:]):
        yield Teaser(desk.topic(topic).name, None, desk.topic_target(topic))
        yield from (desk.teaser(index, at) for index in islice(desk.of_story(topic, at), ENTRIES_PER_BLOCK))
    for section in SECTION_NUMBERS:
        key = PageKey(Kind.SECTION, section)
        if newest := list(islice(_members(desk, key, at), ENTRIES_PER_BLOCK)):
            yield Teaser(section_name(section), None, f"/{slug(section_name(section))}{selector(key)}")
            yield from (desk.teaser(index, at) for index in newest)
