"""Where articles stood: what follows from the captures of a menu."""

from hypothesis import given
from hypothesis import strategies as st

from archive.model import Menu, Teaser
from archive.reading.placements import (
    MAX_PLACES,
    MenuReading,
    Placement,
    derive_placements,
    menu_name,
    one_per_instant,
    read_menu,
)

A, B, C = 6080001, 6080002, 6080003
MENUS = st.lists(
    st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=4).map(tuple), min_size=1, max_size=8
)


def readings(*listed: tuple[int, ...]) -> list[MenuReading]:
    """Readings at times 1, 2, 3, …"""
    return [MenuReading(str(at), "Verkehr", articles) for at, articles in enumerate(listed, start=1)]


def placed(*listed: tuple[int, ...]) -> list[Placement]:
    return derive_placements(readings(*listed))


def test_an_article_that_stays_has_one_placement() -> None:
    assert placed((A, B), (A, B), (A, B)) == [(1, A, "1", "3"), (2, B, "1", "3")]


def test_an_article_that_moves_has_one_at_each_place() -> None:
    assert placed((A, B), (C, A, B)) == [
        (1, A, "1", "1"),
        (1, C, "2", "2"),
        (2, A, "2", "2"),
        (2, B, "1", "1"),
        (3, B, "2", "2"),
    ]


def test_an_article_that_returns_to_its_place_has_another() -> None:
    assert placed((A,), (B,), (A,)) == [(1, A, "1", "1"), (1, A, "3", "3"), (1, B, "2", "2")]


def test_an_article_in_two_blocks_of_the_page_has_two_places() -> None:
    assert placed((A, B, A)) == [(1, A, "1", "1"), (2, B, "1", "1"), (3, A, "1", "1")]


def test_a_capture_with_fewer_articles_says_nothing_of_the_places_below() -> None:
    assert placed((A, B), (A,), (A, B)) == [(1, A, "1", "3"), (2, B, "1", "3")]
    assert placed((A, B), (A,), (A, C)) == [(1, A, "1", "3"), (2, B, "1", "1"), (2, C, "3", "3")]


def test_only_articles_count_as_places_and_a_page_without_links_says_nothing() -> None:
    menu = Menu(
        title="Verkehr",
        entries=(
            Teaser("Bahn", None, "/!t5008001"),
            Teaser("Meldung", "Text.", f"/Meldung/!{A}"),
            Teaser("Nichts"),
        ),
    )
    assert read_menu("1", menu) == MenuReading("1", "Verkehr", (A,))
    assert read_menu("1", Menu(title="Verkehr", entries=menu.entries[2:])) is None


def test_the_places_of_one_capture_are_limited() -> None:
    entries = tuple(Teaser("Meldung", None, f"/!{A + n}") for n in range(2 * MAX_PLACES))
    said = read_menu("1", Menu(title="Verkehr", entries=entries))
    assert said
    assert len(said.articles) == MAX_PLACES


def test_of_captures_at_one_instant_the_last_counts() -> None:
    first, second = MenuReading("1", "Verkehr", (A, B)), MenuReading("1", "Verkehr", (C,))
    assert one_per_instant([first, second]) == [second]


def test_the_last_title_is_the_name_unless_it_is_the_known_one_cut_short() -> None:
    titles = ["Verkehr", None, "Verkehr und We…", "Verkehr und Wege", "Verkehr und …"]
    said = [MenuReading(str(at), title, (A,)) for at, title in enumerate(titles)]
    assert menu_name("!p4611", said) == "Verkehr und Wege"
    assert menu_name("!p4611", [*said, MenuReading("9", "Wege", (A,))]) == "Wege"
    assert menu_name("front page", [MenuReading("1", None, (A,))]) == "front page"


@given(MENUS)
def test_each_capture_shows_what_the_placements_say_of_its_time(listed: list[tuple[int, ...]]) -> None:
    found = derive_placements(readings(*listed))
    for at, articles in enumerate(listed, start=1):
        shown = {p.position: p.article for p in found if p.first_seen <= str(at) <= p.last_seen}
        assert {position: shown[position] for position in range(1, len(articles) + 1)} == dict(
            enumerate(articles, start=1)
        )
