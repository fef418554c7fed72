"""Pages designed to be slow: twice the size takes twice the calls, in every reader of pages."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest

from archive.dump.reader import parse_dump
from archive.renditions.decode import RENDITIONS
from benchmarks.hostile import GATEWAYS, LINES, PAGES, TEXTS, hostile_bytes, hostile_lines, try_reading
from tests.support.running.call_counter import calls

SIZE = 1000
Page = TypeVar("Page")
MOST = 2.6  # 2 if the work grows with the size, 4 if it grows with its square


def growth(read: Callable[[Page], object], once: Page, twice: Page) -> float:
    return calls(partial(read, twice)) / (calls(partial(read, once)) + SIZE)


@pytest.mark.parametrize("kind", LINES)
def test_twice_the_lines_take_twice_the_work(kind: str) -> None:
    assert growth(parse_dump, hostile_lines(kind, SIZE), hostile_lines(kind, 2 * SIZE)) < MOST


@pytest.mark.parametrize("rendition", RENDITIONS)
def test_twice_the_text_takes_twice_the_work(rendition: str) -> None:
    for kind in TEXTS:
        once, twice = (hostile_bytes(kind, size, rendition) for size in (SIZE, 2 * SIZE))
        assert growth(partial(try_reading, rendition), once, twice) < MOST, kind


@pytest.mark.parametrize("rendition", GATEWAYS)
def test_twice_the_html_takes_twice_the_work(rendition: str) -> None:
    for kind, made in PAGES.items():
        once, twice = (made(size).encode() for size in (5 * SIZE, 10 * SIZE))
        assert growth(partial(try_reading, rendition), once, twice) < MOST, kind
