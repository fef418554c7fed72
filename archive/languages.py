"""The languages of pages, feeds, reports and the republished site: their texts, dates and numbers.

The texts of the command line are English only. ``make translations`` collects the marked texts of the
program into the catalogues under ``archive/translations``.
"""

import gettext
import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "de")  # BCP 47; the texts in the code are English
DEFAULT_LANGUAGE = "en"
LANGUAGE_NAMES = {"en": "English", "de": "Deutsch"}
LANGUAGE_VARIABLE = "TAZ_ARCHIVE_LANG"  # environment variable with the default of --lang
LOCALES = {"en": "en_GB", "de": "de_DE"}  # of dates and numbers
DATE_PATTERNS = {"en": "d MMMM y", "de": "d. MMMM y"}  # in the notation of CLDR
CATALOGUES = Path(__file__).parent / "translations"
DOMAIN = "taz_archive"
FIRST_MONDAY = date(1, 1, 1)
MAX_HEADER_CHARACTERS = 1000  # of Accept-Language; the rest is ignored

_QUALITY = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*")


def N_(text: str) -> str:  # noqa: N802 - gettext's name for a text that is translated where it is shown
    """Mark a text for translation and return it unchanged."""
    return text


FIELD_NAMES = {
    "title": N_("title"),
    "lead": N_("lead"),
    "caption": N_("caption"),
    "dateline": N_("place"),
    "published": N_("date"),
    "authors": N_("authors"),
    "text": N_("text"),
}


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language; the English ones for a language without a catalogue."""
    return gettext.translation(DOMAIN, CATALOGUES, [language], fallback=True)


def negotiated(accept_language: str) -> str:
    """Return the language that an ``Accept-Language`` header prefers, English if it names no known one."""
    ranges = accept_language[:MAX_HEADER_CHARACTERS].split(",")
    wanted = [(quality, language) for quality, language in map(_preference, ranges) if quality]
    best = max(wanted, key=lambda preference: preference[0], default=None)  # the first of equal ones
    return best[1] if best else DEFAULT_LANGUAGE


def _preference(text: str) -> tuple[float, str]:
    """Return the quality and the language of a range such as ``de-AT;q=0.8``; 0 for another language."""
    tag, has_quality, quality = text.partition(";")
    language = tag.strip().lower().partition("-")[0]
    found = _QUALITY.fullmatch(quality) if has_quality else None
    if language not in LANGUAGES or (has_quality and not found):
        return 0.0, ""
    return float(found[1]) if found else 1.0, language


def field_name(field: str, language: str) -> str:
    """Return the name of an article's field for readers."""
    return translations(language).gettext(FIELD_NAMES[field]) if field in FIELD_NAMES else field


def format_day(day: date, language: str) -> str:
    """Return a day with its weekday: ``Mittwoch, 3. Dezember 2026``."""
    return _format_date(day, f"EEEE, {DATE_PATTERNS[language]}", language)


def format_date(day: date, language: str) -> str:
    """Return a day without its weekday: ``3. Dezember 2026``."""
    return _format_date(day, DATE_PATTERNS[language], language)


def month_name(day: date, language: str) -> str:
    """Return the short name of a day's month: ``Dez``."""
    return _format_date(day, "LLL", language)


def _format_date(day: date, pattern: str, language: str) -> str:
    from babel import dates  # noqa: PLC0415 - slow to load, and few commands show dates in words

    return dates.format_date(day, pattern, locale=LOCALES[language])


@cache
def weekday_names(language: str) -> tuple[str, ...]:
    """Return the short names of the weekdays, from Monday: ``Mo``."""
    return tuple(_format_date(FIRST_MONDAY + timedelta(days=day), "ccc", language) for day in range(7))


def format_number(number: int, language: str) -> str:
    """Return a number with its digits grouped: ``1,234`` or ``1.234``."""
    grouped = f"{number:,}"
    return grouped.replace(",", _group_separator(language))


def format_decimal(number: float, language: str) -> str:
    """Return a number with its decimals: ``1,234.5`` or ``1.234,5``."""
    from babel import numbers  # noqa: PLC0415 - slow to load

    return numbers.format_decimal(number, locale=LOCALES[language])


@cache
def _group_separator(language: str) -> str:
    from babel import numbers  # noqa: PLC0415 - slow to load

    return numbers.get_group_symbol(LOCALES[language])


def counted(language: str, singular: str, plural: str, number: int, **values: object) -> str:
    """Return a translated text in which ``%(num)s`` is a grouped number; ``values`` are the other names.

    ``make translations`` finds both texts in the call.
    """
    text = translations(language).ngettext(singular, plural, number)
    return text % {"num": format_number(number, language), **values}
