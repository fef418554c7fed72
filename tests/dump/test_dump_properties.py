"""What holds for every page, generated or damaged."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archive.dump.reader import parse_dump, parse_menu
from archive.dump.writer import write_dump, write_menu
from archive.errors import PageError
from archive.model import Article, Menu, Teaser, block_text
from archive.renditions.decode import RENDITIONS, read_page
from tests.support.samples.strategies import TEASER, articles, canonical


@pytest.mark.slow
@settings(
    max_examples=300, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None
)
@given(articles())
def test_reading_what_was_written_gives_the_article(article: Article) -> None:
    assume(canonical(article))
    assert parse_dump(write_dump(article)) == article


@pytest.mark.slow
def test_most_generated_articles_get_past_the_guard() -> None:
    passed: Counter[bool] = Counter()

    @settings(max_examples=200, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(articles())
    def count(article: Article) -> None:
        passed[canonical(article)] += 1

    count()
    assert passed[True] > 0.4 * sum(passed.values()), passed


@given(st.none() | st.just("Ein Thema"), st.lists(TEASER, max_size=6))
def test_reading_a_written_menu_gives_the_menu(title: str | None, entries: list[Teaser]) -> None:
    menu = Menu(title=title, entries=tuple(entries))
    assert parse_menu(write_menu(menu)) == menu


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A page with its end torn off, bytes overwritten, lines lost or in another order."""
    text = "\n".join(line.text for line in write_dump(draw(articles())))
    lines = text.split("\n")
    harm = draw(st.sampled_from(["cut", "noise", "lost", "shuffled"]))
    if harm == "lost":
        lines = [line for line in lines if draw(st.booleans())]
    elif harm == "shuffled":
        lines = draw(st.permutations(lines))
    body = bytearray("\n".join(lines).encode())
    if harm == "cut":
        del body[draw(st.integers(0, len(body))) :]
    elif harm == "noise":
        for _ in range(draw(st.integers(1, 8))):
            body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged(), st.sampled_from([None, *RENDITIONS]))
def test_a_damaged_dump_reads_the_same_twice_or_raises_our_error(body: bytes, rendition: str | None) -> None:
    try:
        page = read_page(body, key=None, rendition=rendition)
    except PageError:
        return
    assert page == read_page(body, key=None, rendition=rendition)
    assert isinstance(page, Article)
    # What was read of it can be written, and is then read so again; but lines that damage broke look like
    # verse, and not every such break can be seen once its references are gone.
    if (
        canonical(page)
        and not page.truncations
        and not any("\n" in block_text(block) for block in page.blocks)
    ):
        assert parse_dump(write_dump(page)) == replace(page, paragraphs_inferred=False, transliterated=False)


@settings(max_examples=300)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode), st.sampled_from([None, *RENDITIONS]))
def test_noise_raises_only_our_error(body: bytes, rendition: str | None) -> None:
    for start in (b"", b"# taz.de -- A: B\n", b"i# taz.de -- A: B\t\tx\t70\r\n", b"| # taz.de -- A | |\n"):
        with suppress(PageError):
            read_page(start + body, key=None, rendition=rendition)
