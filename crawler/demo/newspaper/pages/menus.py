"""The pages made of pointers: root, sections, topics, authors."""

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
    Plan,
    author_name,
    section_name,
)

LONGEST_MENU = 24
LOOKED_THROUGH = 2000  # articles looked through for a menu, newest first
BLOCK = 4  # entries under an opener of the root
STORIES_OF_THE_DAY = 4

SECTIONS = range(FIRST_SECTION, FIRST_SECTION + SECTION_STEP * len(vocabulary.SECTIONS), SECTION_STEP)
TOPICS = range(FIRST_TOPIC, FIRST_TOPIC + len(vocabulary.TOPICS))
AUTHOR_NUMBERS = range(FIRST_AUTHOR, FIRST_AUTHOR + AUTHORS)


def menu(desk: Desk, key: PageKey, at: datetime) -> Menu | None:
    """The menu with this key; None if there is none, or nothing to put on it yet."""
    entries = tuple(_root(desk, at)) if key.kind is Kind.ROOT else _entries(desk, key, at)
    return Menu(title=NAMES[key.kind](desk, key.number), entries=entries) if entries else None


def stories(desk: Desk, at: datetime) -> range:
    """The numbers of all stories begun by ``at``."""
    return range(FIRST_STORY, FIRST_STORY + -(-desk.published(at) // STORY_LENGTH))


def _entries(desk: Desk, key: PageKey, at: datetime) -> tuple[Teaser, ...]:
    return tuple(desk.teaser(index, at) for index in islice(_members(desk, key, at), LONGEST_MENU))


def _members(desk: Desk, key: PageKey, at: datetime) -> Iterable[int]:
    """The articles filed under a key, newest first."""
    if key.kind is Kind.TOPIC and key.number >= FIRST_STORY:
        return desk.of_story(key.number, at)
    if key.number not in NUMBERS[key.kind]:
        return ()
    filed = FILED[key.kind]
    return (index for index in islice(desk.newest(at), LOOKED_THROUGH) if filed(desk.plan(index), key.number))


FILED: dict[Kind, Callable[[Plan, int], bool]] = {
    Kind.SECTION: lambda plan, number: plan.section == number,
    Kind.TOPIC: lambda plan, number: number in plan.topics,
    Kind.AUTHOR: lambda plan, number: number in plan.authors,
}
NUMBERS = {Kind.SECTION: SECTIONS, Kind.TOPIC: TOPICS, Kind.AUTHOR: AUTHOR_NUMBERS}
NAMES: dict[Kind, Callable[[Desk, int], str | None]] = {
    Kind.ROOT: lambda _desk, _number: None,
    Kind.SECTION: lambda _desk, number: section_name(number),
    Kind.TOPIC: lambda desk, number: desk.topic(number).name,
    Kind.AUTHOR: lambda _desk, number: author_name(number),
}


def _root(desk: Desk, at: datetime) -> Iterator[Teaser]:
    """Blocks, each opened by a link without text: the day's stories, then every section with articles."""
    for topic in reversed(stories(desk, at)[-STORIES_OF_THE_DAY:]):
        yield Teaser(desk.topic(topic).name, None, desk.topic_target(topic))
        yield from (desk.teaser(index, at) for index in islice(desk.of_story(topic, at), BLOCK))
    for section in SECTIONS:
        key = PageKey(Kind.SECTION, section)
        if newest := list(islice(_members(desk, key, at), BLOCK)):
            yield Teaser(section_name(section), None, f"/{slug(section_name(section))}{selector(key)}")
            yield from (desk.teaser(index, at) for index in newest)
