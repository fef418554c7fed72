"""Where articles stood on the front page and on section pages, from the captures of these menus. Pure."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from archive.model import Menu
from archive.reading.date_ranges import article_number, untruncated

MAX_PLACES = 1_000  # per capture; the paper's menus list about a hundred articles


class MenuReading(NamedTuple):
    """What one capture of a menu says: its title, and the numbers of the articles it lists, from the top.

    ``captured_at`` is a stamp. There is at least one article: a page saved without its links lists none, and
    says nothing about places.
    """

    captured_at: str
    title: str | None
    articles: tuple[int, ...]


class Placement(NamedTuple):
    """A run of captures that show an ``article`` at a place. ``position`` counts from 1; times are stamps."""

    position: int
    article: int
    first_seen: str
    last_seen: str


def read_menu(captured_at: str, menu: Menu) -> MenuReading | None:
    """Return what a menu says about places; None if it lists no article."""
    numbers = (article_number(entry.target) for entry in menu.entries)
    articles = tuple(islice((number for number in numbers if number is not None), MAX_PLACES))
    return MenuReading(captured_at, menu.title, articles) if articles else None


def one_per_instant(readings: Iterable[MenuReading]) -> list[MenuReading]:
    """Return the last reading of each instant. ``readings`` are ordered by time."""
    return list({reading.captured_at: reading for reading in readings}.values())


def derive_placements(readings: Iterable[MenuReading]) -> list[Placement]:
    """Return all placements that follow from the readings of one menu, one per instant, ordered by time."""
    found: dict[tuple[int, str], Placement] = {}
    current: dict[int, Placement] = {}
    for reading in readings:
        now = place(current, reading)
        current |= now
        found |= {(position, placed.first_seen): placed for position, placed in now.items()}
    return sorted(found.values())


def place(current: Mapping[int, Placement], reading: MenuReading) -> dict[int, Placement]:
    """Return the placements, by position, that a later reading shows: continued or new ones.

    ``current`` has the last placement at each place. Nothing follows for the places below the reading's last
    article: gateways may show fewer articles than there are.
    """
    at, shown = reading.captured_at, {}
    for position, article in enumerate(reading.articles, start=1):
        known = current.get(position)
        first_seen = known.first_seen if known and known.article == article else at
        shown[position] = Placement(position, article, first_seen, at)
    return shown


def menu_name(default: str, readings: Iterable[MenuReading]) -> str:
    """Return the last title of a menu. A truncated one does not replace the title that it can be."""
    name = default
    for reading in readings:
        name = untruncated(name, reading.title) or name
    return name
