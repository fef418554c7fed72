"""Texts, dates and numbers by language; which language a browser asks for."""

import subprocess
import sys
from datetime import date

import pytest

from archive.languages import (
    LANGUAGES,
    format_date,
    format_day,
    format_number,
    month_name,
    negotiated,
    translations,
    weekday_names,
)

DAY = date(2026, 12, 2)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, de;q=0.9, en;q=0.8", "de"),
        ("DE_at", "en"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("fr, de;q=0.3, en;q=0.2", "de"),
        ("fr;q=1.0, de;q=0.3, en;q=0.3", "de"),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("fr", "en"),
        (" DE ; q=0.5 ,", "de"),
        ("de;q=2", "en"),
        ("de;q=-1", "en"),
        ("de;q=nan", "en"),
        ("de;q=1e9", "en"),
        ("de;level=1", "en"),
        ("../../etc/passwd", "en"),
        ("de\x00", "en"),
        (",;=" * 100_000 + ",de", "en"),
        ("de;q=0." + "9" * 100_000, "en"),
    ],
)
def test_the_language_is_the_first_preferred_of_ours_and_english_for_any_nonsense(
    header: str, language: str
) -> None:
    assert negotiated(header) == language


def test_dates_and_numbers_are_written_as_in_each_language() -> None:
    assert [format_day(DAY, language) for language in LANGUAGES] == [
        "Wednesday, 2 December 2026",
        "Mittwoch, 2. Dezember 2026",
    ]
    assert [format_date(DAY, language) for language in LANGUAGES] == ["2 December 2026", "2. Dezember 2026"]
    assert [month_name(DAY, language) for language in LANGUAGES] == ["Dec", "Dez"]
    assert [weekday_names(language)[1] for language in LANGUAGES] == ["Tue", "Di"]
    assert [format_number(1234567, language) for language in LANGUAGES] == ["1,234,567", "1.234.567"]


def test_a_language_without_a_catalogue_is_english() -> None:
    assert translations("fr").gettext("Search") == translations("en").gettext("Search") == "Search"
    assert translations("de").gettext("Search") == "Suche"


def test_the_program_starts_without_babel() -> None:
    code = "import sys, archive.cli.main, archive.languages; print('babel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
