"""The index of topics by letter."""

from dataclasses import replace
from pathlib import Path

import pytest

from archive.model import Kind, Tag
from archive.store import NAME_LETTERS, letter_of, open_reader
from tests.support.samples.captures import BASE, archive_of, capture

NAMES = (
    "Zürich",
    "Ähre",
    "ahoi",
    "Auto",
    "Affe",
    "Über uns",
    "Éclair",
    "2024",
    "„Zitat“",
    "Ελλάδα",
    "Straße",
)


def test_every_name_is_under_one_letter_in_german_order(tmp_path: Path) -> None:
    page = replace(BASE, tags=tuple(Tag(name) for name in NAMES))
    path = archive_of(tmp_path / "taz.db", [capture(page, 0, 6080001), capture(page, 0, 6080002)])
    with open_reader(path) as archive:
        index = archive.name_index
        by_letter = {letter: index.names(Kind.TOPIC, letter) for letter in NAME_LETTERS}
        assert [name.name for name in by_letter["A"]] == ["Affe", "ahoi", "Ähre", "Auto"]
        assert [name.name for name in by_letter["E"]] == ["Éclair"]
        assert {name.name for name in by_letter["#"]} == {"2024", "„Zitat“", "Ελλάδα"}
        assert sorted(name.name for names in by_letter.values() for name in names) == sorted(NAMES)
        assert [name.name for name in index.names(Kind.TOPIC, "A", "äHR")] == ["Ähre"]
        assert set(index.counts(Kind.TOPIC, by_letter["A"]).values()) == {2}
        assert [name.articles for name in index.frequent(Kind.TOPIC, limit=3)] == [2, 2, 2]


@pytest.mark.parametrize("name", ["", "\U0010ffff", "ß", "\x00", "[", "zz"])
def test_any_name_has_a_letter(name: str) -> None:
    assert letter_of(name) in NAME_LETTERS
